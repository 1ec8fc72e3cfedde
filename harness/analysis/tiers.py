"""Tiers instead of ranks: who can't be told apart from the best stands beside it.

The best remaining checkpoint leads a tier; with it stand all that aren't worse than it beyond their
paired interval. The rest begins the next tier. A tier says no more than that: two of its members
may differ from each other, and the leader is the luckiest of its tier as well as the best.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Who = TypeVar("Who")
Worse = Callable[[Who, Sequence[Who]], Mapping[Who, bool | None]]
"""Of a leader and others: whether each is worse beyond the interval; None: not comparable."""


def tiers(values: Mapping[Who, float], worse: Worse[Who], most: int = 3) -> dict[Who, int | None]:
    """Return each checkpoint's tier, from 1; None where it can't be compared with a leader.

    ``values`` are higher for better. Everybody behind tier ``most`` is in tier ``most + 1``. Ties
    are led by the first given.
    """
    found: dict[Who, int | None] = {}
    waiting = sorted(values, key=lambda who: -values[who])
    for tier in range(1, most + 1):
        if not waiting:
            break
        leader, *others = waiting
        found[leader] = tier
        behind = worse(leader, others) if others else {}
        for who in others:
            if behind.get(who) is None:
                found[who] = None
            elif not behind[who]:
                found[who] = tier
        waiting = [who for who in others if who not in found]
    return found | dict.fromkeys(waiting, most + 1)


def worse_beyond(low: float, high: float, *, higher_is_better: bool) -> bool | None:
    """Return whether a difference to the leader is a loss; None without an interval (NaN)."""
    if low != low or high != high:
        return None
    return high < 0 if higher_is_better else low > 0
