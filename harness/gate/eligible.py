"""What a sequential test can judge: a mean over documents in [0, 1] whose order may be random.

Everything else is refused before a model runs, with the reason: groups, corpus metrics (BLEU, F1 of
a whole set, perplexity), metrics without a declared range, and for the target ``benchmark``, which
counts the documents that are left, clusters and sampled answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.analysis.comparability import Pairing, compare
from harness.errors import SpecError
from harness.evidence import Evidence, Scores
from harness.gate.orders import Item
from harness.gate.policy import Rule
from harness.gate.testing import planned_spread, refused, require_power
from harness.plan import Cell
from harness.records import Generate
from harness.results import Comparability, RuleVerdict
from harness.scores import metrics_of
from harness.stats.clusters import unit_codes, unit_count
from harness.stats.power import detectable
from harness.stats.sequential import Target

__all__ = ["Eligible", "eligible", "without"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Eligible:
    """One rule on one row against one reference that can be judged sequentially."""

    about: RuleVerdict
    """What is known before a decision."""
    rule: Rule
    fingerprint: str
    """The reference's."""
    scores: Scores
    """The reference's, oriented as the rule says, one row for each of ``items``."""
    items: tuple[Item, ...]
    """The documents that both have and the metric counts, as the candidate is asked them."""
    share: float
    """Of the wanted documents, those that both have."""
    spread: float
    """The standard deviation to expect of one unit's mean difference."""
    accepted: tuple[str, ...]
    """Reasons of a QUALIFIED comparison that the rule takes as fine."""


def eligible(
    about: RuleVerdict, rule: Rule, sides: tuple[Evidence, Evidence], cell: Cell, target: Target
) -> Eligible | str:
    """Pair the reference's evidence with the candidate's planned one, or say why not: INCOMPARABLE.

    Raises SpecError for what can't be judged sequentially at all, and for a margin that so few
    documents can't show, unless the rule allows it.
    """
    before, planned = sides
    pairing = compare(before, planned, rule.metric)
    found = pairing.comparability
    if reason := refused(found, rule) or _short(found, rule):
        return reason
    scores = before.primary if rule.metric is None else before.scores(rule.metric)
    assert scores is not None  # compare() has seen it
    name, unit = scores.info.name, scores.info.unit
    counted = _counted(about, scores, pairing, cell)
    about = replace(about, metric=name, unit=unit, margin=rule.own_margin(unit))
    if target == "benchmark":
        _check_benchmark(about, before, cell, [planned.clusters[j] for _, j in counted])
    scores = _oriented(scores, [i for i, _ in counted], rule)
    items = tuple(_item(planned, j) for _, j in counted)
    clusters = [item.cluster for item in items]
    spread = planned_spread(scores, clusters, rule.flips)
    if spread is None:
        return "fewer than two independent documents"
    units = unit_count(len(items), unit_codes(clusters)) * found.wanted / found.paired
    least = detectable(spread, units, rule.alpha)
    if target == "distribution":  # of exactly these documents any margin can be shown
        require_power(about.row, rule, unit, (about.margin, least), found.wanted)
    return Eligible(
        about=replace(about, detectable=least),
        rule=rule,
        fingerprint=before.identity.fingerprint,
        scores=scores,
        items=items,
        share=found.paired / found.wanted,
        spread=spread,
        accepted=tuple(str(r) for r in found.reasons if r.code != "coverage"),
    )


def without(about: RuleVerdict, why: str) -> SpecError:
    """Return the error of a rule that can be judged, but not sequentially."""
    return SpecError(f"gate: {about.rule}: {about.row}: {why}; run without --sequential")


def _short(found: Comparability, rule: Rule) -> str | None:
    """Return why even all documents that both have are too few for a rule, if they are."""
    if found.paired >= rule.coverage * found.wanted:
        return None
    share = f"{100 * found.paired / found.wanted:.1f} % of the documents can be paired"
    return f"{share}, {100 * rule.coverage:g} % needed"


def _oriented(scores: Scores, places: Sequence[int], rule: Rule) -> Scores:
    info = scores.info
    if rule.direction is not None:
        info = replace(info, higher_is_better=rule.direction == "higher")
    return Scores(info=info, rows=scores.rows[list(places)])


def _counted(
    about: RuleVerdict, scores: Scores, pairing: Pairing, cell: Cell
) -> list[tuple[int, int]]:
    """Return the pairs (reference, candidate) that the metric counts, each as one document."""
    info = scores.info
    rows = scores.rows[list(pairing.reference)]
    metric = next(m for m in metrics_of(cell) if m.info.signature == info.signature)
    if info.aggregate != "mean" or info.resample != "sums" or metric.rows is not None:
        raise without(about, f"{info.name} is no mean over documents but of all of them together")
    if not np.isin(rows[:, 1], (0.0, 1.0)).all():
        raise without(about, f"{info.name} weighs documents differently")
    values = rows[rows[:, 1] == 1.0, 0]
    if info.unit != "%" or values.min(initial=0.0) < 0 or values.max(initial=1.0) > 1:
        raise without(about, f"{info.name} isn't known to lie between 0 and 1")
    pairs = zip(pairing.reference, pairing.candidate, rows[:, 1] == 1.0, strict=True)
    return [(i, j) for i, j, counts in pairs if counts]


def _check_benchmark(
    about: RuleVerdict, reference: Evidence, cell: Cell, clusters: Sequence[str | None]
) -> None:
    if unit_codes(clusters) is not None:
        raise without(about, "clusters can't be judged with the target 'benchmark'")
    asked = (request for requests in cell.requests.values() for request in requests)
    sampled = any(isinstance(r, Generate) and r.temperature > 0 for r in asked)
    if sampled or reference.identity.generation.get("temperature", 0) > 0:
        raise without(
            about, "answers are sampled (temperature > 0), which the target 'benchmark' excludes"
        )


def _item(planned: Evidence, place: int) -> Item:
    return Item(
        document=planned.documents[place],
        request_hash=planned.request_hashes[place],
        document_hash=planned.document_hashes[place],
        cluster=planned.clusters[place],
    )
