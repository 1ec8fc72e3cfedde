"""Reliability diagrams: accuracy over confidence, in the bins of the calibration error.

The bins are those that ``ece`` is stored in (:mod:`harness.metrics.calibration`), over the
documents that all checkpoints share; empty bins are left out.
"""

from collections.abc import Sequence

import numpy as np

from harness.analysis.chains import shared_places
from harness.evidence import Evidence
from harness.records import Estimate
from harness.results.calibration import Certainty
from harness.stats.intervals import wilson
from harness.stats.linear import critical

__all__ = ["CALIBRATION_ERROR", "reliability"]

CALIBRATION_ERROR = "ece"
"""The metric whose rows hold the bins."""


def reliability(cells: Sequence[Evidence], confidence: float = 0.95) -> list[Certainty]:
    """Return the filled bins of each cell that has the metric, in the order given."""
    known = [cell for cell in cells if cell.scores(CALIBRATION_ERROR) is not None]
    if not known:
        return []
    places = shared_places(known)
    return [
        found
        for cell, at in zip(known, places, strict=True)
        for found in _bins(cell, at, confidence)
    ]


def _bins(cell: Evidence, at: Sequence[int], confidence: float) -> list[Certainty]:
    scores = cell.scores(CALIBRATION_ERROR)
    if scores is None or not at:
        return []
    counts, sure, right = scores.rows[list(at)].sum(axis=0).reshape(3, -1)
    size = len(counts)
    quantile = critical(confidence, np.inf)
    found = []
    for place in np.flatnonzero(counts).tolist():
        n, share = int(counts[place]), float(right[place] / counts[place])
        low, high = wilson(share, n, quantile)
        accuracy = Estimate(
            value=share, low=low, high=high, n=n, method="Wilson", confidence=confidence
        )
        found.append(
            Certainty(
                checkpoint=cell.identity.checkpoint,
                low=place / size,
                high=(place + 1) / size,
                confidence=float(sure[place] / n),
                accuracy=accuracy,
            )
        )
    return found
