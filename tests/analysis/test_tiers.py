"""Tiers follow paired intervals, not the order of values."""

import math
from collections.abc import Mapping, Sequence

import pytest

from harness.analysis.tiers import tiers, worse_beyond

VALUES = {"a": 0.9, "b": 0.88, "c": 0.7, "d": 0.69, "e": 0.2}


def beyond(width: float, strangers: Sequence[str] = ()):
    """A difference counts when it is larger than ``width``."""

    def worse(leader: str, others: Sequence[str]) -> Mapping[str, bool | None]:
        return {
            who: None if who in strangers else VALUES[leader] - VALUES[who] > width
            for who in others
        }

    return worse


def test_who_cannot_be_told_from_the_best_stands_beside_it() -> None:
    assert tiers(VALUES, beyond(0.05)) == {"a": 1, "b": 1, "c": 2, "d": 2, "e": 3}


def test_a_wide_interval_leaves_one_tier() -> None:
    assert set(tiers(VALUES, beyond(1.0)).values()) == {1}


def test_behind_the_last_tier_nobody_is_told_apart() -> None:
    assert tiers(VALUES, beyond(0.0), most=2) == {"a": 1, "b": 2, "c": 3, "d": 3, "e": 3}


def test_a_checkpoint_that_cannot_be_compared_has_no_tier() -> None:
    found = tiers(VALUES, beyond(0.05, strangers=["b"]))
    assert found == {"a": 1, "b": None, "c": 2, "d": 2, "e": 3}


def test_only_leaders_are_compared_so_the_work_is_tiers_times_checkpoints() -> None:
    asked = []

    def worse(leader: str, others: Sequence[str]) -> Mapping[str, bool | None]:
        asked.append(leader)
        return beyond(0.05)(leader, others)

    tiers(VALUES, worse)
    assert asked == ["a", "c"]


def test_nothing_and_one_checkpoint_are_no_special_case() -> None:
    assert tiers({}, beyond(0)) == {}
    assert tiers({"a": 0.9}, beyond(0)) == {"a": 1}


@pytest.mark.parametrize(
    ("low", "high", "higher_is_better", "expected"),
    [
        (-0.2, -0.1, True, True),
        (-0.2, 0.1, True, False),
        (0.1, 0.2, True, False),
        (0.1, 0.2, False, True),
        (-0.2, 0.0, True, False),
        (math.nan, math.nan, True, None),
    ],
)
def test_worse_means_the_whole_interval_is_a_loss(
    low: float, high: float, higher_is_better: bool, expected: bool | None
) -> None:
    assert worse_beyond(low, high, higher_is_better=higher_is_better) is expected
