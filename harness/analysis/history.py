"""The verdicts of a store as a history: by rule, and what stopping early spared."""

from collections.abc import Iterable, Mapping, Sequence

from harness.results import RuleVerdict
from harness.results.history import Judgement, Rested, RuleHistory, Spared
from harness.store.verdicts import StoredVerdict

__all__ = ["by_rule", "judgements", "margins"]

Pace = Mapping[str, float]
"""By a cell's key the seconds that a document took."""


def judgements(stored: Sequence[StoredVerdict], pace: Pace) -> list[Judgement]:
    """Return verdicts with what they spared, in the order given."""
    return [_judgement(one, pace) for one in stored]


def by_rule(found: Iterable[Judgement]) -> list[RuleHistory]:
    """Return the history of each rule on each row against each reference, as first judged."""
    rules: dict[tuple[str, str, str], list[tuple[Judgement, RuleVerdict]]] = {}
    for one in found:
        for rule in one.verdict.rules:
            rules.setdefault((rule.rule, rule.row, rule.reference), []).append((one, rule))
    return [
        RuleHistory(rule=rule, row=row, reference=reference, found=tuple(its))
        for (rule, row, reference), its in rules.items()
    ]


def margins(
    stored: Sequence[StoredVerdict], reference: str | None, candidate: str | None
) -> dict[str, float]:
    """Return by row the margin that the newest verdict on two checkpoints allowed, own scale.

    ``reference`` and ``candidate`` are fingerprints. Empty if no gate judged them.
    """
    if reference is None or candidate is None:
        return {}
    for one in reversed(stored):
        if one.judged is None or one.judged.fingerprint != candidate:
            continue
        names = {side.name for side in one.sides[:-1] if side.fingerprint == reference}
        rules = [rule for rule in one.verdict.rules if rule.reference in names]
        found = {rule.row: rule.margin for rule in rules if rule.margin}  # 0: nobody knew it
        if found:
            return found
    return {}


def _judgement(one: StoredVerdict, pace: Pace) -> Judgement:
    keys = {cell.row: cell.key for cell in (one.judged.cells if one.judged else ())}
    looked: dict[str, tuple[int, int]] = {}
    clustered = set()
    for rule in one.verdict.rules:
        if rule.estimate is not None and rule.estimate.method.endswith("clustered"):
            clustered.add(rule.row)  # of how many documents is anybody's guess
        if rule.stopped is not None:  # rules of one row are judged on the same documents
            n, of = looked.get(rule.row, (0, 0))
            looked[rule.row] = max(n, rule.stopped.n), max(of, rule.stopped.of)
    return Judgement(
        name=one.name,
        time=one.time,
        verdict=one.verdict,
        sides=tuple(
            Rested(
                name=side.name,
                family=side.family,
                checkpoint=side.checkpoint,
                fingerprint=side.fingerprint,
                cells=len(side.cells),
            )
            for side in one.sides
        ),
        spared=tuple(
            Spared(
                row=row,
                asked=n,
                of=of,
                seconds=None if row in clustered or known is None else (of - n) * known,
            )
            for row, (n, of) in looked.items()
            for known in [pace.get(keys.get(row, ""))]
        ),
    )
