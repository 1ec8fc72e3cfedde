"""Trends: Spearman's rho, and a p value that counts orders."""

import numpy as np
import pytest
from scipy.stats import permutation_test, spearmanr

from harness.stats.trend import monotone_trend

RNG = np.random.default_rng(1)


def test_three_points_on_a_line_prove_nothing() -> None:
    found = monotone_trend(np.array([1.0, 2, 3]), np.array([0.1, 0.2, 0.5]), RNG)
    assert found is not None
    assert found.rho == pytest.approx(1)
    assert found.p == pytest.approx(2 / 6)
    assert found.test == "Spearman, permutation (all orders)"


def test_rho_and_p_equal_scipys_where_all_orders_are_tried() -> None:
    x, y = np.array([1.0, 2, 3, 4, 5, 6]), np.array([0.3, 0.1, 0.4, 0.4, 0.6, 0.5])
    found = monotone_trend(x, y, RNG)
    theirs = permutation_test(
        (y,),
        lambda sample: float(spearmanr(x, sample).statistic),
        permutation_type="pairings",
        vectorized=False,
        n_resamples=np.inf,
    )
    assert found is not None
    assert found.rho == pytest.approx(float(theirs.statistic))
    assert found.p == pytest.approx(float(theirs.pvalue))


def test_many_points_take_random_orders() -> None:
    x = np.arange(20.0)
    rising, noise = x + RNG.normal(0, 1, 20), RNG.normal(0, 1, 20)
    clear, unclear = (monotone_trend(x, y, RNG) for y in (rising, noise))
    assert clear is not None
    assert unclear is not None
    assert clear.p == pytest.approx(1 / 10_001)
    assert unclear.p == pytest.approx(float(spearmanr(x, noise).pvalue), abs=0.03)


def test_two_points_and_constants_have_no_trend() -> None:
    assert monotone_trend(np.array([1.0, 2]), np.array([1.0, 2]), RNG) is None
    assert monotone_trend(np.array([1.0, 1, 1]), np.array([1.0, 2, 3]), RNG) is None
    assert monotone_trend(np.array([1.0, 2, 3]), np.array([1.0, 1, 1]), RNG) is None
