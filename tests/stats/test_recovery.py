"""Differences of independent estimates from their own intervals."""

import pytest

from harness.records import Estimate
from harness.stats.intervals import wilson
from harness.stats.linear import critical
from harness.stats.recovery import difference_interval, recovered_error, stated_estimate


def proportion(hits: int, n: int) -> Estimate:
    low, high = wilson(hits / n, n, critical(0.95, float("inf")))
    return Estimate(value=hits / n, low=low, high=high, n=n, method="Wilson")


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_two_proportions_have_newcombes_interval(
    a: tuple[int, int], b: tuple[int, int], low: float, high: float
) -> None:
    found = difference_interval(proportion(*a), proportion(*b))
    assert found.value == pytest.approx(a[0] / a[1] - b[0] / b[1])
    assert found.low == pytest.approx(low, abs=6e-5)
    assert found.high == pytest.approx(high, abs=6e-5)
    assert found.n == min(a[1], b[1])


def test_a_side_without_an_interval_leaves_none() -> None:
    bare = Estimate(value=0.4, low=None, high=None, n=9, method="x")
    found = difference_interval(proportion(3, 9), bare)
    assert (found.low, found.high) == (None, None)
    assert found.value == pytest.approx(1 / 3 - 0.4)


def test_a_stated_error_comes_back_from_its_interval() -> None:
    assert recovered_error(stated_estimate(0.5, 0.02, 100, 0.9)) == pytest.approx(0.02)
    assert stated_estimate(0.5, None, 0, 0.9).low is None
