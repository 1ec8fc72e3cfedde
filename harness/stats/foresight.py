"""How many units a sequential test will look at, by simulation before anything is asked.

Units are drawn as +1, 0 or -1 with the mean and the variance that are expected. The bets are looked
at on a grid rather than after each unit, so the numbers are a few per cent high.
"""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import norm

from harness.metrics.metric import FloatArray
from harness.stats.betting import Stakes
from harness.stats.binary import tango_z
from harness.stats.sequential import EARLY_SHARE, Design

__all__ = ["Foreseen", "foresee"]

RUNS = 200
_LOOKS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a sequential test does where the true mean difference is known."""

    difference: float
    """Candidate minus reference, oriented."""
    mean: float
    """Units that it looks at, on average."""
    tenth: float
    """One of ten tests takes more than this."""
    passed: float
    """The share of tests that end in PASS."""
    regressed: float


def foresee(
    design: Design, difference: float, variance: float, rng: np.random.Generator, runs: int = RUNS
) -> Foreseen:
    """Simulate a test on units whose differences have this mean and variance.

    For the target ``benchmark``, which knows what is left, the numbers are upper bounds.
    """
    looks = _looks(design.units)
    seen = _drawn(looks, difference, variance, (rng, runs))
    thresholds = log(design.threshold), log(design.tests * design.threshold)
    certain = _capital(seen, design) >= np.array(thresholds)[:, None, None]
    ends = np.logical_or.reduce(certain, axis=0)
    open_ = ~np.logical_or.reduce(ends, axis=1)
    first = np.where(open_, len(looks) - 1, ends.argmax(axis=1))
    passed, failed = (side[np.arange(runs), first] for side in certain)
    for run in np.flatnonzero(open_):
        passed[run], failed[run] = _final(seen[run, -1], design)
    n = looks[first]
    return Foreseen(
        difference=difference,
        mean=float(n.mean()),
        tenth=float(np.quantile(n, 0.9)),
        passed=float(passed.mean()),
        regressed=float((failed & ~passed).mean()),
    )


def _final(counts: NDArray[np.int64], design: Design) -> tuple[bool, bool]:
    """Return whether the look at all units passes, and whether it fails."""
    gained, _, lost = (float(count) for count in counts)
    z = tango_z(gained, lost, design.units, -design.margin)
    left = (1 - EARLY_SHARE) * design.alpha
    return z > float(norm.isf(left)), z < -float(norm.isf(left / design.tests))


def _looks(units: int) -> NDArray[np.int64]:
    first = min(8, units)
    grid = np.concatenate([np.geomspace(first, units, _LOOKS), np.linspace(first, units, _LOOKS)])
    return np.unique(np.append(grid.round().astype(np.int64), units))


def _drawn(
    looks: NDArray[np.int64],
    difference: float,
    variance: float,
    drawing: tuple[np.random.Generator, int],
) -> NDArray[np.int64]:
    """Return the counts of +1, 0 and -1 up to each look, shape (runs, looks, 3)."""
    rng, runs = drawing
    moved = min(1.0, max(variance + difference**2, abs(difference)))
    shares = np.array([moved + difference, 2 - 2 * moved, moved - difference]) / 2
    steps = np.diff(looks, prepend=0)
    drawn = np.stack([rng.multinomial(step, shares, size=runs) for step in steps], axis=1)
    counts: NDArray[np.int64] = drawn.cumsum(axis=1)
    return counts


def _capital(counts: NDArray[np.int64], design: Design) -> FloatArray:
    """Return the log e-values at each look, passing and failing: (2, runs, looks)."""
    stakes = Stakes.of(design.margin, design.flips)
    moved = np.array([1.0, 0.0, -1.0]) + design.margin
    found = []
    for side in (1, -1):
        growth = np.log1p(side * np.outer(moved, stakes.values) / (1 - side * design.margin))
        found.append(logsumexp(counts @ growth + np.log(stakes.weights), axis=2))
    return np.stack(found)
