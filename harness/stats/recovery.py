"""Means, differences and ratios of independent estimates, from their own intervals.

Each side's distance to its bound is added in squares (variance recovery, Zou & Donner 2008,
Statistics in Medicine 27:1693): with symmetric intervals SE = sqrt(sum SE^2) / m, and an estimate
of ties keeps the honest width that a standard error of zero would take from it.
"""

from collections.abc import Sequence
from math import hypot, inf, sqrt

from harness.records import Estimate
from harness.stats.linear import critical


def mean_interval(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of independent estimates of one confidence; its ``n`` counts them.

    It has no interval if any of them has none.
    """
    m, confidence = len(estimates), estimates[0].confidence
    value = sum(e.value for e in estimates) / m
    below = [None if e.low is None else e.value - e.low for e in estimates]
    above = [None if e.high is None else e.high - e.value for e in estimates]
    method = f"mean of {m}, variance recovery"
    if None in below or None in above:
        lacking = sum(e.low is None or e.high is None for e in estimates)
        method = f"{method} ({lacking} without an interval)"
        return _estimate(value, (None, None), m, method, confidence)
    low, high = (sqrt(sum((gap or 0.0) ** 2 for gap in gaps)) / m for gaps in (below, above))
    return _estimate(value, (value - low, value + high), m, method, confidence)


def difference_interval(after: Estimate, before: Estimate) -> Estimate:
    """Return after - before of independent estimates of one confidence.

    For two proportions with Wilson's intervals it is Newcombe's hybrid score interval (1998,
    Statistics in Medicine 17:873, method 10). ``n`` is the smaller of both; it has no interval if
    either has none.
    """
    value, n = after.value - before.value, min(after.n, before.n)
    method = f"difference, variance recovery ({after.method}; {before.method})"
    if after.method == before.method:
        method = f"difference, variance recovery ({after.method})"
    gaps = [
        [None if bound is None else abs(bound - e.value) for bound in (e.low, e.high)]
        for e in (after, before)
    ]
    (below, above), (below_before, above_before) = gaps
    if below is None or above is None or below_before is None or above_before is None:
        return _estimate(value, (None, None), n, method, after.confidence)
    bounds = value - hypot(below, above_before), value + hypot(above, below_before)
    return _estimate(value, bounds, n, method, after.confidence)


def stated_estimate(value: float, error: float | None, n: int, confidence: float) -> Estimate:
    """Return a value that comes with its standard error, or without any (None)."""
    if error is None:
        method = "as stated (no interval: no standard error)"
        return _estimate(value, (None, None), n, method, confidence)
    half = critical(confidence, inf) * error
    return _estimate(value, (value - half, value + half), n, "as stated, normal", confidence)


def recovered_error(estimate: Estimate) -> float | None:
    """Return the standard error that an interval amounts to; None without one."""
    if estimate.low is None or estimate.high is None:
        return None
    return (estimate.high - estimate.low) / (2 * critical(estimate.confidence, inf))


def ratio_interval(above: Estimate, below: Estimate) -> Estimate | None:
    """Return above / below of independent estimates by Fieller 1954.

    None where an interval is missing or ``below`` may be zero.
    """
    errors = recovered_error(above), recovered_error(below)
    if errors[0] is None or errors[1] is None:
        return None
    z2 = critical(above.confidence, inf) ** 2
    a, b = above.value, below.value
    divisor = b * b - z2 * errors[1] ** 2
    if divisor <= 0:
        return None
    half = sqrt(max((a * b) ** 2 - divisor * (a * a - z2 * errors[0] ** 2), 0.0))
    bounds = (a * b - half) / divisor, (a * b + half) / divisor
    return _estimate(a / b, bounds, min(above.n, below.n), "Fieller", above.confidence)


def _estimate(
    value: float,
    bounds: tuple[float, float] | tuple[None, None],
    n: int,
    method: str,
    confidence: float,
) -> Estimate:
    low, high = bounds
    return Estimate(value=value, low=low, high=high, n=n, method=method, confidence=confidence)
