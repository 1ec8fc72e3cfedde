"""The compare page says what the analysis says of the same checkpoints."""

import json
from pathlib import Path

import pytest
from board_pages import filled, page, table, texts

from harness.analysis.comparison import comparison
from harness.analysis.reliability import reliability
from harness.render import difference_text, estimate_text
from harness.render.headline import headline
from harness.results import Comparison
from harness.store import Store, merge_runs, read_evidence
from leaderboard.plain import plain

NAMES = ["base", "sft", "dpo"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    quiz = {"name": "quiz", "kind": "multiple_choice", "capability": "general"}
    quiz |= {"data": "quiz.jsonl", "variants": ["cf", "mcf"]}
    notes = {"name": "notes", "kind": "generation", "capability": "domain", "data": "notes.jsonl"}
    return filled(tmp_path_factory.mktemp("compare"), tasks=[quiz, notes])


@pytest.fixture(scope="module")
def found(store: Path) -> Comparison:
    return comparison(Store(store), NAMES)


def test_differences_and_headlines_are_the_analysis_own(
    store: Path, found: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "compare", monkeypatch, checkpoints=NAMES, candidate="sft")
    for against in found.against:
        assert headline(against) in texts(shown)
    frame = table(shown, "row", "difference").set_index("row")
    sft = found.against[0]
    assert list(frame.index) == [shift.row for shift in sft.rows]
    for shift in sft.rows:
        assert frame["base"][shift.row] == estimate_text(shift.before, shift.unit, with_unit=False)
        delta = difference_text(shift.change.difference, shift.unit)
        assert frame["difference"][shift.row].endswith(delta)
        assert frame["wording"][shift.row] == shift.change.wording
        assert shift.change.comparability is not None
        assert frame["comparability"][shift.row] == shift.change.comparability.verdict


def test_flips_are_the_analysis_own_and_lead_to_their_documents(
    store: Path, found: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "compare", monkeypatch, checkpoints=NAMES, part="Flips")
    frame = table(shown, "from", "to").set_index(["row", "from", "to"])
    flips = [(each.row, step) for each in found.trajectories for step in each.flips]
    assert len(frame) == len(flips)
    for row, step in flips:
        line = frame.loc[row, step.reference, step.candidate]
        assert line["lost (NFR) %"] == estimate_text(step.lost, "%", with_unit=False)
        assert line["won (PFR) %"] == estimate_text(step.gained, "%", with_unit=False)
    links = [each.proto.query_string for each in shown.get("page_link")]
    assert any("flip~=lost+at" in link and "checkpoints~=" in link for link in links)


def test_calibration_is_drawn_from_the_stored_bins(
    store: Path, found: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "compare", monkeypatch, checkpoints=NAMES, part="Calibration")
    held = Store(store)
    cells = read_evidence(held, merge_runs(held.runs())["toy"])
    own = [cell for cell in cells if cell.identity.row == "quiz:mcf:plain"]
    bins = table(shown, "confidence between")
    assert list(bins["right"]) == [estimate_text(e.accuracy, "%") for e in reliability(own)]
    errors = table(shown, "metric", "adjusted").set_index("metric")
    moved = next(s for s in found.against[0].calibration if s.metric == "ece")
    assert (
        errors["difference"].iloc[0].endswith(difference_text(moved.change.difference, moved.unit))
    )


def test_drift_says_what_was_not_measured(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(store, "compare", monkeypatch, checkpoints=NAMES, part="Drift")
    assert "KL to base: sft: not measured" in texts(shown)
    assert "Answers" in texts(shown)


def test_one_checkpoint_or_five_are_too_few_or_too_many(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "two to 4" in texts(page(store, "compare", monkeypatch, checkpoints="base"))


def test_a_checkpoint_without_evidence_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path)
    (path,) = store.glob("runs/*.json")
    content = json.loads(path.read_text())
    cells = [cell for cell in content["cells"] if cell["checkpoint"] != "dpo"]
    path.write_text(json.dumps(content | {"cells": cells, "finished": False}))
    shown = page(store, "compare", monkeypatch, checkpoints=["base", "dpo"])
    assert plain("dpo: the store has no evidence of it") in texts(shown)
    half = page(store, "compare", monkeypatch, checkpoints=["base", "sft"])
    assert len(table(half, "row", "difference")) == 3


def test_an_empty_store_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "aligntax run" in texts(page(tmp_path / "evals", "compare", monkeypatch))
