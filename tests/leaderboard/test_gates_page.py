"""The gates page: the verdicts that the store keeps, as the gate said them."""

import shutil
from pathlib import Path

import pytest
from board_pages import filled, page, table, texts
from planted import Family, Planted

from harness.analysis.subjects import find_subject
from harness.gate.judging import Judged, judge, used
from harness.gate.policy import load_policy
from harness.render.numbers import margin_text, signed_text
from harness.results import Verdict
from harness.store import Store
from harness.store.verdicts import read_verdicts, write_verdict

N = 200
POLICY = "rules:\n  - {task: quiz, margin: 9, allow_underpowered: true}\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gates")
    family = Family(folder, N)
    for name, wrong in {"base": (), "sft": range(0, N, 50), "dpo": range(0, N, 3)}.items():
        family.plant(name, Planted(list(wrong)))
        family.run(name)
    (folder / "gate.yaml").write_text(POLICY)
    held = Store(folder / "evals")
    for baseline, candidate in (("base", "sft"), ("sft", "dpo"), ("base", "dpo")):
        judged = judge(held, baseline, candidate, load_policy(folder / "gate.yaml"))
        write_verdict(held, judged.verdict, used(judged))
    return folder / "evals"


def verdicts(store: Path) -> list[Verdict]:
    return [one.verdict for one in read_verdicts(Store(store))]


def test_every_verdict_is_listed_the_newest_first(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = table(page(store, "gates", monkeypatch), "verdict", "candidate")
    known = [(v.baseline, v.candidate, v.decision) for v in verdicts(store)[::-1]]
    shown = zip(frame["baseline"], frame["candidate"], frame["verdict"], strict=True)
    assert [(b, c, said.partition(" ")[2]) for b, c, said in shown] == known
    assert {decision for _, _, decision in known} == {"PASS", "REGRESSED"}


def test_an_address_opens_one_verdict_with_the_gates_own_numbers(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_verdicts(Store(store))[0]
    shown = page(store, "gates", monkeypatch, verdict=first.name)
    assert "PASS: sft against base, 1 of 1 rules" in texts(shown)
    (rule,) = first.verdict.rules
    frame = table(shown, "decision", "margin")
    assert frame["difference"][0] == signed_text(rule.estimate, rule.unit)
    assert frame["margin"][0] == margin_text(rule.margin, rule.unit)
    assert list(table(shown, "side", "weights")["side"]) == ["base", "sft"]
    assert "100.0 %" in table(shown, "coverage", "smallest loss that shows")["coverage"][0]


def test_a_baseline_is_filtered_and_rules_have_a_history(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "gates", monkeypatch, baseline="base", part="Rules over time")
    frame = table(shown, "rule", "against")
    assert list(frame["against"]) == ["base"]
    assert [cell.split()[1] for cell in frame.iloc[0, 3:]] == ["PASS", "REGRESSED"]


def test_margins_of_the_newest_verdict_stand_in_the_comparison(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "compare", monkeypatch, checkpoints=["sft", "dpo"])
    assert list(table(shown, "row", "margin")["margin"]) == ["9 pt"]
    assert "A tick marks the margin" in texts(shown)
    other = page(store, "compare", monkeypatch, checkpoints=["dpo", "base"])
    assert list(table(other, "row", "margin")["margin"]) == ["—"]


def test_a_sequential_gate_says_what_stopping_early_spared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = Family(tmp_path, N)
    family.plant("sft", Planted())
    family.run("sft")
    family.plant("dpo", Planted(range(N)))
    verdict = family.gate(POLICY)
    held = Store(tmp_path / "evals")
    sides = find_subject(held, "sft"), find_subject(held, "toy:dpo")
    judged = Judged(verdict=verdict, references=sides[:1], candidate=sides[1])
    write_verdict(held, verdict, used(judged))
    shown = page(tmp_path / "evals", "gates", monkeypatch)
    stopped = verdict.rules[0].stopped
    assert stopped is not None
    assert stopped.n < stopped.of
    assert f"{stopped.n:,} of {stopped.of:,} documents" in texts(shown)
    spared = table(shown, "asked", "spared")
    assert (spared["asked"][0], spared["of"][0]) == (stopped.n, stopped.of)


def test_a_damaged_verdict_is_one_line_and_the_others_are_shown(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "evals"
    shutil.copytree(store, copy)
    path = min((copy / "verdicts").glob("*.json"))
    path.write_text(path.read_text().replace("PASS", "pass"))
    shown = page(copy, "gates", monkeypatch)
    assert path.name in texts(shown)
    assert len(table(shown, "verdict", "candidate")) == 2


def test_a_family_without_verdicts_is_told_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path)
    assert "aligntax gate --baseline" in texts(page(store, "gates", monkeypatch))
    assert "aligntax run" in texts(page(tmp_path / "nowhere", "gates", monkeypatch))
