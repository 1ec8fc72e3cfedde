"""The percentile bootstrap for any aggregate of summed rows (Efron 1979; paired: Koehn 2004).

A resample of documents is a weighting of their rows, so all resamples are one matrix product. A
metric that isn't a function of sums is computed anew for each of fewer resamples.
The percentiles are widened for few units as Hesterberg 2015 (What Teachers Should Know About the
Bootstrap, "expanded percentile interval") derives: plain ones are too narrow by sqrt((G-1)/G) and
by the step from Student to normal.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.metric import FloatArray, MetricInfo
from harness.metrics.record_aggregates import RECORD_AGGREGATES
from harness.stats.clusters import IntArray, unit_members, unit_sums
from harness.stats.linear import NEGLIGIBLE, critical

RESAMPLES = 10_000
RECORD_RESAMPLES = 2_000
"""Of records, which are drawn and aggregated one resample at a time."""
FEWEST_UNITS = 5
"""Fewer have too few distinct resamples for any percentile."""
NO_VARIANCE = "no variance"
DISTANCES = frozenset({"ece", "ece_adaptive", "total_variation"})
"""Aggregates of absolute gaps: never negative, so noise adds to them, and resampling adds more."""
_UNDEFINED = 0.05  # a larger share of resamples without a value says that the value isn't stable
_ALIKE = 16  # units of each kind on average, from which on drawing kinds is cheaper
_CHUNK = 400_000  # drawn units at once: 3 MB, which caches hold


def resampled_sums(
    units: FloatArray, rng: np.random.Generator, resamples: int = RESAMPLES
) -> FloatArray:
    """Return the row sums (B, k) of B resamples, with replacement, of units (G, k).

    Where units are of few kinds (right or wrong on each side) only how many of each kind there are
    is drawn, which comes to the same and is a thousand times less work for ten thousand units.
    """
    count = len(units)
    kinds, counts = np.unique(units, axis=0, return_counts=True)
    if len(kinds) * _ALIKE <= count:
        drawn = rng.multinomial(count, counts / count, size=resamples)
        return drawn.astype(np.float64) @ kinds
    sums = np.empty((resamples, units.shape[1]))
    step = max(1, _CHUNK // count)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.integers(count, size=(size, count), dtype=np.int64)
        drawn += np.arange(size)[:, None] * count
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        sums[start : start + size] = weights.astype(np.float64) @ units
    return sums


def aggregated(name: str, sums: FloatArray) -> FloatArray:
    """Return the values (B,) of sums (B, k); NaN where a sum has none."""
    return AGGREGATES[name](sums)


def value_of(info: MetricInfo, rows: FloatArray) -> float:
    """Return a metric's value over rows (n, k), n >= 1; NaN where they have none."""
    if info.resample == "records":
        return RECORD_AGGREGATES[info.aggregate](rows)
    return float(aggregated(info.aggregate, rows.sum(axis=0, keepdims=True))[0])


def resampled_values(
    info: MetricInfo,
    sides: Sequence[FloatArray],
    codes: IntArray | None,
    rng: np.random.Generator,
) -> list[FloatArray]:
    """Return the values (B,) of each side's rows (n, k); all sides see the same resamples."""
    if info.resample == "records":
        return _resampled_records(info, sides, codes, rng)
    sums = resampled_sums(unit_sums(np.hstack(sides), codes), rng)
    return [aggregated(info.aggregate, part) for part in np.hsplit(sums, len(sides))]


def _resampled_records(
    info: MetricInfo, sides: Sequence[FloatArray], codes: IntArray | None, rng: np.random.Generator
) -> list[FloatArray]:
    aggregate = RECORD_AGGREGATES[info.aggregate]
    members = unit_members(len(sides[0]), codes)
    values = np.empty((len(sides), RECORD_RESAMPLES))
    for b in range(RECORD_RESAMPLES):
        units = rng.integers(len(members), size=len(members))
        drawn = units if codes is None else np.concatenate([members[unit] for unit in units])
        values[:, b] = [aggregate(rows[drawn]) for rows in sides]
    return list(values)


def percentile_interval(
    values: FloatArray, units: int, confidence: float
) -> tuple[float, float] | str:
    """Return (low, high) from the resampled values (B,), or why there is no interval."""
    if units < FEWEST_UNITS:
        return f"fewer than {FEWEST_UNITS} units"
    defined = values[np.isfinite(values)]
    if len(defined) < (1 - _UNDEFINED) * len(values):
        return "undefined in too many resamples"
    if np.ptp(defined) <= NEGLIGIBLE * np.abs(defined).max():
        return NO_VARIANCE
    widened = critical(confidence, units - 1) * np.sqrt(units / (units - 1))
    tail = float(norm.cdf(-widened))
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def resampled_interval(
    info: MetricInfo, value: float, values: FloatArray, units: int, confidence: float
) -> tuple[str, tuple[float, float] | str]:
    """Return the method's name, and (low, high) or why there is no interval.

    Resamples of a distance lie above its value as that lies above the truth. Their percentiles
    would go the wrong way, so they are reflected at the value (the basic bootstrap, Davison &
    Hinkley 1997, section 5.2). By simulation, 95 % intervals of a true ECE of .03 from 500
    documents held it in 0 % of cases without and in 91 % with this; one of 0 is still missed half
    of the time.
    """
    bounds = percentile_interval(values, units, confidence)
    if info.aggregate not in DISTANCES:
        return "percentile bootstrap", bounds
    if not isinstance(bounds, str):
        bounds = min(value, 2 * value - bounds[1]), max(value, 2 * value - bounds[0])
    return "basic bootstrap", bounds


def shifted_p(differences: FloatArray, observed: float) -> float:
    """Return the p value of no difference from resampled differences (B,).

    They are shifted to mean zero, the null hypothesis, and (c+1)/(B+1) counts the more extreme ones
    (sacrebleu 2.6, ``significance._compute_p_value``).
    """
    defined = differences[np.isfinite(differences)]
    extreme = np.abs(defined - defined.mean()) > abs(observed)
    return float((extreme.sum() + 1) / (len(defined) + 1))
