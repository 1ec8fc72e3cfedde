"""One chain of checkpoints: who is in it, its table, and the points of its charts."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from leaderboard import along
from leaderboard.sought import default_checkpoint

OWN = pd.DataFrame(
    {
        "checkpoint": ["base", "sft", "a", "b", "lost"],
        "stage": ["base", "sft", "aligned", "aligned", "aligned"],
        "parent": [None, "base", "sft", "sft", "gone"],
        "qualified": ["", "", "", "asked differently", ""],
        "attributes": ["{}", '{"step": 5, "on": true, "who": "me"}', '{"beta": 0.1}', "{}", "{}"],
        "gain": [None, 0.1, 0.2, 0.3, None],
        "gain_low": [None, 0.0, 0.1, None, None],
        "gain_high": [None, 0.2, 0.3, None, None],
        "net": [None, 0.1, -0.05, -0.1, -0.1],
        "net_low": [None, 0.0, -0.1, None, None],
        "net_high": [None, 0.2, 0.02, None, None],
    }
)


def test_a_chain_goes_from_the_root_to_its_end() -> None:
    assert along.chain_to(OWN, "a") == ["base", "sft", "a"]
    assert along.chain_to(OWN, "lost") == ["lost"]
    assert default_checkpoint(OWN) == "lost"
    assert default_checkpoint(OWN[:2]) == "sft"


def test_a_circle_is_walked_once() -> None:
    frame = pd.DataFrame({"checkpoint": ["a", "b"], "parent": ["b", "a"]})
    assert along.chain_to(frame, "a") == ["b", "a"]


def test_siblings_have_one_parent_and_roots_have_none() -> None:
    assert list(along.siblings_of(OWN, "a")["checkpoint"]) == ["a", "b"]
    assert along.siblings_of(OWN, "base").empty


def test_the_net_loss_is_the_net_change_turned_round() -> None:
    front: Any = SimpleNamespace(dominated={"b": ("a",)})
    a, b = along.spots(OWN[OWN["parent"] == "sft"], [front])
    assert (a.gain, a.tax, a.tax_low, a.tax_high) == (0.2, 0.05, -0.02, 0.1)
    assert (a.front, b.front) == (True, False)
    assert b.label == "b (QUALIFIED)"
    assert b.tax_low is None


def test_a_checkpoint_without_a_gain_has_no_place_in_the_plane() -> None:
    assert [spot.label for spot in along.spots(OWN, [])] == ["sft", "a", "b (QUALIFIED)"]


def test_only_numbers_are_attributes_to_draw() -> None:
    assert along.attributes_of(OWN, "sft") == {"sft": {"step": 5}}
    assert along.attributes_of(OWN, "aligned") == {"a": {"beta": 0.1}}


def entry(checkpoint: str, row: str, value: float, comparability: str = "") -> dict[str, Any]:
    return {
        "checkpoint": checkpoint,
        "row": row,
        "value": value,
        "low": value - 0.1,
        "high": value + 0.1,
        "unit": "%",
        "missing": "not evaluated",
        "comparability": comparability,
        "reasons": "template_differs" if comparability == "QUALIFIED" else "",
        "wording": "changed" if comparability else "",
        "delta": 0.25,
        "delta_low": 0.1,
        "delta_high": 0.4,
    }


ENTRIES = pd.DataFrame(
    [
        entry("base", "quiz", 0.5),
        entry("sft", "quiz", 0.75, "QUALIFIED"),
        entry("base", "other", 0.5),
        entry("sft", "other", float("nan")),
    ]
)
ROWS = pd.DataFrame(
    {
        "row": ["quiz", "other"],
        "capability": "general",
        "metric": "acc",
        "unit": "%",
        "chance": [0.25, float("nan")],
        "higher_is_better": [True, False],
    }
)


def test_the_stage_table_says_why_a_change_is_qualified() -> None:
    found = along.stage_table(ENTRIES, ROWS, ["base", "sft", "dpo"])
    assert list(found.loc[0])[:5] == [
        "general",
        "quiz",
        "acc, %",
        "25",
        "50.0 [40.0, 60.0]",
    ]
    assert found["sft Δ parent"][0] == "≈ +25.0 [10.0, 40.0] QUALIFIED (template differs)"
    assert found["metric"][1] == "acc, % ↓"
    assert list(found["dpo"]) == ["not evaluated"] * 2


def test_a_checkpoint_may_be_named_like_a_column() -> None:
    entries = ENTRIES.assign(checkpoint=ENTRIES["checkpoint"].replace("base", "metric"))
    found = along.stage_table(entries, ROWS, ["metric", "sft"])
    assert list(found.columns).count("metric") == 2
    assert found.iloc[0, 2] == "acc, %"
    assert found.iloc[0, 4] == "50.0 [40.0, 60.0]"


def test_a_trajectory_keeps_gaps_and_says_that_it_is_qualified() -> None:
    marks = along.marks(ENTRIES, ["quiz", "other"], ["base", "sft", "dpo"])
    assert [mark.group for mark in marks[::3]] == ["quiz (QUALIFIED)", "other"]
    assert [mark.value for mark in marks] == [0.5, 0.75, None, 0.5, None, None]


def test_a_matrix_is_cut_by_rows() -> None:
    cells: Any = [SimpleNamespace(row=row, column=c) for row in "abc" for c in "xy"]
    assert [cell.row for cell in along.first_rows(cells, 2)] == ["a", "a", "b", "b"]
    with pytest.raises(IndexError):
        along.first_rows(cells, 0)[0]


def test_terms_of_a_split_are_drawn_unit_by_unit() -> None:
    def split(task: str, unit: str) -> Any:
        terms = [
            SimpleNamespace(name=name, estimate=SimpleNamespace(value=v, low=v - 1, high=v + 1))
            for name, v in (("capability", 2.0), ("format", -3.0))
        ]
        return SimpleNamespace(task=task, unit=unit, terms=terms)

    splits = [split("a", "%"), split("b", "points"), split("c", "%")]
    found = along.terms(splits, "format", "%")
    assert [(d.label, d.value, d.low, d.high) for d in found] == [
        ("a", -3.0, -4.0, -2.0),
        ("c", -3.0, -4.0, -2.0),
    ]
