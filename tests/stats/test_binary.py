"""Golden numbers: statistics.md, section 3.2, at the digits printed there."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from harness.stats.binary import mcnemar, tango_interval, tango_z

Z = 1.959963984540054

tables = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200)).filter(
    lambda t: sum(t) > 0
)


@pytest.mark.parametrize(
    ("gained", "lost", "exact", "mid_p"),
    [
        (1, 7, 0.070312, 0.039063),
        (10, 25, 0.016674, 0.011331),
        (0, 5, 0.0625, 0.03125),
        (15, 15, 1.0, 0.855536),
    ],
)
def test_mcnemar_has_the_golden_exact_and_mid_p(
    gained: int, lost: int, exact: float, mid_p: float
) -> None:
    test = mcnemar(gained, lost)
    assert test.exact == pytest.approx(exact, abs=6e-7)
    assert test.mid_p == pytest.approx(mid_p, abs=6e-7)


def test_mcnemar_has_the_golden_asymptotic_values() -> None:
    test = mcnemar(1, 7)
    assert test.z == pytest.approx(-2.12132, abs=6e-6)
    assert test.asymptotic == pytest.approx(0.033895, abs=6e-7)
    assert test.corrected == pytest.approx(0.0771, abs=6e-5)


def test_no_flips_are_no_evidence_of_a_difference() -> None:
    assert mcnemar(0, 0).mid_p == 1.0


@pytest.mark.parametrize(
    ("gained", "lost", "n", "z", "low", "high"),
    [
        (1, 7, 21, -1.9976, -0.51723, -0.02600),
        (43, 57, 1000, 0.5980, -0.03405, 0.00569),
        (40, 80, 1319, -1.2610, -0.04706, -0.01428),
        (10, 10, 1000, 3.5477, -0.00953, 0.00953),
        (5, 5, 164, 0.9954, -0.04344, 0.04344),
    ],
)
def test_tango_has_the_golden_statistic_and_interval(
    gained: int, lost: int, n: int, z: float, low: float, high: float
) -> None:
    assert tango_z(gained, lost, n, -0.02) == pytest.approx(z, abs=6e-5)
    assert tango_interval(gained, lost, n, Z) == pytest.approx((low, high), abs=6e-6)


@pytest.mark.parametrize(
    ("gained", "lost", "n", "difference"),
    [(1, 7, 21, -0.02), (5, 5, 164, 0.1), (0, 0, 10, -0.2), (3, 0, 10, -0.5), (0, 7, 7, -0.3)],
)
def test_tango_uses_the_restricted_maximum_likelihood(
    gained: int, lost: int, n: int, difference: float
) -> None:
    def negative(p_lost: float) -> float:
        p_gained = p_lost + difference
        cells = [(gained, p_gained), (lost, p_lost), (n - gained - lost, 1 - p_gained - p_lost)]
        return -sum(count * np.log(max(p, 1e-300)) for count, p in cells if count)

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    p_lost = minimize_scalar(negative, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x
    spread = sqrt(n * (2 * p_lost + difference - difference**2))
    expected = (gained - lost - n * difference) / spread
    assert tango_z(gained, lost, n, difference) == pytest.approx(expected, rel=1e-5)


@given(tables)
def test_tango_at_no_difference_is_mcnemar(table: tuple[int, int, int]) -> None:
    gained, lost, ties = table
    n = gained + lost + ties
    assert tango_z(gained, lost, n, 0.0) == pytest.approx(mcnemar(gained, lost).z, abs=1e-9)


@given(tables)
def test_tango_interval_is_where_the_test_does_not_reject(table: tuple[int, int, int]) -> None:
    gained, lost, ties = table
    n = gained + lost + ties
    low, high = tango_interval(gained, lost, n, Z)
    assert -1 <= low < high <= 1
    assert low <= (gained - lost) / n <= high
    if low > -1:
        assert tango_z(gained, lost, n, low) == pytest.approx(Z, abs=1e-4)
    if high < 1:
        assert tango_z(gained, lost, n, high) == pytest.approx(-Z, abs=1e-4)


@given(tables)
def test_exchanging_the_sides_mirrors_the_interval(table: tuple[int, int, int]) -> None:
    gained, lost, ties = table
    n = gained + lost + ties
    low, high = tango_interval(gained, lost, n, Z)
    assert tango_interval(lost, gained, n, Z) == (-high, -low)
    assert mcnemar(gained, lost).mid_p == mcnemar(lost, gained).mid_p
