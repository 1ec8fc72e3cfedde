"""Measures of continual learning on a matrix R: R[i, j] is the score on group j after stage i.

Group j is what stage j teaches, so R is square, (T, T). NaN stands for what wasn't measured, and a
measure that needs it is NaN: nothing is filled in. Names agree across papers, denominators don't;
each function says which one it takes.
"""

import numpy as np

from harness.metrics.metric import FloatArray


def average_score(scores: FloatArray) -> float:
    """Return the mean over all T groups after the last stage.

    ACC of Lopez-Paz & Ranzato 2017 (1706.08840), eq. 2; OP of TRACE 2023 (2310.06762).
    """
    return float(_square(scores)[-1].mean())


def backward_transfer(scores: FloatArray) -> float:
    """Return what later stages did to what earlier ones taught; negative: forgetting.

    sum over i < T of R[T, i] - R[i, i], over T - 1 (Lopez-Paz & Ranzato 2017, eq. 3). NaN for one
    stage.
    """
    matrix = _square(scores)
    t = len(matrix)
    return float((matrix[-1] - matrix.diagonal())[:-1].sum() / (t - 1)) if t > 1 else float("nan")


def trace_backward_transfer(scores: FloatArray) -> float:
    """Return the same sum over all T stages, the last adding 0, over T (TRACE 2023)."""
    matrix = _square(scores)
    return float((matrix[-1] - matrix.diagonal()).mean())


def forward_transfer(scores: FloatArray, untrained: FloatArray) -> float:
    """Return what earlier stages did for what is taught next, beyond ``untrained`` (T,) scores.

    sum over i >= 2 of R[i - 1, i] - b[i], over T - 1 (Lopez-Paz & Ranzato 2017, eq. 4).
    """
    matrix = _square(scores)
    t = len(matrix)
    return float((matrix.diagonal(1) - untrained[1:]).sum() / (t - 1)) if t > 1 else float("nan")


def forgetting(scores: FloatArray) -> FloatArray:
    """Return how far each group, (J,), fell from its best before the last stage.

    f_j = max over l < k of R[l, j] - R[k, j] (Chaudhry et al. 2018, 1801.10112, eq. 3); ``scores``
    is (T, J), T >= 2. Negative: still rising. Noise adds to the maximum.
    """
    fallen: FloatArray = np.max(scores[:-1], axis=0) - scores[-1]
    return fallen


def mean_forgetting(scores: FloatArray) -> float:
    """Return the mean forgetting of the groups that an earlier stage taught, over T - 1."""
    matrix = _square(scores)
    return float(forgetting(matrix)[:-1].mean()) if len(matrix) > 1 else float("nan")


def _square(scores: FloatArray) -> FloatArray:
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1]:
        raise ValueError(f"a square matrix stage x group is needed, not {scores.shape}")
    return scores
