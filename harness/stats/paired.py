"""The difference of two cells over the documents that both answered.

right or wrong      Tango's score interval, McNemar's mid-p; clustered: both on effective counts
mean, ratio         Student interval of the paired (linearised) difference, by document or cluster
anything else       paired bootstrap, percentile or for distances basic: both sides see the same
                    resamples

Ties all the way (identical answers) leave a right-or-wrong metric with its honest Tango interval,
and any other metric without one.
"""

from collections.abc import Sequence
from math import inf, sqrt

import numpy as np

from harness.evidence import Scores
from harness.metrics.metric import FloatArray, MetricInfo
from harness.results import Difference
from harness.stats.binary import mcnemar, tango_interval
from harness.stats.bootstrap import (
    NO_VARIANCE,
    resampled_interval,
    resampled_values,
    shifted_p,
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
    two_sided,
)


def paired_difference(
    reference: Scores,
    candidate: Scores,
    clusters: Sequence[str | None],
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Difference | None:
    """Return candidate minus reference; row i of both is the same document.

    None if either side has no value over these documents. ValueError if the metrics differ.
    """
    info = candidate.info
    if info.signature != reference.info.signature:
        raise ValueError(f"{reference.info.signature} and {info.signature} are different metrics")
    (before, after), codes = applicable(info, [reference.rows, candidate.rows], clusters)
    if not len(before):
        return None
    if not np.isfinite(_value(info, (before, after))):
        return None
    if is_binary(info, before) and is_binary(info, after):
        return _binary(before, after, codes, confidence)
    if info.aggregate in ("mean", "ratio"):
        return _linear(before, after, codes, confidence)
    return _resampled(info, (before, after), codes, rng, confidence)


def _binary(
    before: FloatArray, after: FloatArray, codes: IntArray | None, confidence: float
) -> Difference:
    flips = after[:, 0] - before[:, 0]
    n, gained, lost = len(flips), int((flips > 0).sum()), int((flips < 0).sum())
    value = (gained - lost) / n
    if codes is None:
        bounds: Bounds = tango_interval(gained, lost, n, critical(confidence, inf))
        estimate = built(value, "Tango score", bounds, n, confidence)
        return Difference(estimate=estimate, p=mcnemar(gained, lost).mid_p, test="McNemar mid-p")
    method, test = "Tango score, clustered", "McNemar score, clustered"
    if (reason := too_few(n, codes)) is not None:
        return Difference(estimate=built(value, method, reason, n, confidence), p=None, test=test)
    # a flip of a clustered document is worth 1/effect of a flip (Rao & Scott 1992)
    effect = design_effect((flips - flips.mean()) / n, codes)
    freedom = unit_count(n, codes) - 1
    bounds = tango_interval(
        gained / effect, lost / effect, n / effect, critical(confidence, freedom)
    )
    z = (gained - lost) / sqrt((gained + lost) * effect) if gained + lost else 0.0
    estimate = built(value, method, bounds, n, confidence)
    return Difference(estimate=estimate, p=two_sided(z, freedom), test=test)


def _linear(
    before: FloatArray, after: FloatArray, codes: IntArray | None, confidence: float
) -> Difference:
    n, clustered = len(before), "" if codes is None else ", clustered"
    mean = bool((before[:, 1] == 1.0).all() and (after[:, 1] == 1.0).all())
    method = f"{'paired t' if mean else 'paired linearised ratio'}{clustered}"
    value = float(after[:, 0].sum() / after[:, 1].sum() - before[:, 0].sum() / before[:, 1].sum())
    reason = too_few(n, codes)
    influence = ratio_influence(after) - ratio_influence(before)
    error = standard_error(influence, codes) if reason is None else 0.0
    if error <= rounding_floor(before, after):
        estimate = built(value, method, reason or NO_VARIANCE, n, confidence)
        return Difference(estimate=estimate, p=_untested(reason, value), test=method)
    freedom = unit_count(n, codes) - 1
    half = critical(confidence, freedom) * error
    estimate = built(value, method, (value - half, value + half), n, confidence)
    return Difference(estimate=estimate, p=two_sided(value / error, freedom), test=method)


def _resampled(
    info: MetricInfo,
    sides: tuple[FloatArray, FloatArray],
    codes: IntArray | None,
    rng: np.random.Generator,
    confidence: float,
) -> Difference:
    n, units = len(sides[0]), unit_count(len(sides[0]), codes)
    value = _value(info, sides)
    before, after = resampled_values(info, sides, codes, rng)
    with np.errstate(invalid="ignore"):  # infinite on both sides: undefined, and counted as such
        values = after - before
    name, bounds = resampled_interval(info, value, values, units, confidence)
    method = f"paired {name}{'' if codes is None else ', clustered'}"
    estimate = built(value, method, bounds, n, confidence)
    if not isinstance(bounds, str):
        return Difference(estimate=estimate, p=shifted_p(values, value), test=f"{method}, shifted")
    p = _untested(too_few(n, codes), value) if bounds == NO_VARIANCE else None
    return Difference(estimate=estimate, p=p, test=method)


def _value(info: MetricInfo, sides: tuple[FloatArray, FloatArray]) -> float:
    before, after = (value_of(info, rows) for rows in sides)
    return after - before if np.isfinite([before, after]).all() else float("nan")


def _untested(reason: str | None, value: float) -> float | None:
    """Two sides that tie everywhere don't differ; a constant difference can't be tested."""
    return 1.0 if reason is None and value == 0 else None
