"""Non-inferiority: is the candidate at most a margin worse than the reference?

PASS rejects "worse by the margin or more" at one-sided alpha, REGRESSED rejects "worse by the
margin or less"; anything else is INCONCLUSIVE, never a PASS. Right-or-wrong outcomes take Tango's
score test (a Wald test passes 8.9 % instead of 5 % at the margin where flips are rare), means and
ratios Student's t of the paired difference, everything else the paired bootstrap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.stats import t as student

from harness.evidence import Scores
from harness.metrics.metric import FloatArray
from harness.records import Estimate
from harness.stats.binary import tango_interval, tango_z
from harness.stats.bootstrap import (
    NO_VARIANCE,
    percentile_interval,
    resampled_values,
    value_of,
)
from harness.stats.clusters import IntArray, unit_count
from harness.stats.intervals import Bounds, applicable, built, is_binary, too_few
from harness.stats.linear import (
    critical,
    design_effect,
    ratio_influence,
    rounding_floor,
    standard_error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTest:
    """The paired difference against a margin, oriented: positive is better."""

    estimate: Estimate
    """With the two-sided 1 - 2 alpha interval, whose bounds are the one-sided ones."""
    p_pass: float | None
    """Of "worse by the margin or more"; None where the data allow no test."""
    p_regressed: float | None
    """Of "worse by the margin or less"."""
    spread: float | None
    """Standard deviation of one unit's difference."""
    units: int
    """Independent documents or clusters."""


def margin_test(
    sides: tuple[Scores, Scores],
    clusters: Sequence[str | None],
    margin: float,
    rng: np.random.Generator,
    alpha: float = 0.05,
) -> MarginTest | None:
    """Test (reference, candidate), row i of both the same document; ``margin`` > 0.

    None if either side has no value over these documents. ValueError if the metrics differ.
    """
    info = sides[1].info
    if info.signature != sides[0].info.signature:
        raise ValueError(f"{sides[0].info.signature} and {info.signature} are different metrics")
    (before, after), codes = applicable(info, [side.rows for side in sides], clusters)
    if not len(before) or not np.isfinite([value_of(info, before), value_of(info, after)]).all():
        return None
    sign = 1.0 if info.higher_is_better else -1.0
    if is_binary(info, before) and is_binary(info, after):
        return _binary(sign * (after[:, 0] - before[:, 0]), codes, margin, alpha)
    if info.aggregate in ("mean", "ratio"):
        return _linear(before, after, codes, (sign, margin, alpha))
    values = [value_of(info, rows) for rows in (before, after)]
    drawn = resampled_values(info, (before, after), codes, rng)
    with np.errstate(invalid="ignore"):
        differences = sign * (drawn[1] - drawn[0])
    return _resampled(
        sign * (values[1] - values[0]), differences, (len(before), codes), margin, alpha
    )


def _binary(flips: FloatArray, codes: IntArray | None, margin: float, alpha: float) -> MarginTest:
    """Tango's test; clustered documents count as n / design effect (Rao & Scott 1992)."""
    n, units = len(flips), unit_count(len(flips), codes)
    gained, lost = float((flips > 0).sum()), float((flips < 0).sum())
    value = (gained - lost) / n
    method = f"Tango score{'' if codes is None else ', clustered'}"
    if codes is not None and (reason := too_few(n, codes)) is not None:
        return _untested(value, method, reason, (n, units), alpha)
    effect = design_effect((flips - flips.mean()) / n, codes)
    freedom = inf if codes is None else units - 1
    counts = gained / effect, lost / effect, n / effect
    z = tango_z(*counts, -margin)
    bounds = tango_interval(*counts, critical(1 - 2 * alpha, freedom))
    return MarginTest(
        estimate=built(value, method, bounds, n, 1 - 2 * alpha),
        p_pass=float(student.sf(z, freedom)),
        p_regressed=float(student.cdf(z, freedom)),
        spread=sqrt((gained + lost) / n * effect * units / n),
        units=units,
    )


def _linear(
    before: FloatArray,
    after: FloatArray,
    codes: IntArray | None,
    against: tuple[float, float, float],
) -> MarginTest:
    sign, margin, alpha = against
    n, units = len(before), unit_count(len(before), codes)
    mean = bool((before[:, 1] == 1.0).all() and (after[:, 1] == 1.0).all())
    method = "paired t" if mean else "paired linearised ratio"
    method += "" if codes is None else ", clustered"
    values = [float(rows[:, 0].sum() / rows[:, 1].sum()) for rows in (before, after)]
    value, reason = sign * (values[1] - values[0]), too_few(n, codes)
    influence = ratio_influence(after) - ratio_influence(before)
    error = standard_error(influence, codes) if reason is None else 0.0
    if error <= rounding_floor(before, after):
        return _untested(value, method, reason or NO_VARIANCE, (n, units), alpha)
    freedom = units - 1
    half = critical(1 - 2 * alpha, freedom) * error
    z = (value + margin) / error
    return MarginTest(
        estimate=built(value, method, (value - half, value + half), n, 1 - 2 * alpha),
        p_pass=float(student.sf(z, freedom)),
        p_regressed=float(student.cdf(z, freedom)),
        spread=error * sqrt(units),
        units=units,
    )


def _resampled(
    value: float,
    drawn: FloatArray,
    counted: tuple[int, IntArray | None],
    margin: float,
    alpha: float,
) -> MarginTest:
    n, codes = counted
    units = unit_count(n, codes)
    bounds = percentile_interval(drawn, units, 1 - 2 * alpha)
    method = f"paired percentile bootstrap{'' if codes is None else ', clustered'}"
    if isinstance(bounds, str):
        return _untested(value, method, bounds, (n, units), alpha)
    known = drawn[np.isfinite(drawn)]
    # the percentile interval is widened for few units; so are the shares beyond the margin
    widened = critical(1 - 2 * alpha, units - 1) / critical(1 - 2 * alpha, inf)
    moved = value + (known - value) * widened * sqrt(units / (units - 1))
    return MarginTest(
        estimate=built(value, method, bounds, n, 1 - 2 * alpha),
        p_pass=float((1 + (moved <= -margin).sum()) / (1 + len(known))),
        p_regressed=float((1 + (moved >= -margin).sum()) / (1 + len(known))),
        spread=float(known.std(ddof=1)) * sqrt(units),
        units=units,
    )


def _untested(
    value: float, method: str, reason: str, counted: tuple[int, int], alpha: float
) -> MarginTest:
    n, units = counted
    bounds: Bounds = reason
    return MarginTest(
        estimate=built(value, method, bounds, n, 1 - 2 * alpha),
        p_pass=None,
        p_regressed=None,
        spread=None,
        units=units,
    )
