"""Kendall's tau-b and pairwise agreement against scipy, and worked by hand."""

from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from harness.metrics.ranking import kendall_tau_b, preferred_pairs, tie_aware_agreement

# few values: ties; many: none; floats as log-likelihoods have them
VALUES = st.sampled_from(
    [st.integers(0, 3).map(float), st.integers(-99, 99).map(float), st.floats(-50, 0)]
)
TWO_ORDERS = st.tuples(st.integers(2, 12), VALUES, VALUES).flatmap(
    lambda drawn: st.tuples(
        *(st.lists(values, min_size=drawn[0], max_size=drawn[0]) for values in drawn[1:])
    )
)


@settings(max_examples=400, deadline=None)
@given(TWO_ORDERS)
@example(([1.0, 2.0], [2.0, 1.0]))
@example(([1.0, 1.0, 2.0], [1.0, 2.0, 2.0]))
def test_tau_b_is_scipys(orders):
    first, second = orders
    ours = kendall_tau_b(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert ours is None
    else:
        assert ours == pytest.approx(kendalltau(first, second).statistic, abs=1e-12)


def test_tau_b_worked_by_hand():
    # 6 pairs: 4 concordant, 1 discordant, 1 tied in the second only.
    assert kendall_tau_b([1, 2, 3, 4], [1, 3, 2, 3]) == pytest.approx(3 / (6 * 5) ** 0.5)
    assert kendall_tau_b([3, 1, 2], [30, 10, 20]) == 1.0
    assert kendall_tau_b([1, 1], [1, 2]) is None


def test_pairs_name_the_smaller_rank_first_and_leave_ties_out():
    assert [*preferred_pairs([2, 1, 2])] == [(1, 0), (1, 2)]


@given(TWO_ORDERS)
def test_agreement_without_a_margin_is_scipys_count_of_concordant_and_double_tied_pairs(orders):
    scores, ranks = orders
    agreed = tie_aware_agreement(scores, ranks, 0.0)
    pairs = [*combinations(range(len(ranks)), 2)]
    alike = [
        kendalltau([scores[i], scores[j]], [-ranks[i], -ranks[j]]).statistic == 1.0
        if scores[i] != scores[j] and ranks[i] != ranks[j]
        else scores[i] == scores[j] and ranks[i] == ranks[j]
        for i, j in pairs
    ]
    assert list(agreed) == alike


def test_scores_within_the_margin_are_tied():
    assert tie_aware_agreement([-1.0, -1.5, -3.0], [1, 1, 2], 0.5) == [True, True, True]
    assert tie_aware_agreement([-1.0, -1.5, -3.0], [1, 1, 2], 0.4) == [False, True, True]
    assert tie_aware_agreement([-1.0, -1.5, -3.0], [1, 2, 2], 2.0) == [False, False, True]
