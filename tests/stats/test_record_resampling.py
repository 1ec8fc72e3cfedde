"""Metrics that no sum of rows gives, and distances, whose resamples lie above their value."""

from dataclasses import replace

import numpy as np
import pytest
from cells import mean_rows, rng, scores

from harness.metrics import record_aggregates
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.metric import MetricInfo
from harness.metrics.record_aggregates import ece_adaptive
from harness.stats.bootstrap import RECORD_RESAMPLES, resampled_values, value_of
from harness.stats.clusters import unit_members
from harness.stats.intervals import estimate
from harness.stats.paired import paired_difference

ECE = MetricInfo(
    name="ece_adaptive",
    signature="ece_adaptive|test",
    columns=("confidence", "correct"),
    aggregate="ece_adaptive",
    resample="records",
    higher_is_better=False,
    ceiling=0.0,
)
MEDIAN = replace(ECE, name="median", columns=("x", "n"), aggregate="median", unit="points")
GAPS = replace(ECE, aggregate="total_variation", resample="sums", columns=tuple("abcd"))


@pytest.fixture
def median(monkeypatch):
    """Register the median, which any textbook knows, as a metric of records."""
    monkeypatch.setitem(
        record_aggregates.RECORD_AGGREGATES, "median", lambda rows: float(np.median(rows[:, 0]))
    )


def answers(n, overconfident, seed=1):
    """Return rows (confidence, correct) of a model that is ``overconfident`` too sure."""
    random = rng(seed)
    confidence = random.uniform(0.4, 1.0, n)
    return np.column_stack([confidence, random.random(n) < confidence - overconfident])


def test_a_median_is_not_a_function_of_sums_and_has_an_interval(median):
    values = rng().normal(10, 2, 200)
    found = estimate(scores(MEDIAN, mean_rows(values)), [None] * 200, rng())
    assert found.value == pytest.approx(np.median(values))
    # the normal approximation of a median's standard error: 1.2533 sigma / sqrt(n)
    half = 1.96 * 1.2533 * values.std() / np.sqrt(200)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.3)
    assert found.method == "percentile bootstrap"


def test_a_paired_difference_of_medians_uses_the_same_records_on_both_sides(median):
    values = rng().normal(10, 2, 60)
    before, after = (scores(MEDIAN, mean_rows(values + shift)) for shift in (0.0, 1.0))
    found = paired_difference(before, after, [None] * 60, rng())
    # every resample differs by exactly 1, though each median varies
    assert found.estimate.value == pytest.approx(1.0)
    assert found.estimate.method.endswith("(no interval: no variance)")
    noisy = scores(MEDIAN, mean_rows(values + 1.0 + rng(2).normal(0, 0.1, 60)))
    found = paired_difference(before, noisy, [None] * 60, rng())
    assert 0.5 < found.estimate.low < 1.0 < found.estimate.high < 1.5
    assert found.p < 0.01
    assert found.test == "paired percentile bootstrap, shifted"


def test_clusters_are_drawn_whole(median):
    drawn = []
    record_aggregates.RECORD_AGGREGATES["median"] = lambda rows: drawn.append(rows) or 0.0
    rows = mean_rows([1.0, 2.0, 3.0, 4.0, 5.0])
    resampled_values(MEDIAN, [rows], np.array([0, 0, 1, 2, 1]), rng())
    assert len(drawn) == RECORD_RESAMPLES
    for one in drawn[:50]:
        counts = [int((one[:, 0] == value).sum()) for value in (1, 2, 3, 5, 4)]
        assert counts[0] == counts[1]
        assert counts[2] == counts[3]
        assert counts[0] + counts[2] + counts[4] == 3


def test_the_members_of_units_are_their_documents():
    members = unit_members(5, np.array([1, 0, 1, 2, 0]))
    assert [list(m) for m in members] == [[1, 4], [0, 2], [3]]
    assert [list(m) for m in unit_members(2, None)] == [[0], [1]]


def test_a_calibration_error_has_an_interval_around_it():
    rows = answers(400, 0.2)
    found = estimate(scores(ECE, rows), [None] * 400, rng())
    assert found.value == ece_adaptive(rows) == value_of(ECE, rows)
    assert found.low < found.value < found.high
    assert found.method == "basic bootstrap"


def test_the_interval_of_a_calibrated_model_reaches_down_not_up():
    # resamples of a distance near 0 lie above it; their percentiles would leave the value out
    rows = answers(200, 0.0, seed=3)
    found = estimate(scores(ECE, rows), [None] * 200, rng())
    [values] = resampled_values(ECE, [rows], None, rng())
    assert values.mean() > found.value
    assert 0.0 <= found.low <= found.value <= found.high
    assert found.value - found.low > found.high - found.value


def test_a_distance_of_sums_has_the_same_kind_of_interval():
    picked = np.eye(2)[rng().integers(2, size=50)]
    rows = np.hstack([picked, np.full((50, 2), 0.5)])
    found = estimate(scores(GAPS, rows), [None] * 50, rng())
    assert found.value == AGGREGATES["total_variation"](rows.sum(axis=0, keepdims=True))[0]
    assert found.method == "basic bootstrap"
    assert 0.0 <= found.low <= found.value <= found.high


def test_a_stage_that_becomes_overconfident_is_seen():
    confidence = rng().uniform(0.4, 1.0, 600)
    draws = rng(5).random(600)
    before, after = (
        scores(ECE, np.column_stack([confidence, draws < confidence - shift])) for shift in (0, 0.3)
    )
    found = paired_difference(before, after, [None] * 600, rng())
    assert found.estimate.low > 0.1
    assert found.p < 0.01
    assert found.test == "paired basic bootstrap, shifted"


def test_the_same_seed_gives_the_same_interval():
    rows = answers(60, 0.1)
    first, second = (estimate(scores(ECE, rows), [None] * 60, rng(7)) for _ in range(2))
    assert first == second


def test_too_few_records_have_no_interval():
    found = estimate(scores(ECE, answers(4, 0.1)), [None] * 4, rng())
    assert found.low is None
    assert "fewer than 5 units" in found.method
    assert estimate(scores(ECE, np.empty((0, 2))), [], rng()) is None
