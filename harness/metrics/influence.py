"""Rows of a metric that is only known as a function of all samples: the jackknife.

Row i is (theta + mean(left) - left_i scaled by n - 1, 1), where left_i is the metric without
sample i. The mean of the rows is the metric, theta; the variance of that mean is the jackknife's
(Tukey 1958; Efron & Tibshirani 1993, chapter 11), so Student's interval, clusters and paired
differences hold as for any mean. Of a metric that is a mean over samples the rows are the
samples' own values.
"""

from collections.abc import Callable, Sequence
from math import isclose
from typing import TypeAlias, TypeVar

Sample = TypeVar("Sample")
Row: TypeAlias = tuple[float, float]

LARGEST = 1000
"""More samples aren't left out one by one, because that takes n computations over n - 1 each."""
_PILOT = 8  # samples that tell whether the metric is a mean over samples


def influence_rows(
    metric: Callable[[Sequence[Sample]], float | None], samples: Sequence[Sample]
) -> list[Row]:
    """Return a row (value, 1) per sample; ``metric`` returns None where it has no value.

    Without a value the rows are (0, 0): nothing was counted. Where leaving one out isn't possible
    (too many samples, or no value without one of them) all rows are the metric itself, which gives
    the value and no interval.
    """
    whole = metric(samples)
    if whole is None:
        return [(0.0, 0.0)] * len(samples)
    values = _each(metric, samples, whole)
    if values is None and 1 < len(samples) <= LARGEST:
        values = _left_out(metric, samples, whole)
    return [(value, 1.0) for value in values or [whole] * len(samples)]


def _each(
    metric: Callable[[Sequence[Sample]], float | None], samples: Sequence[Sample], whole: float
) -> list[float] | None:
    """Return each sample's own value; None if the metric isn't their mean."""
    values: list[float] = []
    for sample in samples:
        value = metric([sample])
        if value is None:
            return None
        values.append(value)
        if len(values) == _PILOT < len(samples) and not _is_mean(values, metric(samples[:_PILOT])):
            return None
    return values if _is_mean(values, whole) else None


def _is_mean(values: Sequence[float], whole: float | None) -> bool:
    mean = sum(values) / len(values)
    return whole is not None and isclose(mean, whole, rel_tol=1e-9, abs_tol=1e-12)


def _left_out(
    metric: Callable[[Sequence[Sample]], float | None], samples: Sequence[Sample], whole: float
) -> list[float] | None:
    left: list[float] = []
    for i in range(len(samples)):
        value = metric([*samples[:i], *samples[i + 1 :]])
        if value is None:
            return None
        left.append(value)
    n = len(left)
    mean = sum(left) / n
    return [whole + (n - 1) * (mean - value) for value in left]
