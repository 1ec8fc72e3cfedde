"""Corrections for many tests; both return adjusted p values in the order given."""

from collections.abc import Sequence

import numpy as np

from harness.metrics.metric import FloatArray


def holm(p: Sequence[float]) -> FloatArray:
    """Control the chance of any false rejection (Holm 1979), under any dependence."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    stepped = np.maximum.accumulate(np.minimum(values[order] * factors, 1.0))
    return _restored(stepped, order)


def benjamini_hochberg(p: Sequence[float]) -> FloatArray:
    """Control the share of false rejections (Benjamini & Hochberg 1995), for listings only."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    factors = len(values) / np.arange(1, len(values) + 1)
    scaled = np.minimum(values[order] * factors, 1.0)
    return _restored(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _restored(ordered: FloatArray, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> FloatArray:
    adjusted = np.empty_like(ordered)
    adjusted[order] = ordered
    return adjusted
