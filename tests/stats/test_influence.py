"""Linearised numbers: the errors of plain cases, correlation through shared units, ratios."""

from math import sqrt

import numpy as np
import pytest
from cells import BLEU, ROUGE, mean_rows
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.metric import MetricInfo
from harness.stats.bootstrap import resampled_values
from harness.stats.influence import contrast, fieller, mean_of, unit_ids

RNG = np.random.default_rng(2)
BITS = MetricInfo(name="b", signature="b", columns=("nll", "bytes"), aggregate="ratio")


def units(n: int, task: str = "t") -> np.ndarray:
    return unit_ids(task, [f"d{i}" for i in range(n)], [None] * n)


def test_a_mean_has_its_usual_standard_error() -> None:
    values = RNG.normal(size=50)
    found = contrast(ROUGE, mean_rows(values), units(50))
    assert found is not None
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(values.std(ddof=1) / sqrt(50), rel=1e-6)


def test_bits_per_byte_have_the_linearised_error_of_a_ratio() -> None:
    nll, size = RNG.gamma(5, size=40), RNG.gamma(9, size=40)
    found = contrast(BITS, np.column_stack([nll, size]), units(40))
    assert found is not None
    residual = nll - nll.sum() / size.sum() * size
    expected = sqrt(40 / 39 * np.square(residual).sum()) / size.sum()
    assert found.standard_error == pytest.approx(expected, rel=1e-6)


def test_clusters_are_units() -> None:
    values = np.repeat(RNG.normal(size=12), 5)
    ids = unit_ids("t", [f"d{i}" for i in range(60)], [f"c{i // 5}" for i in range(60)])
    found = contrast(ROUGE, mean_rows(values), ids)
    assert found is not None
    assert found.standard_error == pytest.approx(values[::5].std(ddof=1) / sqrt(12), rel=1e-6)


def test_corpus_bleu_varies_as_its_bootstrap_says() -> None:
    n = 300
    answer, reference = RNG.integers(12, 30, n), RNG.integers(20, 40, n)
    matches = [RNG.binomial(answer - o, 0.6 / (o + 1)) for o in range(4)]
    rows = np.column_stack([answer, reference, *matches, *[answer - o for o in range(4)]])
    found = contrast(BLEU, rows.astype(float), units(n))
    (resampled,) = resampled_values(BLEU, [rows.astype(float)], None, np.random.default_rng(0))
    assert found is not None
    assert found.standard_error == pytest.approx(resampled.std(), rel=0.05)


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_a_difference_over_the_same_documents_has_the_paired_error(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = rng.normal(size=n)
    after = before + rng.normal(0.1, 0.2, size=n)
    a, b = (contrast(ROUGE, mean_rows(v), units(n)) for v in (before, after))
    assert a is not None
    assert b is not None
    d = b - a
    assert d.value == pytest.approx((after - before).mean())
    assert d.standard_error == pytest.approx((after - before).std(ddof=1) / sqrt(n), abs=1e-6)


def test_tasks_with_documents_of_their_own_are_independent() -> None:
    a = contrast(ROUGE, mean_rows(RNG.normal(size=30)), units(30, "a"))
    b = contrast(ROUGE, mean_rows(RNG.normal(size=60)), units(60, "b"))
    assert a is not None
    assert b is not None
    both = mean_of([a, b])
    assert both.standard_error == pytest.approx(sqrt(a.standard_error**2 + b.standard_error**2) / 2)
    assert a.covariance(b) == 0.0


def test_fiellers_interval_holds_the_ratio_and_refuses_a_denominator_near_zero() -> None:
    missed = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        below = rng.normal(0.5, 1.0, size=80)
        above = 0.6 * below + rng.normal(0.1, 0.5, size=80)
        a, b = (contrast(ROUGE, mean_rows(v), units(80)) for v in (above, below))
        assert a is not None
        assert b is not None
        bounds = fieller(a, b)
        missed += bounds is not None and not bounds[0] <= 0.4 / 0.5 <= bounds[1]
    assert missed <= 0.05 * 400 + 2 * sqrt(0.05 * 0.95 * 400)
    noise = contrast(ROUGE, mean_rows(np.tile([1.0, -1.0], 20)), units(40))
    assert noise is not None
    assert fieller(noise, noise) is None


def test_one_unit_tells_nothing_of_an_error() -> None:
    assert contrast(ROUGE, mean_rows([1.0, 0.0]), unit_ids("t", ["a", "b"], ["c", "c"])) is None


def test_bleu_without_a_single_4_gram_has_an_error_all_the_same() -> None:
    # the lengths of answer and reference, matching 1- to 4-grams, all of them
    row = np.array([6, 6, 3, 1, 0, 0, 6, 5, 4, 3], dtype=np.float64)
    more = np.array([6, 6, 5, 2, 0, 0, 6, 5, 4, 3], dtype=np.float64)
    found = contrast(BLEU, np.stack([row, more, row, more, more]), units(5))
    assert found is not None
    assert 0 < found.standard_error < found.value
