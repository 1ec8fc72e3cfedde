"""Numbers that remember which units moved them, so that sums and ratios of them get errors.

A value A(sum of rows) is linearised: document i moves it by e_i = grad A . row_i (the delta method;
for a ratio Cochran 1977, chapter 6). Numbers made from the same documents are correlated, numbers
of different tasks are not; adding moves unit by unit takes care of both, whatever the combination.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import sqrt

import numpy as np

from harness.metrics.metric import FloatArray, MetricInfo
from harness.metrics.record_aggregates import RECORD_AGGREGATES
from harness.stats.bootstrap import aggregated
from harness.stats.clusters import IntArray
from harness.stats.linear import critical

_STEP = 1e-5  # of a sum, for its numerical derivative


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """A value and how much each independent unit moved it."""

    value: float
    units: IntArray
    """Sorted, each once: :func:`unit_ids`."""
    moves: FloatArray
    freedom: float
    """Of the standard error: the fewest units of any part, less one."""

    @property
    def standard_error(self) -> float:
        """The standard error of ``value``; 0 also where nothing varied, so look at the parts."""
        return sqrt(float(np.square(self.moves).sum()))

    def __add__(self, other: "Contrast") -> "Contrast":
        units, places = np.unique(np.concatenate([self.units, other.units]), return_inverse=True)
        moves = _added(places, np.concatenate([self.moves, other.moves]), len(units))
        freedom = min(self.freedom, other.freedom)
        return Contrast(self.value + other.value, units, moves, freedom)

    def __sub__(self, other: "Contrast") -> "Contrast":
        return self + other * -1.0

    def __mul__(self, factor: float) -> "Contrast":
        return Contrast(self.value * factor, self.units, self.moves * factor, self.freedom)

    def times(self, other: "Contrast") -> "Contrast":
        """Return the product, linearised at both values."""
        product = self * other.value + other * self.value
        return product.shifted(-self.value * other.value)

    def shifted(self, by: float) -> "Contrast":
        """Return the value plus a constant."""
        return Contrast(self.value + by, self.units, self.moves, self.freedom)

    def covariance(self, other: "Contrast") -> float:
        """Return the covariance of two values over the units that they share."""
        _, ours, theirs = np.intersect1d(self.units, other.units, True, return_indices=True)
        return float(self.moves[ours] @ other.moves[theirs])

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return Student's interval; ``confidence`` is two-sided."""
        half = critical(confidence, self.freedom) * self.standard_error
        return self.value - half, self.value + half


def contrast(info: MetricInfo, rows: FloatArray, units: IntArray) -> Contrast | None:
    """Return a metric over rows (n, k) of documents that belong to ``units`` (n,).

    None if it has no value, or fewer than two units: then nothing is known of its error.
    """
    distinct, places = np.unique(units, return_inverse=True)
    count = len(distinct)
    if count < 2:
        return None
    value, influence = _linearised(info, rows)
    if not np.isfinite(value) or not np.isfinite(influence).all():
        return None
    moves = _added(places, influence, count) * sqrt(count / (count - 1))
    return Contrast(value, distinct, moves, count - 1)


def mean_of(parts: Sequence[Contrast]) -> Contrast:
    """Return the mean of at least one number, all weighing the same."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total * (1 / len(parts))


def fieller(
    above: Contrast, below: Contrast, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Return the interval of above / below (Fieller 1954); None where ``below`` may be zero."""
    freedom = min(above.freedom, below.freedom)
    t2 = critical(confidence, freedom) ** 2
    a, b = above.value, below.value
    va, vb, cov = above.standard_error**2, below.standard_error**2, above.covariance(below)
    divisor = b * b - t2 * vb
    if divisor <= 0:
        return None
    centre = a * b - t2 * cov
    half = sqrt(max(centre * centre - divisor * (a * a - t2 * va), 0.0))
    return (centre - half) / divisor, (centre + half) / divisor


def unit_ids(task: str, documents: Sequence[str], clusters: Sequence[str | None]) -> IntArray:
    """Return a number per document, (n,), equal exactly for documents of one unit of evidence.

    A unit is a cluster of the task, else a document: the same one in every variant of the task.
    """
    names = (
        f"{task}\0document\0{document}" if cluster is None else f"{task}\0cluster\0{cluster}"
        for document, cluster in zip(documents, clusters, strict=True)
    )
    hashed = [blake2b(name.encode(), digest_size=8).digest() for name in names]
    return np.frombuffer(b"".join(hashed), dtype=np.int64)


def _added(places: IntArray, moves: FloatArray, count: int) -> FloatArray:
    return np.bincount(places, moves, count).astype(np.float64)


def _linearised(info: MetricInfo, rows: FloatArray) -> tuple[float, FloatArray]:
    if info.resample == "records":
        return _jackknifed(info, rows)
    sums = rows.sum(axis=0)
    steps = _STEP * np.maximum(np.abs(sums), 1.0)
    moved = np.concatenate([sums + np.diag(steps), sums - np.diag(steps), sums[None]])
    values = aggregated(info.aggregate, moved)
    k = len(sums)
    with np.errstate(invalid="ignore"):  # no value at all: the caller looks
        gradient = (values[:k] - values[k : 2 * k]) / (2 * steps)
        influence: FloatArray = rows @ gradient
        if not np.isfinite(influence).all():  # BLEU without a single 4-gram jumps at the next one
            return _left_out(info, rows, float(values[-1]))
        return float(values[-1]), influence - influence.mean()


def _left_out(info: MetricInfo, rows: FloatArray, value: float) -> tuple[float, FloatArray]:
    """Leave each document out once, where the metric isn't smooth."""
    n = len(rows)
    influence = (n - 1) / n * (value - aggregated(info.aggregate, rows.sum(axis=0) - rows))
    return value, influence - influence.mean()


def _jackknifed(info: MetricInfo, rows: FloatArray) -> tuple[float, FloatArray]:
    """Leave each document out once (Efron & Tibshirani 1993, chapter 11)."""
    aggregate, n = RECORD_AGGREGATES[info.aggregate], len(rows)
    value = aggregate(rows)
    left_out = np.array([aggregate(np.delete(rows, i, axis=0)) for i in range(n)])
    influence = (n - 1) / n * (value - left_out)
    return value, influence - influence.mean()


__all__ = ["Contrast", "contrast", "fieller", "mean_of", "unit_ids"]
