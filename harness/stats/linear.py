"""Standard errors of means and of ratios of sums, by document or by cluster.

A ratio R = sum(a) / sum(b) is linearised: e_d = (a_d - R b_d) / sum(b) are the documents'
influences, and SE^2 = D/(D-1) sum e_d^2 (Taylor linearisation of a ratio estimator, Cochran 1977,
chapter 6). A mean is the ratio with b = 1, and this is its usual standard error. Documents in
clusters add sum_c sum_{i!=j in c} e_i e_j, as in Miller 2024 (arXiv 2411.00640).
"""

from functools import lru_cache

import numpy as np
from scipy.stats import t as student

from harness.metrics.metric import FloatArray
from harness.stats.clusters import IntArray, unit_count, unit_sums

NEGLIGIBLE = 1e-12
"""A standard error below this share of the numbers that it comes from is rounding, not variance."""


def ratio_influence(rows: FloatArray) -> FloatArray:
    """Return each document's influence on sum(a) / sum(b); rows (n, 2), sum(b) > 0."""
    a, b = rows[:, 0], rows[:, 1]
    total = b.sum()
    influence: FloatArray = (a - (a.sum() / total) * b) / total
    return influence


def standard_error(influence: FloatArray, codes: IntArray | None) -> float:
    """Return the standard error that influences (n,) amount to, n >= 2."""
    n = len(influence)
    squares = float(np.square(influence).sum())
    variance = squares * n / (n - 1)
    if codes is not None:
        variance += float(np.square(unit_sums(influence[:, None], codes)).sum()) - squares
    return float(np.sqrt(max(variance, 0.0)))


def rounding_floor(*sides: FloatArray) -> float:
    """Return the standard error below which rows (n, 2) vary by rounding only."""
    return NEGLIGIBLE * max(
        float(np.abs(rows[:, 0]).max(initial=0.0) / abs(rows[:, 1].sum())) for rows in sides
    )


def design_effect(influence: FloatArray, codes: IntArray | None) -> float:
    """Return how many documents are worth one independent one, at least 1.

    Without variance (all right, all wrong) clusters can't be seen to differ from their documents:
    each then counts as a single document.
    """
    n = len(influence)
    if codes is None:
        return 1.0
    alone = standard_error(influence, None) if n > 1 else 0.0
    if alone <= NEGLIGIBLE / n:
        return n / unit_count(n, codes)
    return max(1.0, (standard_error(influence, codes) / alone) ** 2)


@lru_cache(maxsize=4096)
def critical(confidence: float, freedom: float) -> float:
    """Return the two-sided Student quantile; ``freedom`` inf gives the normal one."""
    return float(student.ppf(0.5 + confidence / 2, freedom))


def two_sided(statistic: float, freedom: float) -> float:
    """Return the two-sided p value of a Student (or, with inf, normal) statistic."""
    return float(2 * student.sf(abs(statistic), freedom))


def one_sided(statistic: float, freedom: float) -> float:
    """Return the p value of a Student (or normal) statistic against "not below zero"."""
    return float(student.cdf(statistic, freedom))
