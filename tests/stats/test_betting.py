"""Bets: the printed e-values, the laws that make them valid, and intervals that always hold."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.betting import (
    Counts,
    Stakes,
    anytime_interval,
    capital_of,
    capital_of_counts,
    cluster_bets,
    running_capital,
)

MARGIN = 0.02


# Computed for this project's definition (margin 0.02, expected flips 0.15).
@pytest.mark.parametrize(
    ("gained", "tied", "lost", "passing", "failing"),
    [
        (0, 100, 0, 0.265403, -0.206824),
        (0, 500, 0, 3.445744, -0.804736),
        (10, 180, 10, 0.232011, -0.487211),
        (50, 900, 50, 1.349104, -1.410929),
        (100, 1800, 100, 2.960160, -1.996246),
        (30, 880, 90, -2.004004, 4.877766),
        (0, 0, 10, -0.850206, 1.822438),
    ],
)
def test_e_values_equal_the_printed_ones(
    gained: int, tied: int, lost: int, passing: float, failing: float
) -> None:
    capital = capital_of_counts(Counts(gained=gained, tied=tied, lost=lost), MARGIN)
    assert (capital.passing, capital.failing) == pytest.approx((passing, failing), abs=6e-7)


def test_stakes_equal_the_printed_ones() -> None:
    stakes = Stakes.of(MARGIN)
    assert stakes.values[[0, 1, 2, 15]] == pytest.approx(
        [0.007784, 0.010613, 0.014469, 0.813611], abs=6e-7
    )
    assert stakes.weights[[0, 9, 15]] == pytest.approx([0.055164, 0.139944, 0.00625], abs=6e-7)
    assert stakes.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("margin", "threshold", "items"),
    [(0.02, 20, 468), (0.02, 25, 484), (0.01, 25, 1013), (0.03, 25, 301), (0.05, 25, 137)],
)
def test_identical_outputs_pass_after_the_printed_number_of_items(
    margin: float, threshold: float, items: int
) -> None:
    def passing(ties: int) -> float:
        return capital_of_counts(Counts(gained=0, tied=ties, lost=0), margin).passing

    assert passing(items - 1) < log(threshold) <= passing(items)


def test_nothing_but_losses_fails_after_fourteen_items() -> None:
    failing = [
        capital_of_counts(Counts(gained=0, tied=0, lost=n), MARGIN).failing for n in (13, 14)
    ]
    assert failing[0] < log(25) <= failing[1]


@given(
    st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), min_size=1, max_size=60),
    st.floats(0.001, 0.5),
    st.randoms(use_true_random=False),
)
def test_capital_depends_on_the_differences_and_not_on_their_order(
    drawn: list[float], margin: float, random: "np.random.Generator"
) -> None:
    differences = np.array(drawn)
    whole = capital_of(differences, margin)
    random.shuffle(drawn)  # type: ignore[arg-type]
    running = running_capital(np.array(drawn), margin, Stakes.of(margin))
    assert running[:, -1] == pytest.approx([whole.passing, whole.failing], abs=1e-9)


@given(st.floats(0.001, 0.6), st.sampled_from([(0.1, 0.1), (0.5, 0.4), (0.0, 1.0), (0.9, 0.02)]))
def test_a_bet_never_wins_on_average_at_the_margin(
    margin: float, shares: tuple[float, float]
) -> None:
    """One step's expected factor under mean = -margin is exactly one, whatever the flips."""
    spread, skew = shares
    gained = max(0.0, (spread - margin) / 2) * (1 - skew)
    lost = gained + margin
    if gained + lost > 1:
        return
    chances = np.array([gained, 1 - gained - lost, lost])
    for side in ("passing", "failing"):
        grown = [np.exp(getattr(capital_of(np.array([d]), margin), side)) for d in (1.0, 0.0, -1.0)]
        assert chances @ grown == pytest.approx(1.0, abs=1e-12)


def test_a_looked_at_interval_holds_its_mean_at_every_look() -> None:
    rng = np.random.default_rng(5)
    mean, missed = -0.03, 0
    for _ in range(200):
        seen = rng.choice([1.0, 0.0, -1.0], size=600, p=[0.06, 0.85, 0.09])
        for n in range(50, 601, 50):
            values, counts = np.unique(seen[:n], return_counts=True)
            low, high = anytime_interval(values, counts.astype(float), Stakes.of(MARGIN), 40)
            if not low <= mean <= high:
                missed += 1
                break
    assert missed <= 0.05 * 200


def test_an_interval_shrinks_as_documents_come_in() -> None:
    widths = []
    for n in (50, 500, 5000):
        counts = np.array([0.9 * n, 0.06 * n, 0.04 * n])
        low, high = anytime_interval(np.array([0.0, 1.0, -1.0]), counts, Stakes.of(MARGIN), 25)
        assert low < 0.02 < high
        widths.append(high - low)
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


def test_clusters_are_one_bet_each_and_keep_the_hypothesis() -> None:
    differences = np.array([-1.0, -1.0, 0.0, 1.0, 0.0])
    bets = cluster_bets(differences, np.array([0, 0, 0, 1, 1]), MARGIN, largest=3)
    assert bets == pytest.approx([-2 / 3, (1 + 2 * MARGIN) / 3 - MARGIN])
    at_margin = np.full(6, -MARGIN)
    assert cluster_bets(at_margin, np.array([0, 0, 0, 0, 1, 1]), MARGIN, 4) == pytest.approx(
        [-MARGIN, -MARGIN]
    )


def test_a_difference_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match="must lie in"):
        capital_of(np.array([0.2, 1.5]), MARGIN)
