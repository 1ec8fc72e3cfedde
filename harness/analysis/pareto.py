"""Which siblings are worth having: nobody gains as much for less tax, beyond doubt.

x is dominated if some y gains at least as much and costs at most as much, one of them beyond the
paired interval of y against x itself. Two that can't be told apart are both on the front.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

from harness.analysis.tax import tax_statement
from harness.evidence import Known
from harness.records import Estimate
from harness.results import Compared, Duel, Front


def siblings(checkpoints: Sequence[Compared]) -> dict[str, list[str]]:
    """Return groups of at least two names by what makes them siblings.

    One parent in one family, and the aligned ones of a family; the larger group stands for a
    smaller one that is inside it.
    """
    groups: dict[str, list[str]] = {}
    for each in checkpoints:
        if each.parent is not None:
            groups.setdefault(f"{each.family}: from {each.parent}", []).append(each.name)
        if each.stage == "aligned":
            groups.setdefault(f"{each.family}: stage aligned", []).append(each.name)
    found = {why: names for why, names in groups.items() if len(names) > 1}
    whole = list(found.values())
    return {
        why: names
        for i, (why, names) in enumerate(found.items())
        if not any(
            set(names) < set(w) or (set(names) == set(w) and j < i) for j, w in enumerate(whole)
        )
    }


def front(
    why: str, sides: Mapping[str, Mapping[str, Known]], seed: int, confidence: float = 0.95
) -> Front:
    """Return the front of at least two checkpoints, each with its cells by row."""
    duels = [_duel(pair, sides, seed, confidence) for pair in combinations(sides, 2)]
    dominated: dict[str, list[str]] = {}
    for duel in duels:
        if duel.dominates is not None:
            loser = duel.first if duel.dominates == duel.second else duel.second
            dominated.setdefault(loser, []).append(duel.dominates)
    return Front(
        siblings=tuple(sides),
        why=why,
        members=tuple(name for name in sides if name not in dominated),
        dominated={name: tuple(by) for name, by in dominated.items()},
        duels=tuple(duels),
    )


def _duel(
    pair: tuple[str, str],
    sides: Mapping[str, Mapping[str, Known]],
    seed: int,
    confidence: float,
) -> Duel:
    first, second = pair
    missing = next((f"{name} has no evidence" for name in pair if not sides[name]), None)
    if missing is not None:
        return Duel(
            first=first, second=second, gain=None, kept=None, dominates=None, missing=missing
        )
    found = tax_statement(sides[first], sides[second], seed, confidence)
    gained, kept = found.aligned, found.retained
    if gained is None:
        missing = "no comparable alignment task"
    elif kept is None:
        missing = "no comparable general or domain task"
    winner = None
    if gained is not None and kept is not None:
        winner = _winner(pair, (gained.net, kept.net))
    return Duel(
        first=first,
        second=second,
        gain=None if gained is None else gained.net,
        kept=None if kept is None else kept.net,
        dominates=winner,
        missing=missing,
        qualified=tuple(
            dict.fromkeys(r for group in (gained, kept) if group for r in group.qualified)
        ),
    )


def _winner(pair: tuple[str, str], nets: Sequence[Estimate]) -> str | None:
    """Return who is at least as good in all and better beyond the interval in one."""
    first, second = pair
    if all(n.value >= 0 for n in nets) and any(n.low is not None and n.low > 0 for n in nets):
        return second
    if all(n.value <= 0 for n in nets) and any(n.high is not None and n.high < 0 for n in nets):
        return first
    return None
