"""The interval of one cell's metric, chosen from its aggregate and its rows.

right or wrong      Wilson; clustered: Wilson on the effective number of documents
mean, ratio         Student interval of the (linearised) mean, by document or by cluster
exp_ratio           the same for the ratio, then exp of value and bounds
distances           basic bootstrap over documents or clusters, not below 0
anything else       percentile bootstrap over documents or clusters

What can't be known isn't claimed: one unit, or numbers without variance, give a value whose bounds
are None, never an interval of width zero.
"""

from collections.abc import Sequence
from math import exp, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from harness.evidence import Scores
from harness.metrics.metric import FloatArray, MetricInfo
from harness.records import Estimate
from harness.stats.bootstrap import (
    DISTANCES,
    NO_VARIANCE,
    resampled_interval,
    resampled_values,
    value_of,
)
from harness.stats.clusters import IntArray, unit_codes, unit_count
from harness.stats.linear import (
    critical,
    design_effect,
    ratio_influence,
    rounding_floor,
    standard_error,
)

Bounds = tuple[float, float] | str
"""Low and high, or why there is no interval."""


def wilson(share: float, n: float, quantile: float) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion (Wilson 1927); n may be fractional."""
    z2 = quantile * quantile / n
    centre = share + z2 / 2
    half = sqrt(z2 * (share * (1 - share) + z2 / 4))
    low = 0.0 if share == 0 else (centre - half) / (1 + z2)
    high = 1.0 if share == 1 else (centre + half) / (1 + z2)
    return low, high


def estimate(
    scores: Scores,
    clusters: Sequence[str | None],
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Estimate | None:
    """Return the metric over all rows; None if they give no value (nothing was counted)."""
    info = scores.info
    rows, codes = applicable(info, [scores.rows], clusters)
    if not len(rows[0]):
        return None
    value = value_of(info, rows[0])
    if not np.isfinite(value):
        return None
    method, bounds = _bounds(info, rows[0], codes, rng, confidence)
    return built(value, method, bounds, len(rows[0]), confidence)


def applicable(
    info: MetricInfo, sides: Sequence[FloatArray], clusters: Sequence[str | None]
) -> tuple[list[FloatArray], IntArray | None]:
    """Return the rows of the documents that a mean counts on every side, and their units."""
    if any(len(rows) != len(clusters) for rows in sides):
        raise ValueError(f"{info.name}: as many rows as clusters are needed")
    if info.aggregate != "mean":
        return list(sides), unit_codes(clusters)
    counted = np.logical_and.reduce([rows[:, 1] != 0 for rows in sides])
    kept = [c for c, keep in zip(clusters, counted, strict=True) if keep]
    return [rows[counted] for rows in sides], unit_codes(kept)


def is_binary(info: MetricInfo, rows: FloatArray) -> bool:
    """Say whether rows (n, 2) are a proportion's: right or wrong, one each."""
    return (
        info.aggregate == "mean"
        and info.unit == "%"
        and bool(np.isin(rows[:, 0], (0.0, 1.0)).all() and (rows[:, 1] == 1.0).all())
    )


def built(value: float, method: str, bounds: Bounds, n: int, confidence: float) -> Estimate:
    """Return the estimate, with the reason in its method where there is no interval."""
    low, high = (None, None) if isinstance(bounds, str) else bounds
    if isinstance(bounds, str):
        method = f"{method} (no interval: {bounds})"
    return Estimate(value=value, low=low, high=high, n=n, method=method, confidence=confidence)


def share(hits: NDArray[np.bool_], clusters: Sequence[str | None]) -> Estimate:
    """Return the share of documents (n,), n >= 1, for which something holds: Wilson, 95 %."""
    rows = np.column_stack([hits, np.ones(len(hits))]).astype(np.float64)
    codes = unit_codes(clusters)
    method = f"Wilson{'' if codes is None else ', clustered'}"
    value = float(rows[:, 0].mean())
    return built(value, method, _proportion(rows, codes, 0.95), len(rows), 0.95)


def too_few(n: int, codes: IntArray | None) -> str | None:
    """Return why nothing can be said of the variance, None if something can."""
    if unit_count(n, codes) > 1:
        return None
    return "one document" if n == 1 else "one cluster"


def _bounds(
    info: MetricInfo,
    rows: FloatArray,
    codes: IntArray | None,
    rng: np.random.Generator,
    confidence: float,
) -> tuple[str, Bounds]:
    clustered = "" if codes is None else ", clustered"
    if is_binary(info, rows):
        return f"Wilson{clustered}", _proportion(rows, codes, confidence)
    if info.aggregate in ("mean", "ratio", "exp_ratio"):
        name = "Student t" if (rows[:, 1] == 1.0).all() else "linearised ratio of sums"
        bounds = _linear(info, rows, codes, confidence)
        return f"{name}{clustered}", bounds if info.aggregate != "exp_ratio" else _exp(bounds)
    [values] = resampled_values(info, [rows], codes, rng)
    units, value = unit_count(len(rows), codes), value_of(info, rows)
    name, bounds = resampled_interval(info, value, values, units, confidence)
    if info.aggregate in DISTANCES and not isinstance(bounds, str):
        bounds = max(0.0, bounds[0]), bounds[1]
    return f"{name}{clustered}", bounds


def _exp(bounds: Bounds) -> Bounds:
    try:
        return bounds if isinstance(bounds, str) else (exp(bounds[0]), exp(bounds[1]))
    except OverflowError:
        return "unbounded"


def _proportion(rows: FloatArray, codes: IntArray | None, confidence: float) -> Bounds:
    """Wilson on n / design effect (as Korn & Graubard 1998 do for the exact interval)."""
    n, share = len(rows), float(rows[:, 0].mean())
    if codes is None:
        return wilson(share, n, critical(confidence, inf))
    if (reason := too_few(n, codes)) is not None:
        return reason
    effective = n / design_effect(ratio_influence(rows), codes)
    return wilson(share, effective, critical(confidence, unit_count(n, codes) - 1))


def _linear(
    info: MetricInfo, rows: FloatArray, codes: IntArray | None, confidence: float
) -> Bounds:
    if (reason := too_few(len(rows), codes)) is not None:
        return reason
    error = standard_error(ratio_influence(rows), codes)
    if error <= rounding_floor(rows):
        return NO_VARIANCE
    value = float(rows[:, 0].sum() / rows[:, 1].sum())
    half = critical(confidence, unit_count(len(rows), codes) - 1) * error
    if info.unit == "%" and 0 <= value <= 1:  # a share of something can't leave 0..1
        return max(0.0, value - half), min(1.0, value + half)
    return value - half, value + half
