"""Documents that share a cluster are one unit of evidence, not several."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.metric import FloatArray

IntArray = NDArray[np.int64]


def unit_codes(clusters: Sequence[str | None]) -> IntArray | None:
    """Return each document's unit as 0..G-1, shape (n,); None if every document is its own unit.

    A document without a cluster is a unit of its own.
    """
    if [*clusters].count(None) == len(clusters):  # the usual case, in one pass
        return None
    names: dict[str | int, int] = {}
    codes = [
        names.setdefault(index if cluster is None else cluster, len(names))
        for index, cluster in enumerate(clusters)
    ]
    return None if len(names) == len(codes) else np.asarray(codes, dtype=np.int64)


def unit_sums(rows: FloatArray, codes: IntArray | None) -> FloatArray:
    """Return the rows summed per unit, (n, k) to (G, k)."""
    if codes is None:
        return rows
    sums = np.zeros((int(codes.max(initial=-1)) + 1, rows.shape[1]))
    np.add.at(sums, codes, rows)
    return sums


def unit_count(n: int, codes: IntArray | None) -> int:
    """Return how many units n documents are."""
    return n if codes is None else int(codes.max(initial=-1)) + 1


def unit_members(n: int, codes: IntArray | None) -> list[IntArray]:
    """Return the documents, 0..n-1, of each unit."""
    if codes is None:
        return list(np.arange(n)[:, None])
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
