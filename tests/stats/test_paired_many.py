"""Many candidates at once get the numbers that each gets alone."""

from dataclasses import replace

import numpy as np
import pytest
from cells import ACCURACY, BITS, BLEU, ROUGE, scores

from harness.metrics.metric import FloatArray, MetricInfo
from harness.stats.paired import paired_difference
from harness.stats.paired_many import paired_differences

N = 40
CLUSTERED = [f"c{i // 3}" if i < 30 else None for i in range(N)]
ALONE = [None] * N


def right(rng: np.random.Generator, count: int) -> FloatArray:
    rows = np.ones((count, N, 2))
    rows[..., 0] = rng.random((count, N)) < rng.random((count, 1))
    return rows


def values(rng: np.random.Generator, count: int) -> FloatArray:
    rows = np.ones((count, N, 2))
    rows[..., 0] = rng.random((count, N))
    return rows


def ratios(rng: np.random.Generator, count: int) -> FloatArray:
    return np.stack([rng.random((count, N)) * 300, rng.integers(100, 400, (count, N))], axis=2)


CASES = {"right": (ACCURACY, right), "mean": (ROUGE, values), "ratio": (BITS, ratios)}


def check(info: MetricInfo, rows: FloatArray, clusters: list[str | None]) -> None:
    """Hold every candidate, the first one being the reference again, against its own difference."""
    found = paired_differences(info, rows[0], rows, clusters)
    assert found is not None
    for i, candidate in enumerate(rows):
        sides = scores(info, rows[0]), scores(info, candidate)
        alone = paired_difference(*sides, clusters, np.random.default_rng(0))
        assert alone is not None
        e = alone.estimate
        expected = [np.nan if x is None else x for x in (e.value, e.low, e.high, alone.p)]
        got = [found.value[i], found.low[i], found.high[i], found.p[i]]
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-11, nan_ok=True)
        assert found.test[i] == alone.test


@pytest.mark.parametrize("clusters", [ALONE, CLUSTERED], ids=["alone", "clustered"])
@pytest.mark.parametrize("case", CASES)
def test_each_candidate_has_the_numbers_that_it_has_alone(
    case: str, clusters: list[str | None]
) -> None:
    info, make = CASES[case]
    check(info, make(np.random.default_rng(7), 60), clusters)


@pytest.mark.parametrize("clusters", [ALONE, CLUSTERED], ids=["alone", "clustered"])
def test_all_right_all_wrong_and_constant_shifts_keep_their_bounds(
    clusters: list[str | None],
) -> None:
    ends = np.ones((3, N, 2))
    ends[1, :, 0] = 0
    ends[2, :5, 0] = 0
    check(ACCURACY, ends, clusters)
    shifted = np.ones((3, N, 2))
    shifted[:, :, 0] = np.array([[0.25], [0.5], [0.25]])
    check(ROUGE, shifted, clusters)


def test_a_mean_that_happens_to_be_zeros_and_ones_is_tested_as_it_is_alone() -> None:
    rng = np.random.default_rng(3)
    rows = np.concatenate([right(rng, 3), values(rng, 3)])
    check(ROUGE, rows, ALONE)
    check(ROUGE, rows[::-1], ALONE)


def test_counts_of_large_sets_are_as_exact() -> None:
    rng = np.random.default_rng(5)
    rows = np.ones((20, 5000, 2))
    rows[..., 0] = rng.random((20, 5000)) < 0.7
    check(ACCURACY, rows, [None] * 5000)


@pytest.mark.parametrize("why", ["corpus metric", "uncounted", "no value", "one unit"])
def test_what_has_to_be_compared_one_by_one_is_left(why: str) -> None:
    rows = values(np.random.default_rng(1), 3)
    info, clusters = ROUGE, ALONE
    match why:
        case "corpus metric":
            info = replace(BLEU, columns=ROUGE.columns)
        case "uncounted":
            rows[1, 0] = 0
        case "no value":
            info = BITS
            rows[2, :, 1] = 0
        case "one unit":
            clusters = ["same"] * N
    assert paired_differences(info, rows[0], rows[1:], clusters) is None
