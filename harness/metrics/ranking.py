"""How well two orders of the same things agree, and how often pairs of them do."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import sqrt


def kendall_tau_b(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Kendall's tau-b (-1 to 1) of two equally long sequences; None if one is constant.

    (P - Q) / sqrt((P + Q + T1) (P + Q + T2)): P concordant and Q discordant pairs, T1 and T2 pairs
    tied in the one only (Kendall 1945, "The treatment of ties in ranking problems"); what
    ``scipy.stats.kendalltau`` computes.
    """
    signs = [
        (_sign(a[0] - b[0]), _sign(a[1] - b[1]))
        for a, b in combinations(zip(first, second, strict=True), 2)
    ]
    untied_first = sum(one != 0 for one, _ in signs)
    untied_second = sum(two != 0 for _, two in signs)
    if not untied_first or not untied_second:
        return None
    # of the product: two roots would make a perfect order 0.9999999999999999
    return sum(one * two for one, two in signs) / sqrt(untied_first * untied_second)


def preferred_pairs(ranks: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (better, worse) positions of all pairs that aren't tied; the smallest rank is best."""
    for i, j in combinations(range(len(ranks)), 2):
        if ranks[i] != ranks[j]:
            yield (i, j) if ranks[i] < ranks[j] else (j, i)


def tie_aware_agreement(
    scores: Sequence[float], ranks: Sequence[int], tie_margin: float
) -> Sequence[bool]:
    """Say of each pair whether scores (higher is better) and ranks agree on it, ties included.

    Scores that differ by at most ``tie_margin`` are tied. The share of True is the pairwise
    accuracy acc_eq of Deutsch et al. 2023 ("Ties Matter", arXiv 2305.14324).
    """
    return [
        _sign(scores[i] - scores[j], tie_margin) == _sign(ranks[j] - ranks[i])
        for i, j in combinations(range(len(ranks)), 2)
    ]


def _sign(difference: float, margin: float = 0.0) -> int:
    return 0 if abs(difference) <= margin else 1 if difference > 0 else -1
