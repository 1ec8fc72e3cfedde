"""What can be seen with how many documents: the printed tables."""

from math import inf, sqrt

import pytest

from harness.stats.power import answer_spread, detectable, units_needed


# MDE in points, one-sided 5 %, power 80 %: rows of the table of benchmark sizes.
@pytest.mark.parametrize(
    ("n", "points"),
    [
        (164, (4.34, 6.14, 7.52, 8.68, 10.63)),
        (541, (2.39, 3.38, 4.14, 4.78, 5.86)),
        (1319, (1.53, 2.17, 2.65, 3.06, 3.75)),
        (14042, (0.47, 0.66, 0.81, 0.94, 1.15)),
    ],
)
def test_detectable_differences_equal_the_printed_table(n: int, points: tuple[float, ...]) -> None:
    found = [100 * detectable(sqrt(flips), n) for flips in (0.05, 0.10, 0.15, 0.20, 0.30)]
    assert found == pytest.approx(points, abs=0.0051)


def test_millers_worked_examples() -> None:
    assert units_needed(sqrt(1 / 9), 0.03, alpha=0.025) == 969
    within = (1 / 6, 1 / 6)
    found = [100 * detectable(answer_spread(1 / 9, within, k), 198, alpha=0.025) for k in (1, 10)]
    assert found == pytest.approx([13.3, 7.57], abs=0.05)


def test_planned_units_see_what_they_were_planned_for() -> None:
    n = units_needed(0.4, 0.05)
    assert detectable(0.4, n) <= 0.05 < detectable(0.4, n - 1)


def test_nothing_sees_nothing() -> None:
    assert detectable(0.3, 0) == inf
    with pytest.raises(ValueError, match="nothing"):
        units_needed(0.3, 0.0)
