"""One reference against many candidates at once, where the difference is one of means or ratios.

The numbers are those of :mod:`harness.stats.paired`, to rounding: the same formulas over a further
axis. Everything else needs its own resamples for each candidate, and isn't done here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom
from scipy.stats import t as student

from harness.metrics.metric import FloatArray, MetricInfo
from harness.stats.clusters import IntArray, unit_codes, unit_count
from harness.stats.linear import NEGLIGIBLE, critical

__all__ = ["Differences", "paired_differences"]

BoolArray = NDArray[np.bool_]

_HALVINGS = 60  # of an interval of length 2: to the last digit


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """Candidate minus reference of M candidates, (M,) each; NaN where there is none."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    test: NDArray[np.object_]

    @classmethod
    def empty(cls, count: int) -> "Differences":
        """Return room for so many."""
        value, low, high, p = np.full((4, count), np.nan)
        return cls(value, low, high, p, np.full(count, "", dtype=object))

    def part(self, start: int, end: int) -> "Differences":
        """Return those of some candidates."""
        return Differences(*(getattr(self, name)[start:end] for name in self.__slots__))

    def put(self, where: BoolArray, some: "Differences") -> None:
        """Put some where they belong."""
        for name in self.__slots__:
            getattr(self, name)[where] = getattr(some, name)


def paired_differences(
    info: MetricInfo,
    reference: FloatArray,
    candidates: FloatArray,
    clusters: Sequence[str | None],
    confidence: float = 0.95,
) -> Differences | None:
    """Return the differences of candidates (M, n, k) from a reference (n, k) over n documents.

    None where this metric, or these rows, have to be compared one by one.
    """
    codes, sides = unit_codes(clusters), np.concatenate([reference[None], candidates])
    if info.aggregate not in ("mean", "ratio") or unit_count(len(clusters), codes) < 2:
        return None
    if info.aggregate == "mean" and (sides[..., 1] == 0).any():
        return None  # each candidate has documents of its own that count
    if (sides[..., 1].sum(axis=1) == 0).any():
        return None  # no value
    proportions = _are_binary(info, sides)
    binary = proportions[1:] & proportions[0]
    found = Differences.empty(len(candidates))
    if binary.any():
        flips = candidates[binary][..., 0] - reference[:, 0]
        found.put(binary, _binary(flips, codes, confidence))
    if not binary.all():
        found.put(~binary, _linear(sides[np.append(True, ~binary)], codes, confidence))
    return found


def _are_binary(info: MetricInfo, sides: FloatArray) -> BoolArray:
    """As :func:`harness.stats.intervals.is_binary`, for each side."""
    if info.aggregate != "mean" or info.unit != "%":
        return np.zeros(len(sides), dtype=bool)
    right = np.isin(sides[..., 0], (0.0, 1.0)) & (sides[..., 1] == 1.0)
    return np.asarray(right.all(axis=1))


def _binary(flips: FloatArray, codes: IntArray | None, confidence: float) -> Differences:
    n = flips.shape[1]
    gained, lost = (flips > 0).sum(axis=1), (flips < 0).sum(axis=1)
    value = (gained - lost) / n
    if codes is None:
        low, high = _tango(gained, lost, np.full(len(flips), n), critical(confidence, inf))
        return Differences(value, low, high, _mid_p(gained, lost), _said(flips, "McNemar mid-p"))
    effect = _design_effect((flips - flips.mean(axis=1, keepdims=True)) / n, codes)
    freedom = unit_count(n, codes) - 1
    counts = gained / effect, lost / effect, n / effect
    low, high = _tango(*counts, critical(confidence, freedom))
    with np.errstate(invalid="ignore"):
        z = np.where(gained + lost, (gained - lost) / np.sqrt((gained + lost) * effect), 0.0)
    p = 2 * student.sf(np.abs(z), freedom)
    return Differences(value, low, high, p, _said(flips, "McNemar score, clustered"))


def _linear(sides: FloatArray, codes: IntArray | None, confidence: float) -> Differences:
    """``sides`` (1 + M, n, 2): the reference first."""
    a, b = sides[..., 0], sides[..., 1]
    totals = b.sum(axis=1, keepdims=True)
    ratios = a.sum(axis=1, keepdims=True) / totals
    influence = (a - ratios * b) / totals
    value = (ratios[1:] - ratios[0])[:, 0]
    error = np.sqrt(_variance(influence[1:] - influence[0], codes))
    rounding = np.abs(a).max(axis=1) / np.abs(totals[:, 0])
    varies = error > NEGLIGIBLE * np.maximum(rounding[1:], rounding[0])
    freedom = unit_count(a.shape[1], codes) - 1
    half = np.where(varies, critical(confidence, freedom) * error, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        tested = 2 * student.sf(np.abs(value / error), freedom)
    p = np.where(varies, tested, np.where(value == 0, 1.0, np.nan))
    clustered, ones = "" if codes is None else ", clustered", (b == 1.0).all(axis=1)
    names = np.array([f"paired linearised ratio{clustered}", f"paired t{clustered}"], dtype=object)
    return Differences(
        value, value - half, value + half, p, names[(ones[1:] & ones[0]).astype(int)]
    )


def _variance(influence: FloatArray, codes: IntArray | None) -> FloatArray:
    """As :func:`harness.stats.linear.standard_error`, squared; influences (M, n)."""
    n = influence.shape[1]
    squares = np.square(influence).sum(axis=1)
    variance = squares * n / (n - 1)
    if codes is not None:
        unit = np.zeros((n, unit_count(n, codes)))
        unit[np.arange(n), codes] = 1.0
        variance += np.square(influence @ unit).sum(axis=1) - squares
    return np.asarray(np.maximum(variance, 0.0))


def _design_effect(influence: FloatArray, codes: IntArray) -> FloatArray:
    """As :func:`harness.stats.linear.design_effect`; influences (M, n)."""
    n = influence.shape[1]
    alone = np.sqrt(_variance(influence, None))
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = (np.sqrt(_variance(influence, codes)) / alone) ** 2
    none = alone <= NEGLIGIBLE / n
    return np.where(none, n / unit_count(n, codes), np.fmax(1.0, effect))


def _tango(
    gained: FloatArray, lost: FloatArray, n: FloatArray, quantile: float
) -> tuple[FloatArray, FloatArray]:
    """As :func:`harness.stats.binary.tango_interval`, of each outcome once."""
    outcomes = np.column_stack([gained, lost, n]).astype(np.float64)
    distinct, places = np.unique(outcomes, axis=0, return_inverse=True)
    g, x, m = distinct.T
    low, high = _lower(g, x, m, quantile), -_lower(x, g, m, quantile)
    return low[places], high[places]


def _lower(gained: FloatArray, lost: FloatArray, n: FloatArray, quantile: float) -> FloatArray:
    def is_rejected(difference: FloatArray) -> BoolArray:
        excess = gained - lost - n * difference
        return excess - quantile * _spread(gained, lost, n, difference) > 0

    low, high = np.full(len(n), -1.0), (gained - lost) / n - 1e-9
    inside = is_rejected(low)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = is_rejected(middle)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(inside, low, -1.0)


def _spread(
    gained: FloatArray, lost: FloatArray, n: FloatArray, difference: FloatArray
) -> FloatArray:
    b = -gained - lost + (2 * n - gained + lost) * difference
    c = -lost * difference * (1 - difference)
    p_lost = (np.sqrt(np.maximum(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
    return np.sqrt(np.maximum(n * (2 * p_lost + difference * (1 - difference)), 0.0))


def _mid_p(gained: IntArray, lost: IntArray) -> FloatArray:
    """As :func:`harness.stats.binary.mcnemar`."""
    flips, fewer = gained + lost, np.minimum(gained, lost)
    exact = np.minimum(1.0, 2 * binom.cdf(fewer, flips, 0.5))
    return np.where(flips == 0, 1.0, exact - binom.pmf(fewer, flips, 0.5))


def _said(flips: FloatArray, test: str) -> NDArray[np.object_]:
    return np.full(len(flips), test, dtype=object)
