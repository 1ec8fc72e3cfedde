"""The page on stages: every part says what the analysis says of the same chain."""

import json
import shutil
from pathlib import Path

import pytest
from board_pages import HARMFUL, NOTES, QUIZ, filled, page, table, texts

from harness.analysis.comparison import comparison
from harness.analysis.families import table_of
from harness.render import difference_text, estimate_text
from harness.render.numbers import signed_text
from harness.store import Store, merge_runs
from leaderboard.plain import plain

CHAIN = ["base", "sft-2", "dpo-a"]
CHECKPOINTS = [
    {"name": "base", "stage": "base", "model": "toy/base"},
    *(
        {
            "name": f"sft-{i}",
            "stage": "sft",
            "parent": "base",
            "model": f"toy/sft-{i}",
            "attributes": {"step": 100 * i},
        }
        for i in (1, 2, 3)
    ),
    *(
        {"name": f"dpo-{x}", "stage": "aligned", "parent": "sft-2", "model": f"toy/dpo-{x}"}
        for x in "ab"
    ),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tasks = [{**QUIZ}, {**NOTES}, {**HARMFUL}]
    return filled(tmp_path_factory.mktemp("stages"), checkpoints=CHECKPOINTS, tasks=tasks)


def charts(shown: object) -> list[str]:
    return [each.proto.spec for each in shown.get("vega_lite_chart")]  # type: ignore[attr-defined]


def test_trajectories_are_the_stage_tables_numbers(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "stages", monkeypatch, checkpoint="dpo-a")
    assert "base → sft-2 → dpo-a" in texts(shown)
    frame = table(shown, "task row").set_index("task row")
    held = Store(store)
    for row in table_of(held, merge_runs(held.runs())["toy"]).rows:
        entries = {entry.checkpoint: entry for entry in row.entries}
        for name in CHAIN:
            value = estimate_text(entries[name].estimate, row.info.unit, with_unit=False)
            assert frame[name][row.name] == value
        change = entries["dpo-a"].change
        assert change is not None
        delta = difference_text(change.difference, row.info.unit, with_unit=False)
        assert delta in frame["dpo-a Δ parent"][row.name]
    (chart,) = charts(shown)
    assert "quiz:plain" in chart


def test_what_was_forgotten_is_the_comparisons(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "stages", monkeypatch, checkpoint="dpo-a", about="Forgetting")
    frame = table(shown, "best − last").set_index("row")
    found = comparison(Store(store), CHAIN).forgetting
    assert len(frame) == len(found.rows)
    for row in found.rows:
        assert frame["best − last"][row.row] == signed_text(row.forgetting, "%", False)
    after, changed = charts(shown)
    assert "after dpo-a" in after
    assert "since sft-2" in changed
    assert "forgotten" in table(shown, "kept", "never")


def test_siblings_stand_in_the_plane_with_their_front(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "stages", monkeypatch, checkpoint="dpo-a", about="Tax and gain")
    assert shown.multiselect(key="siblings").value == ["dpo-a", "dpo-b"]
    found = comparison(Store(store), ["dpo-a", "dpo-b"])
    (front,) = found.fronts
    duel = front.duels[0]
    frame = table(shown, "pair")
    assert frame["gain"][0] == signed_text(duel.gain, "%", False)
    assert frame["kept"][0] == signed_text(duel.kept, "%", False)
    (chart,) = charts(shown)
    assert all(name in chart for name in ("dpo-a", "dpo-b"))
    assert list(table(shown, "TAX⁺")["checkpoint"]) == ["dpo-a", "dpo-b"]


def test_curves_follow_the_attributes_of_a_stage(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"checkpoint": "sft-3", "about": "Training", "curve": "quiz:plain"}
    shown = page(store, "stages", monkeypatch, **query)
    curves = comparison(Store(store), ["sft-1", "sft-2", "sft-3"]).curves
    curve = next(each for each in curves if each.row == "quiz:plain" and each.attribute == "step")
    frame = table(shown, "step")
    assert list(frame["step"]) == [point.at for point in curve.points]
    texts_of = [estimate_text(p.estimate, curve.unit, with_unit=False) for p in curve.points]
    assert list(frame[f"{curve.metric}, %"]) == texts_of
    assert table(shown, "peak")["peak"][0].startswith(curve.peak)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"checkpoint": "base", "about": "Tax and gain"}, "A root has no parent"),
        ({"checkpoint": "base", "about": "Forgetting"}, "A root has no earlier stage"),
        ({"checkpoint": "dpo-a", "about": "Training"}, "attributes: {step: 1000}"),
        ({"checkpoint": "dpo-a", "about": "Format or capability"}, "formats: [plain, chat]"),
    ],
)
def test_what_cannot_be_shown_says_what_it_needs(
    store: Path, monkeypatch: pytest.MonkeyPatch, query: dict[str, str], said: str
) -> None:
    assert said in texts(page(store, "stages", monkeypatch, **query))


def test_a_checkpoint_without_evidence_is_one_line(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = shutil.copytree(store, tmp_path / "evals", ignore=shutil.ignore_patterns("index"))
    (path,) = half.glob("runs/*.json")
    account = json.loads(path.read_text())
    kept = [cell for cell in account["cells"] if cell["checkpoint"] != "dpo-a"]
    path.write_text(json.dumps(account | {"finished": False, "cells": kept}))
    shown = page(half, "stages", monkeypatch, checkpoint="dpo-a", about="Forgetting")
    said = plain("dpo-a: the store has no evidence of it; run it first")
    assert [one.value for one in shown.info] == [said]  # a name in it is no Markdown
    assert "dpo-a has 0 of 3 rows" in texts(shown)
