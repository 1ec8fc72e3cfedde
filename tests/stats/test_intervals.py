import numpy as np
import pytest
from cells import ACCURACY, BITS, BLEU, PERPLEXITY, ROUGE, mean_rows, right, rng, scores
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.stats.bootstrap import aggregated, percentile_interval, resampled_sums
from harness.stats.intervals import estimate, wilson
from harness.stats.linear import ratio_influence, standard_error

outcomes = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)


def alone(n: int) -> list[str | None]:
    return [None] * n


@given(outcomes)
def test_a_proportion_has_scipys_wilson_interval(values: list[float]) -> None:
    found = estimate(right(values), alone(len(values)), rng())
    test = scipy_stats.binomtest(int(sum(values)), len(values))
    expected = test.proportion_ci(method="wilson")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert (found.method, found.n) == ("Wilson", len(values))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_wrong_or_all_right_is_not_certainty(value: float) -> None:
    found = estimate(right([value] * 20), alone(20), rng())
    assert found is not None
    assert found.value == value
    assert found.high - found.low == pytest.approx(0.1611, abs=1e-4)
    assert value in (found.low, found.high)


def test_one_answer_says_almost_nothing() -> None:
    found = estimate(right([1.0]), alone(1), rng())
    assert found is not None
    assert found.low == pytest.approx(0.2065, abs=1e-4)


def test_a_mean_has_the_students_interval() -> None:
    values = [0.1, 0.4, 0.35, 0.8, 0.65]
    found = estimate(scores(ROUGE, mean_rows(values)), alone(5), rng())
    expected = scipy_stats.ttest_1samp(values, 0).confidence_interval()
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(expected))


def test_a_share_has_no_interval_outside_zero_to_one() -> None:
    found = estimate(scores(ROUGE, mean_rows([0.0, 0.0, 0.0, 0.2])), alone(4), rng())
    assert found is not None
    assert found.low == 0.0


def test_a_constant_score_has_no_interval() -> None:
    found = estimate(scores(ROUGE, mean_rows([0.1] * 7)), alone(7), rng())
    assert found is not None
    assert (found.value, found.low, found.high) == (pytest.approx(0.1), None, None)
    assert found.method == "Student t (no interval: no variance)"


def test_one_document_has_no_interval() -> None:
    for info, row in [(ROUGE, [0.3, 1]), (BITS, [900, 300])]:
        found = estimate(scores(info, [row]), alone(1), rng())
        assert found is not None
        assert found.low is found.high is None
        assert "one document" in found.method


def test_no_documents_have_no_value() -> None:
    assert estimate(scores(ROUGE, np.empty((0, 2))), [], rng()) is None
    assert estimate(scores(BITS, [[0, 0], [0, 0]]), alone(2), rng()) is None


def test_a_mean_leaves_out_documents_that_it_does_not_count() -> None:
    found = estimate(scores(ACCURACY, [[1, 1], [0, 0], [0, 1]]), alone(3), rng())
    assert found is not None
    assert (found.value, found.n, found.method) == (0.5, 2, "Wilson")


def test_bits_per_byte_is_a_ratio_of_sums() -> None:
    # statistics.md 3.5: (1200 nats, 1500 B), (800 nats, 1100 B); the mean of documents is 1.10169
    rows = np.array([[1200 / np.log(2), 1500], [800 / np.log(2), 1100]])
    found = estimate(scores(BITS, rows), alone(2), rng())
    assert found is not None
    assert found.value == pytest.approx(1.10977, abs=6e-6)
    assert found.method == "linearised ratio of sums"


def test_a_perplexity_is_the_exponential_of_its_ratio() -> None:
    rows = rng().normal([100, 40], [10, 3], (30, 2))
    ratio = estimate(scores(BITS, rows), alone(30), rng())
    perplexity = estimate(scores(PERPLEXITY, rows), alone(30), rng())
    assert ratio is not None
    assert perplexity is not None
    assert perplexity.value == pytest.approx(np.exp(ratio.value))
    assert (perplexity.low, perplexity.high) == pytest.approx(np.exp([ratio.low, ratio.high]))


def test_a_perplexity_too_large_for_a_float_has_no_interval() -> None:
    found = estimate(scores(PERPLEXITY, [[700, 1], [690, 1]]), alone(2), rng())
    assert found is not None
    assert found.high is None
    assert "unbounded" in found.method


def test_the_clustered_error_is_millers() -> None:
    values, groups = rng().random(12), np.repeat([0, 1, 2, 3], 3)
    off = values - values.mean()
    cross = sum(off[i] * off[j] for i in range(12) for j in range(12)
                if i != j and groups[i] == groups[j])  # fmt: skip
    expected = np.sqrt(values.var(ddof=1) / 12 + cross / 12**2)
    found = standard_error(ratio_influence(mean_rows(values)), groups)
    assert found == pytest.approx(expected)


def test_clusters_that_answer_alike_widen_the_interval() -> None:
    values = np.repeat([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0], 10)
    clusters = [f"passage {i // 10}" for i in range(80)]
    one_each = estimate(right(values[::10]), alone(8), rng())
    independent = estimate(right(values), alone(80), rng())
    clustered = estimate(right(values), clusters, rng())
    assert one_each is not None
    assert independent is not None
    assert clustered is not None
    assert clustered.method == "Wilson, clustered"
    assert clustered.n == 80
    width = [e.high - e.low for e in (independent, one_each, clustered)]
    assert width[0] < width[1] <= width[2] * 1.05


def test_all_right_in_clusters_counts_clusters() -> None:
    clusters = ["a"] * 10 + ["b"] * 10 + ["c"] * 10
    found = estimate(right([1.0] * 30), clusters, rng())
    assert found is not None
    quantile = float(scipy_stats.t.ppf(0.975, 2))
    assert found.low == pytest.approx(wilson(1.0, 3, quantile)[0])


def test_one_cluster_is_no_sample() -> None:
    found = estimate(right([1.0, 0.0, 1.0]), ["a", "a", "a"], rng())
    assert found is not None
    assert found.low is None
    assert "one cluster" in found.method


def test_clusters_of_one_are_no_clusters() -> None:
    values = [1.0, 0.0, 1.0]
    assert estimate(right(values), ["a", "b", None], rng()) == estimate(
        right(values), alone(3), rng()
    )


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.integers(2, 4))
def test_repeating_documents_inside_their_cluster_adds_no_evidence(
    values: list[float], times: int
) -> None:
    once = estimate(scores(ROUGE, mean_rows(values)), alone(len(values)), rng())
    clusters = [str(i // times) for i in range(len(values) * times)]
    repeated = estimate(scores(ROUGE, mean_rows(np.repeat(values, times))), clusters, rng())
    assert once is not None
    assert repeated is not None
    assert repeated.value == pytest.approx(once.value)
    if once.low is not None and repeated.low is not None:
        shrunk = np.sqrt(1 - 1 / len(values))  # n/(n-1) of the first is 1 for many copies
        assert repeated.high - repeated.low >= (once.high - once.low) * shrunk * (1 - 1e-9)


@given(st.permutations(range(9)))
def test_the_order_of_documents_does_not_matter(order: list[int]) -> None:
    values = np.linspace(0.1, 0.7, 9) ** 2
    clusters = [None, "a", "a", "b", "b", "b", None, "c", "c"]
    first = estimate(scores(ROUGE, mean_rows(values)), clusters, rng())
    moved = estimate(scores(ROUGE, mean_rows(values[order])), [clusters[i] for i in order], rng())
    assert first is not None
    assert moved is not None
    assert (moved.low, moved.high) == pytest.approx((first.low, first.high))


def test_a_bootstrapped_ratio_agrees_with_the_linearised_one() -> None:
    rows = rng().normal([100, 40], [10, 3], (60, 2))
    linear = estimate(scores(BITS, rows), alone(60), rng())
    values = aggregated("ratio", resampled_sums(rows, rng()))
    assert linear is not None
    assert percentile_interval(values, 60, 0.95) == pytest.approx(
        (linear.low, linear.high), abs=0.06 * (linear.high - linear.low)
    )


def test_too_few_documents_have_no_bootstrap_interval() -> None:
    rows = [[5, 5, 4, 3, 2, 1, 5, 4, 3, 2]] * 4
    found = estimate(scores(BLEU, rows), alone(4), rng())
    assert found is not None
    assert found.low is None
    assert "fewer than 5" in found.method


def test_identical_answers_have_no_bootstrap_interval() -> None:
    found = estimate(scores(BLEU, [[5, 5, 5, 4, 3, 2, 5, 4, 3, 2]] * 9), alone(9), rng())
    assert found is not None
    assert (found.value, found.low) == (pytest.approx(100.0), None)
    assert "no variance" in found.method
