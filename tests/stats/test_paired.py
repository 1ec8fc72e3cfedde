from dataclasses import replace

import numpy as np
import pytest
from cells import ACCURACY, BITS, PERPLEXITY, ROUGE, mean_rows, right, rng, scores
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.evidence import Scores
from harness.results import Difference
from harness.stats.paired import paired_difference

pairs = st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from([0, 1])), min_size=1)
units = st.lists(st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)), min_size=2, max_size=30)


def difference(
    reference: Scores, candidate: Scores, clusters: list[str | None] | None = None
) -> Difference:
    found = paired_difference(reference, candidate, clusters or [None] * len(reference.rows), rng())
    assert found is not None
    return found


def flips(gained: int, lost: int, n: int) -> tuple[Scores, Scores]:
    before = [0] * gained + [1] * lost + [1] * (n - gained - lost)
    after = [1] * gained + [0] * lost + [1] * (n - gained - lost)
    return right(before), right(after)


def test_right_or_wrong_gets_tango_and_mid_p() -> None:
    found = difference(*flips(1, 7, 21))
    assert (found.estimate.method, found.test) == ("Tango score", "McNemar mid-p")
    assert found.estimate.value == pytest.approx(-0.28571, abs=6e-6)
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        (-0.51723, -0.02600), abs=6e-6
    )
    assert found.p == pytest.approx(0.039063, abs=6e-7)


def test_identical_answers_are_not_known_to_be_equal() -> None:
    found = difference(*flips(0, 0, 50))
    assert found.estimate.low == pytest.approx(-0.0714, abs=1e-4)
    assert found.estimate.high == pytest.approx(0.0714, abs=1e-4)
    assert found.p == 1.0


def test_a_mean_gets_the_paired_t_test() -> None:
    before, after = rng(1).random(20), rng(2).random(20)
    found = difference(scores(ROUGE, mean_rows(before)), scores(ROUGE, mean_rows(after)))
    test = scipy_stats.ttest_rel(after, before)
    assert found.estimate.method == "paired t"
    assert found.p == pytest.approx(test.pvalue)
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        tuple(test.confidence_interval())
    )


def test_bits_per_byte_gets_the_linearised_error_of_the_paired_ratio() -> None:
    """statistics.md 3.5: e_d = dNLL_d/ln2 - R*bytes_d, SE = sqrt(D/(D-1) sum e_d^2)/sum bytes."""
    size = rng().integers(100, 900, 25).astype(float)
    before, after = (rng(seed).normal(2.4, 0.3, 25) * size for seed in (1, 2))
    found = difference(*(scores(BITS, np.column_stack([b, size])) for b in (before, after)))
    change = (after - before).sum() / size.sum()
    off = after - before - change * size
    error = np.sqrt(25 / 24 * np.square(off).sum()) / size.sum()
    half = scipy_stats.t.ppf(0.975, 24) * error
    assert found.estimate.method == "paired linearised ratio"
    assert found.estimate.value == pytest.approx(change)
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        (change - half, change + half)
    )


def test_pairing_beats_two_separate_intervals() -> None:
    hard = rng().random(50)
    before, after = hard * 0.8, hard * 0.8 + 0.02 + rng(4).normal(0, 0.01, 50)
    found = difference(scores(ROUGE, mean_rows(before)), scores(ROUGE, mean_rows(after)))
    assert found.estimate.low > 0


@pytest.mark.parametrize("info", [ROUGE, BITS, PERPLEXITY])
def test_ties_all_the_way_have_no_interval_of_width_zero(info) -> None:
    rows = rng().normal([3, 1], [0.5, 0.01], (10, 2))
    found = difference(scores(info, rows), scores(info, rows.copy()))
    assert (found.estimate.value, found.estimate.low, found.p) == (0, None, 1.0)
    assert "no variance" in found.estimate.method


def test_a_constant_shift_has_no_interval_and_no_test() -> None:
    before = np.array([0.1, 0.25, 0.3])
    found = difference(scores(ROUGE, mean_rows(before)), scores(ROUGE, mean_rows(before + 0.1)))
    assert found.estimate.value == pytest.approx(0.1)
    assert (found.estimate.low, found.p) == (None, None)


def test_one_document_has_no_interval_and_no_test() -> None:
    found = difference(scores(ROUGE, [[0.2, 1]]), scores(ROUGE, [[0.2, 1]]))
    assert (found.estimate.low, found.p) == (None, None)
    assert "one document" in found.estimate.method


def test_no_documents_have_no_difference() -> None:
    empty = scores(ROUGE, np.empty((0, 2)))
    assert paired_difference(empty, empty, [], rng()) is None


def test_different_metrics_have_no_difference() -> None:
    other = replace(ACCURACY, signature="accuracy|v2")
    with pytest.raises(ValueError, match="different metrics"):
        paired_difference(right([1]), scores(other, [[1, 1]]), [None], rng())


def test_flips_that_come_in_clusters_count_less() -> None:
    before, after = flips(40, 10, 100)
    clusters = [f"passage {i // 10}" for i in range(100)]
    loose, clustered = difference(before, after), difference(before, after, clusters)
    assert clustered.estimate.method == "Tango score, clustered"
    assert clustered.estimate.value == loose.estimate.value
    assert clustered.estimate.low < 0 < loose.estimate.low
    assert clustered.p > 0.05 > loose.p


def test_clustered_flips_keep_their_error_rate() -> None:
    """statistics.md 3.7: item-level tests reject .198 of true nulls at share .3, clustered .050."""
    draws, rejected = rng(8), 0
    clusters = [str(i // 10) for i in range(600)]
    for _ in range(300):
        shared = draws.random(60) < 0.3
        outcome = draws.choice([-1, 0, 1], p=[0.1, 0.8, 0.1], size=(60, 10))
        flip = np.where(shared[:, None], outcome[:, :1], outcome).ravel()
        p = difference(right(flip < 0), right(flip > 0), clusters).p
        rejected += p < 0.05
    assert rejected / 300 < 0.085


@given(pairs)
def test_exchanging_right_or_wrong_sides_changes_the_sign(outcomes: list[tuple[int, int]]) -> None:
    before, after = (right(side) for side in zip(*outcomes, strict=True))
    there, back = difference(before, after), difference(after, before)
    assert back.estimate.value == -there.estimate.value
    assert (back.estimate.low, back.estimate.high) == (-there.estimate.high, -there.estimate.low)
    assert back.p == there.p


@given(units, st.sampled_from([ROUGE, BITS]))
def test_exchanging_the_sides_changes_the_sign(values: list[tuple[float, float]], info) -> None:
    sides = np.asarray(values)
    before, after = (scores(info, mean_rows(sides[:, i])) for i in (0, 1))
    there, back = difference(before, after), difference(after, before)
    assert back.estimate.value == pytest.approx(-there.estimate.value)
    assert back.p == pytest.approx(there.p)
    if there.estimate.low is not None:
        assert back.estimate.high == pytest.approx(-there.estimate.low)


def test_exchanging_bootstrapped_sides_changes_the_sign() -> None:
    before, after = (scores(PERPLEXITY, rng(s).normal([100, 40], [9, 3], (30, 2))) for s in (1, 2))
    there, back = difference(before, after), difference(after, before)
    assert there.estimate.method == "paired percentile bootstrap"
    assert (back.estimate.low, back.estimate.high) == pytest.approx(
        (-there.estimate.high, -there.estimate.low)
    )
    assert back.p == there.p


@given(st.permutations(range(12)))
def test_the_order_of_pairs_does_not_matter(order: list[int]) -> None:
    before, after = right([1, 0] * 6), right([1, 1, 0] * 4)
    clusters = [None, "a", "a", "b", "b", "b", None, "c", "c", "c", "c", "d"]
    moved = [Scores(info=side.info, rows=side.rows[order]) for side in (before, after)]
    first = difference(before, after, clusters)
    second = difference(moved[0], moved[1], [clusters[i] for i in order])
    assert second.p == pytest.approx(first.p)
    assert (second.estimate.low, second.estimate.high) == pytest.approx(
        (first.estimate.low, first.estimate.high)
    )


def test_a_document_that_one_side_does_not_count_is_no_pair() -> None:
    before, after = scores(ACCURACY, [[1, 1], [0, 0], [1, 1]]), right([1, 1, 0])
    assert difference(before, after).estimate.n == 2
