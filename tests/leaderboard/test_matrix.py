"""What the leaderboard selects, in which order, and how strongly it colours."""

from typing import Any

import pandas as pd
import pytest

from leaderboard.matrix import (
    Wanted,
    days,
    first_few,
    names_of,
    only,
    ordered,
    place,
    rows_of,
    spans,
    strengths,
)

CHECKPOINTS = pd.DataFrame(
    [
        ("f", "base", "base", "2026-01-01T10"),
        ("f", "sft", "sft", "2026-01-02T10"),
        ("f", "dpo", "aligned", "2026-01-03T10"),
        ("g", "base", "base", "2026-01-03T11"),
    ],
    columns=["family", "checkpoint", "stage", "date"],
)


def entry(family: str, checkpoint: str, row: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        "family": family,
        "checkpoint": checkpoint,
        "row": row,
        "task": row,
        "kind": "multiple_choice",
        "capability": "general",
        "language": "en",
        "metric": "acc",
        "unit": "%",
        "higher_is_better": True,
        "chance": 0.25,
        "ceiling": 1.0,
        "value": value,
        "low": value - 0.1,
        "high": value + 0.1,
        "reference": "base",
        "delta": 0.0,
        "delta_low": -0.1,
        "delta_high": 0.1,
        "p": 1.0,
        "test": "",
        "comparability": "COMPARABLE",
        "reasons": "",
        "wording": "no clear change",
    } | more


ENTRIES = pd.DataFrame(
    [
        entry("f", "base", "ppl", 2.0, kind="perplexity", higher_is_better=False),
        entry("f", "base", "quiz", 0.5),
        entry("f", "sft", "quiz", 0.7),
        entry("f", "dpo", "quiz", float("nan")),
        entry("g", "base", "quiz", 0.9),
        entry("f", "dpo", "nice", 0.4, capability="alignment", language="zh"),
        entry("f", "dpo", "ppl", 3.0, kind="perplexity", higher_is_better=False),
        entry("g", "base", "ppl", 1.0, kind="perplexity", higher_is_better=False),
    ]
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), ["base", "sft", "dpo", "base"]),
        (Wanted(family="g"), ["base"]),
        (Wanted(stages=["sft", "aligned"]), ["sft", "dpo"]),
        (Wanted(name="DP"), ["dpo"]),
        (Wanted(name="(["), []),
        (Wanted(since="2026-01-03"), ["dpo", "base"]),
        (Wanted(since="2026-01-03", family="f"), ["dpo"]),
    ],
)
def test_filters_keep_the_checkpoints_that_fit_all(wanted: Wanted, expected: list[str]) -> None:
    assert list(wanted.of_checkpoints(CHECKPOINTS)["checkpoint"]) == expected


def test_rows_stand_by_capability_with_perplexity_at_the_end() -> None:
    assert list(rows_of(ENTRIES)["row"]) == ["quiz", "ppl", "nice"]
    wanted = Wanted(kinds=["multiple_choice"], languages=["en"])
    assert list(wanted.of_rows(rows_of(ENTRIES))["row"]) == ["quiz"]


def test_the_first_columns_are_some_of_each_capability() -> None:
    rows = pd.DataFrame({"row": list("abcdef"), "capability": ["general"] * 4 + ["alignment"] * 2})
    rows["task"] = list("mmnoxx")
    assert first_few(rows, 2) == ["a", "e"]
    assert first_few(rows, 4) == ["a", "c", "e", "f"]
    assert first_few(rows, 5) == ["a", "c", "d", "e", "f"]
    assert first_few(rows, 99) == list("abcdef")


def test_the_best_comes_first_and_those_without_a_value_last() -> None:
    found = ordered(CHECKPOINTS, ENTRIES, None, "quiz")
    assert list(zip(found["family"], found["checkpoint"], strict=True)) == [
        ("g", "base"),
        ("f", "sft"),
        ("f", "base"),
        ("f", "dpo"),
    ]


def test_best_is_lowest_where_lower_is_better() -> None:
    found = ordered(CHECKPOINTS, ENTRIES, None, "ppl")
    assert list(found["family"])[:3] == ["g", "f", "f"]
    assert list(found["checkpoint"])[:3] == ["base", "base", "dpo"]


def test_groups_stand_in_the_order_of_training() -> None:
    found = ordered(CHECKPOINTS, ENTRIES, "stage", "quiz")
    assert list(found["stage"]) == ["base", "base", "sft", "aligned"]
    assert list(found["family"])[:2] == ["g", "f"]


def test_names_that_two_families_have_carry_their_family() -> None:
    assert list(names_of(CHECKPOINTS)) == ["f:base", "sft", "dpo", "g:base"]
    assert names_of(CHECKPOINTS)["g:base"] == ("g", "base")
    assert days(CHECKPOINTS) == ["2026-01-03", "2026-01-02", "2026-01-01"]


def test_changes_against_a_pinned_reference_replace_those_against_the_parent() -> None:
    against = pd.DataFrame(
        [("f", "sft", "quiz", "base", 0.2, 0.1, 0.3, 0.01, "t", "QUALIFIED", "why", "changed")],
        columns=[
            "family",
            "checkpoint",
            "row",
            "reference",
            "delta",
            "delta_low",
            "delta_high",
            "p",
            "test",
            "comparability",
            "reasons",
            "wording",
        ],
    )
    found = place(ENTRIES, CHECKPOINTS, ["quiz"], against).set_index(["family", "checkpoint"])
    assert found.loc[("f", "sft"), "delta"] == 0.2
    assert found.loc[("f", "sft"), "comparability"] == "QUALIFIED"
    assert found.loc[("f", "base"), "wording"] == ""
    assert pd.isna(found.loc[("f", "base"), "delta"])


def test_a_name_in_another_family_is_another_checkpoint() -> None:
    found = place(ENTRIES, CHECKPOINTS[CHECKPOINTS["family"] == "f"], ["quiz"], None)
    assert set(found["family"]) == {"f"}


def test_unwanted_changes_are_blank_and_their_estimates_stay() -> None:
    found = only(ENTRIES.assign(comparability="QUALIFIED"), ["COMPARABLE"])
    assert set(found["wording"]) == {""}
    assert found["delta"].isna().all()
    assert found["value"].notna().sum() == 7
    assert only(ENTRIES, []) is ENTRIES


def test_only_changes_beyond_their_interval_have_a_colour() -> None:
    frame = pd.DataFrame(
        [
            entry("f", "a", "quiz", 0.5, delta=-0.375, delta_low=-0.4, delta_high=-0.3),
            entry("f", "b", "quiz", 0.5, delta=0.09375, delta_low=0.01, delta_high=0.2),
            entry("f", "c", "quiz", 0.5, delta=0.5, delta_low=-0.1, delta_high=0.9),
            entry("f", "d", "quiz", 0.5, delta=float("nan"), delta_low=float("nan")),
            entry(
                "f", "e", "p", 0.5, delta=2.0, delta_low=1.0, delta_high=3.0,
                higher_is_better=False, ceiling=float("nan"), chance=0.0,
            ),
            entry(
                "f", "g", "p", 0.5, delta=-1.0, delta_low=-3.0, delta_high=-0.5,
                higher_is_better=False, ceiling=float("nan"), chance=0.0,
            ),
        ]
    )  # fmt: skip
    assert list(strengths(frame)) == [-1.0, 0.5, 0.0, 0.0, -1.0, 0.5]


def test_marks_of_a_row_share_one_scale() -> None:
    found = spans(ENTRIES)
    assert found["quiz"] == pytest.approx((0.4, 1.0))
