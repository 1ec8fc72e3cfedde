"""Aggregates of label counts: (B, 3C) sums of (correct, predicted, gold) in, (B,) values out.

The formulas and the rule for empty denominators are scikit-learn's
``precision_recall_fscore_support(..., labels=all C, zero_division=0)``: a class without a
prediction has precision 0, one without a gold label recall 0, and macro means divide by C.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from harness.metrics.metric import FloatArray

Measure: TypeAlias = Literal["precision", "recall", "f1"]
Average: TypeAlias = Literal["macro", "micro", "weighted"]


def averaged(average: Average, measure: Measure, sums: FloatArray) -> FloatArray:
    """Return a measure averaged over classes; NaN where there are no gold labels at all.

    ``macro``: the plain mean; ``weighted``: by the number of gold labels; ``micro``: of the counts
    summed over classes.
    """
    counts = sums.reshape(len(sums), 3, -1)
    gold = counts[:, 2]
    if average == "micro":
        value = of_counts(measure, counts.sum(axis=2))
    else:
        each = of_counts(measure, counts)
        weights = gold if average == "weighted" else np.ones_like(gold)
        value = _quotient((each * weights).sum(axis=1), weights.sum(axis=1))
    return np.where(gold.any(axis=1), value, np.nan)


def of_counts(measure: Measure, counts: FloatArray) -> FloatArray:
    """Return a measure from counts (B, 3) or (B, 3, C) of correct, predicted, gold."""
    correct, predicted, gold = counts[:, 0], counts[:, 1], counts[:, 2]
    if measure == "precision":
        return _quotient(correct, predicted)
    if measure == "recall":
        return _quotient(correct, gold)
    return _quotient(2 * correct, predicted + gold)


def _quotient(above: FloatArray, below: FloatArray) -> FloatArray:
    quotient: FloatArray = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return quotient


_MEASURES: tuple[Measure, ...] = ("precision", "recall", "f1")
_AVERAGES: tuple[Average, ...] = ("macro", "micro", "weighted")

CONFUSION: dict[str, Callable[[FloatArray], FloatArray]] = {
    **{measure: partial(of_counts, measure) for measure in _MEASURES},
    **{f"{a}_{m}": partial(averaged, a, m) for a in _AVERAGES for m in _MEASURES},
}
"""``precision``, ``recall``, ``f1`` of one class (k = 3); ``macro_f1`` and so on of C (k = 3C)."""
