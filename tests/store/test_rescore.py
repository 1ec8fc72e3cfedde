"""Scores are rebuilt from records; a metric that is new gets its scores, and no model runs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from metric_scripts import LENGTHS, MATCHES, write_metric
from toys import write_jsonl

from harness.errors import EvidenceError
from harness.rescore import Rescored, rescore
from harness.spec import load_spec
from harness.store import Store, merge_runs, read_evidence
from harness.store.codec import table_bytes
from harness.stored_tasks import TaskFinder

Evaluate = Callable[..., Store]
Write = Callable[..., Path]


def again(store: Store, *families: str, **finder: Any) -> list[Rescored]:
    return list(rescore(store, families, TaskFinder(**({"allow_code": False} | finder))))


def layers(store: Store) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in (store.root / "scores").rglob("*.parquet")}


def notes(folder: Path, *metrics: str) -> dict[str, Any]:
    rows = [{"source": f"note {i}", "target": "cough " * (1 + i % 5)} for i in range(12)]
    write_jsonl(folder / "notes.jsonl", rows)
    entry = {"name": "notes", "kind": "generation", "capability": "domain", "data": "notes.jsonl"}
    return {**entry, "options": {"metrics": list(metrics)}} if metrics else entry


def test_a_rescore_of_what_is_as_it_should_be_writes_nothing(toy: Store) -> None:
    before = layers(toy)
    (done,) = again(toy)
    assert (done.family, done.cells, done.written, done.run, done.left) == ("toy", 3, 0, None, [])
    assert layers(toy) == before
    assert len(toy.runs()) == 1


def test_changed_lost_and_damaged_layers_are_rebuilt(toy: Store) -> None:
    before = layers(toy)
    changed, lost, damaged = sorted(before)[:3]
    table = pq.read_table(changed)
    zeros = np.zeros(table.num_rows)
    changed.write_bytes(
        table_bytes(table.set_column(table.schema.get_field_index("x0"), "x0", [zeros]))
    )
    lost.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-50])
    (done,) = again(toy)
    assert (done.written, done.run) == (3, None)
    assert layers(toy) == before


def test_a_new_metric_gets_its_scores_and_an_account_that_names_them(
    write_spec: Write, evaluate: Evaluate, tmp_path: Path
) -> None:
    store = evaluate(write_spec(tasks=[notes(tmp_path)]))
    evaluate(write_spec(tasks=["medical_qa_en"]), limit=5)
    records = {key: store.records(key) for key in store.cells()}
    write_metric(tmp_path / "scripts", "lengths", LENGTHS)
    spec = load_spec(write_spec(tasks=[notes(tmp_path, "evaluate:./scripts/lengths")]))
    (done,) = again(store, "toy", given=spec.tasks, allow_code=True)
    assert (done.cells, done.written) == (3, 3)
    assert [line.partition(": ")[2] for line in done.left] == [
        "medical_qa_en: the spec has no task of that name"
    ] * 3
    (family,) = merge_runs(store.runs()).values()
    found = read_evidence(store, family)
    assert {e.primary.info.name for e in found if e.identity.task == "notes"} == {
        "evaluate/lengths"
    }
    assert len(found) == 6
    account = store.runs()[-1]
    assert (account["id"], account["finished"]) == (done.run, True)
    assert {key: store.records(key) for key in store.cells()} == records


def test_after_a_rescore_each_cell_is_still_scored_by_the_run_that_asked(
    write_spec: Write, evaluate: Evaluate, tmp_path: Path
) -> None:
    store = evaluate(write_spec(tasks=[notes(tmp_path)]))
    evaluate(write_spec(tasks=["medical_qa_en"]), limit=5)
    write_metric(tmp_path / "scripts", "lengths", LENGTHS)
    spec = load_spec(write_spec(tasks=[notes(tmp_path, "evaluate:./scripts/lengths")]))
    again(store, given=spec.tasks, allow_code=True)
    (done,) = again(store)
    assert (done.cells, done.left) == (6, [])


def test_a_task_with_code_is_only_built_when_that_is_allowed(
    write_spec: Write, evaluate: Evaluate, tmp_path: Path
) -> None:
    name = write_metric(tmp_path / "scripts", "matches", MATCHES)
    store = evaluate(write_spec(tasks=[notes(tmp_path, name)]), allow_code=True)
    before = layers(store)
    (done,) = again(store)
    assert done.cells == 0
    assert len(done.left) == 3
    assert "--allow-code" in done.left[0]
    assert layers(store) == before
    assert again(store, allow_code=True)[0].cells == 3


def test_a_metric_that_raises_is_named_and_the_others_are_scored(
    write_spec: Write, evaluate: Evaluate, tmp_path: Path
) -> None:
    store = evaluate(write_spec(tasks=[notes(tmp_path)]))
    write_metric(tmp_path / "scripts", "broken", "raise RuntimeError('no such luck')")
    spec = load_spec(write_spec(tasks=[notes(tmp_path, "evaluate:./scripts/broken")]))
    (done,) = again(store, given=spec.tasks, allow_code=True)
    assert len(done.left) == 3
    assert "no such luck" in done.left[0]
    assert not done.damaged


def test_a_damaged_cell_is_named_and_the_others_are_scored(toy: Store) -> None:
    segment = toy.segments(toy.cells()[0])[0]
    segment.write_bytes(segment.read_bytes()[:-9])
    (done,) = again(toy)
    assert (done.cells, done.damaged, len(done.left)) == (2, True, 1)
    assert segment.name in done.left[0]


def test_an_unknown_family_is_said_before_anything_is_scored(toy: Store) -> None:
    with pytest.raises(EvidenceError, match="no family 'other'; it has toy"):
        again(toy, "toy", "other")
