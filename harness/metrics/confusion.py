"""Aggregates of label counts: (B, 3C) sums of (correct, predicted, gold) in, (B,) values out.

:func:`mcc` reads the whole confusion matrix, (B, C * (C + 1)) sums, and :func:`confusion_matrix`
makes it of the stored rows. The formulas and the rule for empty denominators are scikit-learn's
``precision_recall_fscore_support(..., labels=all C, zero_division=0)``: a class without a
prediction has precision 0, one without a gold label recall 0, and macro means divide by C.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import isqrt
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


def mcc(sums: FloatArray) -> FloatArray:
    """Return Matthews' correlation of several classes (-1 to 1), R_K; NaN without any samples.

    Gorodkin 2004, eq. 8, as scikit-learn's ``matthews_corrcoef``: no label given is a prediction of
    one more class, and where all gold labels or all predictions are the same it is 0. Columns are
    those of :func:`confusion_matrix`, k = C * (C + 1).
    """
    classes = _classes(sums.shape[1])
    matrix = sums.reshape(-1, classes, classes + 1)
    gold, predicted = matrix.sum(axis=2), matrix.sum(axis=1)
    n, correct = gold.sum(axis=1), np.trace(matrix, axis1=1, axis2=2)
    both = n * correct - (gold * predicted[:, :classes]).sum(axis=1)
    spread = (n**2 - (gold**2).sum(axis=1)) * (n**2 - (predicted**2).sum(axis=1))
    return np.where(n > 0, _quotient(both, np.sqrt(spread)), np.nan)


def confusion_matrix(sums: FloatArray, labels: Sequence[str]) -> FloatArray:
    """Return the counts (C, C + 1): row i gold label i, column j prediction j, last: no label.

    ``sums`` are the summed rows, shape (C * (C + 1),), of the metric ``mcc`` over the same labels,
    e.g. ``read_layer(path).rows.sum(axis=0)``; its columns are named ``gold>predicted``, those
    without a label ``gold>``. Leading axes, of several sums, are kept. ValueError if the number of
    columns isn't that of the labels.
    """
    size = len(labels)
    if sums.shape[-1] != size * (size + 1):
        raise ValueError(f"{sums.shape[-1]} columns aren't {size * (size + 1)}: {size} labels")
    return sums.reshape(*sums.shape[:-1], size, size + 1)


def _classes(columns: int) -> int:
    classes = (isqrt(4 * columns + 1) - 1) // 2
    if classes * (classes + 1) != columns:
        raise ValueError(f"{columns} columns aren't C * (C + 1) of any number of classes C")
    return classes


def _quotient(above: FloatArray, below: FloatArray) -> FloatArray:
    quotient: FloatArray = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return quotient


_MEASURES: tuple[Measure, ...] = ("precision", "recall", "f1")
_AVERAGES: tuple[Average, ...] = ("macro", "micro", "weighted")

CONFUSION: dict[str, Callable[[FloatArray], FloatArray]] = {
    **{measure: partial(of_counts, measure) for measure in _MEASURES},
    **{f"{a}_{m}": partial(averaged, a, m) for a in _AVERAGES for m in _MEASURES},
    "mcc": mcc,
}
"""``precision``, ``recall``, ``f1`` of one class (k = 3); ``macro_f1`` and so on of C (k = 3C);
``mcc`` of their confusion matrix (k = C * (C + 1))."""
