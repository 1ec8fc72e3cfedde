"""Does a number rise or fall with another? Spearman's rank correlation, tested by permutation.

Checkpoints of a run are few, so all orders are tried where they can be: with k points no p is
smaller than 2 / k!, .33 for three. More points take random orders, (c + 1) / (R + 1).
"""

from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
from scipy.stats import rankdata

from harness.metrics.metric import FloatArray

FEWEST = 3
"""Points; two always lie on a line."""
_EXACT = 7  # points: 5,040 orders
_ORDERS = 10_000
_TIED = 1e-9  # of sums of ranks: equal but for rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How two numbers go together."""

    rho: float
    """Spearman's: 1 rises throughout, -1 falls throughout; ties have mean ranks."""
    p: float
    """Two-sided, of no trend."""
    test: str


def monotone_trend(x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Trend | None:
    """Return the trend of y over x, both (k,); None for fewer than three points or a constant."""
    if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    ranks = [_centred(rankdata(side)) for side in (x, y)]
    observed = float(ranks[0] @ ranks[1])
    if len(x) <= _EXACT:
        orders = np.array(list(permutations(range(len(x)))))
    else:
        orders = rng.permuted(np.tile(np.arange(len(x)), (_ORDERS, 1)), axis=1)
    extreme = int((np.abs(ranks[1][orders] @ ranks[0]) >= abs(observed) - _TIED).sum())
    exact = len(x) <= _EXACT
    p = extreme / factorial(len(x)) if exact else (extreme + 1) / (_ORDERS + 1)
    how = "all orders" if exact else f"{_ORDERS:,} random orders"
    scale = float(np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
    return Trend(rho=observed / scale, p=p, test=f"Spearman, permutation ({how})")


def _centred(ranks: FloatArray) -> FloatArray:
    centred: FloatArray = ranks - ranks.mean()
    return centred
