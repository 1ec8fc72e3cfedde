"""The difference to a number without records: nothing pairs, so both errors count in full.

SE^2 = SE_a^2 + SE_b^2 (Miller 2024, arXiv 2411.00640, section 4). It says less than a paired
difference of the same two checkpoints would, and is never worded as if it were one.
"""

from math import inf, nan

import numpy as np

from harness.analysis.change import generator
from harness.evidence import Aggregate, Known
from harness.records import Estimate
from harness.results import Difference
from harness.stats.influence import Contrast, unit_ids
from harness.stats.intervals import estimate
from harness.stats.linear import critical, two_sided
from harness.stats.recovery import recovered_error

METHOD = "unpaired standard error only"


def stated(side: Known, seed: int, confidence: float = 0.95) -> Contrast | None:
    """Return a cell's value with its standard error as a single unit's move, in its own scale.

    NaN moves where no error is known; None where there is no value. The unit is the checkpoint's
    task: its variants err together.
    """
    if isinstance(side, Aggregate):
        value, error = side.value, side.error
    else:
        found = estimate(side.primary, side.clusters, generator(seed, side), confidence)
        if found is None:
            return None
        value, error = found.value, recovered_error(found)
    unit = unit_ids(side.identity.task, [side.identity.checkpoint], [None])
    return Contrast(value, unit, np.array([nan if error is None else error]), inf)


def unpaired_difference(
    reference: Known, candidate: Known, seed: int, confidence: float = 0.95
) -> Difference | None:
    """Return candidate minus reference in the metric's own scale; None if a side has no value."""
    before, after = (stated(side, seed, confidence) for side in (reference, candidate))
    if before is None or after is None:
        return None
    value = after.value - before.value
    error = (after - before).standard_error
    sizes = [n for side in (reference, candidate) if (n := _documents(side)) is not None]
    low = high = p = None
    method = f"{METHOD} (no interval: an error isn't stated)"
    if error > 0:
        half = critical(confidence, inf) * error
        low, high, method = value - half, value + half, METHOD
        p = two_sided(value / error, inf)
    found = Estimate(
        value=value,
        low=low,
        high=high,
        n=min(sizes, default=0),
        method=method,
        confidence=confidence,
    )
    return Difference(estimate=found, p=p, test=method)


def _documents(side: Known) -> int | None:
    return side.n if isinstance(side, Aggregate) else len(side.documents)
