"""Verdicts on disk: read back as they were, kept with their evidence, refused when changed."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from planted import Family, Planted

from harness.errors import DamageError, StoreError
from harness.gate.judging import judge, used
from harness.gate.policy import load_policy, overridden
from harness.store import Store
from harness.store.verdicts import read_verdicts, write_verdict
from harness.store.verify import verify_runs
from harness.store.waste import named, remove, waste

N = 400


@pytest.fixture
def store(tmp_path: Path) -> Store:
    family = Family(tmp_path, N)
    for name, wrong in {"sft": (), "dpo": range(0, N, 5)}.items():
        family.plant(name, Planted(list(wrong)))
        family.run(name)
    return Store(tmp_path / "evals")


def stored(store: Store) -> Path:
    rule = replace(load_policy(None).rules[0], allow_underpowered=True)
    policy = replace(overridden(load_policy(None)), rules=(rule,))
    judged = judge(store, "sft", "dpo", policy)
    return write_verdict(store, judged.verdict, used(judged))


def test_a_verdict_is_read_back_as_it_was(store: Store) -> None:
    rule = replace(load_policy(None).rules[0], allow_underpowered=True)
    judged = judge(store, "sft", "dpo", replace(load_policy(None), rules=(rule,)))
    path = write_verdict(store, judged.verdict, used(judged))
    (found,) = read_verdicts(store)
    assert found.verdict == judged.verdict
    assert [*found.sides] == used(judged)
    assert found.name == path.stem


def test_later_verdicts_come_later(store: Store) -> None:
    paths = [stored(store) for _ in range(3)]
    assert [found.name for found in read_verdicts(store)] == [path.stem for path in paths]


def test_a_changed_verdict_is_damage(store: Store) -> None:
    path = stored(store)
    path.write_text(path.read_text().replace("REGRESSED", "PASS"))
    with pytest.raises(DamageError, match="doesn't hash to its name"):
        read_verdicts(store)


def test_a_changed_verdict_and_a_changed_baseline_are_found(store: Store) -> None:
    assert [*verify_runs(store)] == []
    path, ref = stored(store), store.root / "refs" / "main.json"
    path.write_text(path.read_text().replace("REGRESSED", "PASS"))
    ref.parent.mkdir()
    ref.write_text('{"format_version": 1}')
    found = [*verify_runs(store)]
    assert [finding.file for finding in found if finding.fault] == [ref, path]


def test_a_verdict_of_a_newer_version_is_said(store: Store) -> None:
    path = stored(store)
    path.write_text(path.read_text().replace('"format_version": 1', '"format_version": 99'))
    with pytest.raises(StoreError, match="newer"):
        read_verdicts(store)


def test_what_a_verdict_rests_on_outlives_its_runs(store: Store) -> None:
    stored(store)
    files = {p for p in store.root.rglob("*") if p.is_file() and p.parent.name != "index"}
    runs = [path.stem for path in store.run_files()]
    for items in (named(store, runs), waste(store, time.time() + 7 * 86_400)):
        assert remove(store, items, now=time.time() + 14 * 86_400) == []
    left = {p for p in store.root.rglob("*") if p.is_file() and p.parent.name != "index"}
    assert {p.parent.name for p in files - left} == {"runs"}
