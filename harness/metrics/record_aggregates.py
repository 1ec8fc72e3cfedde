"""Aggregates that no sum of rows can give: (n, k) rows in, one value out.

They are for metrics that sort or compare samples; such a metric has ``resample`` records, and each
of its resamples is computed anew.
"""

from collections.abc import Callable

import numpy as np

from harness.metrics.metric import FloatArray

RecordAggregate = Callable[[FloatArray], float]

ADAPTIVE_BINS = 15


def ece_adaptive(rows: FloatArray) -> float:
    """Return the calibration error over bins of equal size from rows (confidence, correct).

    Sorted by confidence, the rows are cut into 15 bins whose sizes differ by at most one (n bins
    if there are fewer rows): the adaptive ranges that Nixon et al. 2019 (arXiv 1904.01685) give
    for data whose confidences crowd together. Only the picked choice counts, as in ECE, not every
    class as in their ACE. Rows of equal confidence share their mean accuracy, so that their order
    decides nothing.
    """
    n = len(rows)
    if n == 0:
        return float("nan")
    levels, inverse, counts = np.unique(rows[:, 0], return_inverse=True, return_counts=True)
    hits = np.bincount(inverse, weights=rows[:, 1]) / counts
    gaps = np.repeat(hits - levels, counts)
    bins = min(ADAPTIVE_BINS, n)
    starts = np.arange(bins) * (n // bins) + np.minimum(np.arange(bins), n % bins)
    return float(np.abs(np.add.reduceat(gaps, starts)).sum() / n)


def upper_median(rows: FloatArray) -> float:
    """Return the middle of rows (value,), of an even number the larger: lm-eval's ``median``."""
    if not len(rows):
        return float("nan")
    return float(np.sort(rows[:, 0])[len(rows) // 2])


def matthews(rows: FloatArray) -> float:
    """Return the Matthews correlation of rows (gold class, predicted class), for any classes.

    Gorodkin 2004, equation 8, as scikit-learn's ``matthews_corrcoef``: 0 where a side has only one
    class.
    """
    if not len(rows):
        return float("nan")
    classes = np.unique(rows)
    gold, predicted = (rows[:, [side]] == classes for side in (0, 1))
    right = float((gold & predicted).sum())
    golds, guesses = gold.sum(axis=0, dtype=np.float64), predicted.sum(axis=0, dtype=np.float64)
    n = len(rows)
    spread = (n * n - guesses @ guesses) * (n * n - golds @ golds)
    return float((n * right - golds @ guesses) / np.sqrt(spread)) if spread > 0 else 0.0


RECORD_AGGREGATES: dict[str, RecordAggregate] = {
    "ece_adaptive": ece_adaptive,
    "matthews": matthews,
    "upper_median": upper_median,
}
