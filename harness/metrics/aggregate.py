"""Aggregates: (B, k) sums of metric rows in, (B,) values out.

They are named so that a store can be analysed without the task that filled it. An empty
denominator gives NaN, which never leaves the harness as a number: callers report "no evidence".
"""

from collections.abc import Callable

import numpy as np

from harness.metrics.confusion import CONFUSION
from harness.metrics.metric import FloatArray

Aggregate = Callable[[FloatArray], FloatArray]


def ratio(sums: FloatArray) -> FloatArray:
    """Return column 0 over column 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: FloatArray = sums[:, 0] / sums[:, 1]
    return quotient


def exp_ratio(sums: FloatArray) -> FloatArray:
    """Return exp(column 0 / column 1): a perplexity from negative log-likelihood and a count."""
    with np.errstate(over="ignore"):
        value: FloatArray = np.exp(ratio(sums))
    return value


def bleu(sums: FloatArray) -> FloatArray:
    """Return corpus BLEU (0 to 100) from answer and reference length, matches and n-gram counts.

    k = 2 + 2 * orders. Precisions without a match are smoothed as NIST does (``exp``), all orders
    count, a corpus without any match scores 0: sacrebleu's ``BLEU.compute_bleu`` (Papineni et al.
    2002, Chen & Cherry 2014, method 3).
    """
    orders = (sums.shape[1] - 2) // 2
    answer, reference = sums[:, 0], sums[:, 1]
    matches, ngrams = sums[:, 2 : 2 + orders], sums[:, 2 + orders :]
    unmatched = (matches == 0) & (ngrams > 0)
    smoothed = np.where(unmatched, 0.5 ** np.cumsum(unmatched, axis=1), matches)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(ngrams > 0, smoothed / ngrams, 0.0)
        penalty = np.exp(np.minimum(0.0, 1.0 - reference / answer))
        value = 100.0 * penalty * np.exp(np.log(precision).mean(axis=1))
    value = np.where(matches.any(axis=1), value, 0.0)
    return np.where(reference > 0, value, np.nan)


def chrf(sums: FloatArray) -> FloatArray:
    """Return corpus chrF (0 to 100) from (answer, reference, matches) counts of each n-gram order.

    k = 3 * orders, characters and words alike; recall weighs beta = 2 times as much as precision,
    and orders that either side lacks don't count: sacrebleu's ``CHRF`` (Popović 2017).
    """
    answer, reference, matches = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    used = (answer > 0) & (reference > 0)
    count = np.maximum(used.sum(axis=1), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(used, matches / answer, 0.0).sum(axis=1) / count
        recall = np.where(used, matches / reference, 0.0).sum(axis=1) / count
        value = 100.0 * 5.0 * precision * recall / (4.0 * precision + recall)
    value = np.where(precision + recall > 0, value, 0.0)
    return np.where(reference.any(axis=1), value, np.nan)


def ter(sums: FloatArray) -> FloatArray:
    """Return corpus TER (0 upwards, in percent) from edits and reference length, k = 2."""
    return 100.0 * ratio(sums)


def ece(sums: FloatArray) -> FloatArray:
    """Return the expected calibration error from the bins' counts, confidences and hits.

    k = 3 * bins: sum over bins of |hits - confidence|, over all documents. It is
    sum |B|/n * |accuracy(B) - confidence(B)| of Guo et al. 2017 (arXiv 1706.04599, eq. 3).
    """
    counts, confidence, correct = sums.reshape(len(sums), 3, -1).transpose(1, 0, 2)
    return ratio(np.column_stack([np.abs(correct - confidence).sum(axis=1), counts.sum(axis=1)]))


def total_variation(sums: FloatArray) -> FloatArray:
    """Return half the sum of |observed - expected| shares (0 to 1).

    k = 2 * categories: the observed counts of all, then the expected ones; both have one total.
    """
    observed, expected = sums.reshape(len(sums), 2, -1).transpose(1, 0, 2)
    gaps = np.abs(observed - expected).sum(axis=1) / 2
    return ratio(np.column_stack([gaps, expected.sum(axis=1)]))


def balanced(sums: FloatArray) -> FloatArray:
    """Return the mean over groups of their ratios; NaN where a group has no documents.

    k = 2 * groups: the numerators of all, then the denominators.
    """
    above, below = sums.reshape(len(sums), 2, -1).transpose(1, 0, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        value: FloatArray = (above / below).mean(axis=1)
    return value


AGGREGATES: dict[str, Aggregate] = {
    "mean": ratio,  # rows (x, 1): the interval of a mean or proportion applies
    "ratio": ratio,  # rows (a, b): linearised ratio of sums
    "exp_ratio": exp_ratio,
    "bleu": bleu,
    "chrf": chrf,  # chrF and chrF++: the number of columns tells the orders
    "ter": ter,
    "ece": ece,
    "balanced": balanced,
    "total_variation": total_variation,
    **CONFUSION,
}
