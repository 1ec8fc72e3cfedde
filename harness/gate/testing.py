"""One rule's test: a table row, or the mean over a group's rows, against the rule's margin."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum, hypot, inf, sqrt

import numpy as np
from scipy.stats import norm

from harness.analysis.change import generator
from harness.analysis.comparability import Pairing, compare
from harness.errors import SpecError
from harness.evidence import Evidence, Scores
from harness.gate.policy import Rule
from harness.records import Estimate
from harness.render.numbers import margin_text
from harness.results import Comparability
from harness.stats.clusters import unit_codes, unit_count
from harness.stats.influence import contrast
from harness.stats.intervals import is_binary
from harness.stats.linear import critical, design_effect, ratio_influence
from harness.stats.margin import MarginTest, margin_test
from harness.stats.power import POWER, detectable


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the evidence says of one margin; oriented, positive is better."""

    metric: str
    unit: str
    margin: float
    """Own scale."""
    estimate: Estimate
    p_pass: float | None
    p_regressed: float | None
    detectable: float
    """With all documents that were wanted."""
    wanted: int
    coverage: float
    accepted: tuple[str, ...] = ()
    """Reasons of a QUALIFIED comparison that the rule takes as fine."""


def row_tested(
    row: str,
    reference: Mapping[str, Evidence],
    candidate: Mapping[str, Evidence],
    rule: Rule,
    seed: int,
) -> Tested | str:
    """Test one row, or say why it can't be: INCOMPARABLE.

    Raises SpecError for a margin that so few documents can't show, unless the rule allows it.
    """
    tested = _tested(row, reference, candidate, rule, seed)
    return tested if isinstance(tested, str) else _powered(tested, row, rule)


def group_tested(
    rows: Sequence[str],
    reference: Mapping[str, Evidence],
    candidate: Mapping[str, Evidence],
    rule: Rule,
    seed: int,
) -> Tested | str:
    """Test the mean over rows, each with the same weight, all in one unit; else say why not.

    Rows without a ceiling (perplexity) are drift and no part of it, unless the rule names a metric.
    """
    if not rows:
        return "no evidence of it"
    counted, drift = _counted(rows, (reference, candidate), rule)
    parts: dict[str, list[Tested]] = {}
    for row in counted:
        tested = _tested(row, reference, candidate, rule, seed)
        if isinstance(tested, str):
            return f"{row}: {tested}"
        parts.setdefault(candidate[row].identity.task, []).append(tested)
    units = {part.unit for tasks in parts.values() for part in tasks}
    if len(units) > 1:
        named = ", ".join(sorted(unit or "plain numbers" for unit in units))
        return f"its rows are in different units ({named}); write a rule for each"
    joined = _joined([*parts.values()], rule.alpha)
    if drift:
        left_out = f"without {', '.join(drift)}: no ceiling"
        joined = replace(joined, accepted=(*joined.accepted, left_out))
    return _powered(joined, rule.name, rule)


def _counted(
    rows: Sequence[str], sides: tuple[Mapping[str, Evidence], ...], rule: Rule
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the rows that a group's mean counts, and those left out as drift."""
    cells = [next(side[row] for side in sides if row in side) for row in rows]
    drift = [r for r, c in zip(rows, cells, strict=True) if c.primary.info.ceiling is None]
    if rule.metric is not None or len(drift) == len(rows):
        return rows, ()
    return [row for row in rows if row not in drift], drift


def _joined(tasks: Sequence[Sequence[Tested]], alpha: float) -> Tested:
    """Return the mean over all rows of some tasks, each task's rows together.

    The rows of one task ask the same documents in several ways, so their errors are taken as one
    (added up); those of different tasks are independent: added in squares (variance recovery, see
    :mod:`harness.stats.recovery`).
    """
    rows = [part for parts in tasks for part in parts]
    first, m = rows[0], len(rows)
    value = fsum(part.estimate.value for part in rows) / m
    bounds = [_gap(tasks, side) for side in (_below, _above)]
    method = f"mean of {m} rows, variance recovery"
    below, above = (None if b is None else b / m for b in bounds)
    if below is None or above is None:
        lacking = sum(part.estimate.low is None for part in rows)
        method = f"{method} ({lacking} without an interval)"
        below = above = None
    z = critical(1 - 2 * alpha, inf)
    return Tested(
        metric=f"mean of {m} rows",
        unit=first.unit,
        margin=first.margin,
        estimate=Estimate(
            value=value,
            low=None if below is None else value - below,
            high=None if above is None else value + above,
            n=sum(part.estimate.n for part in rows),
            method=method,
            confidence=1 - 2 * alpha,
        ),
        p_pass=float(norm.sf((value + first.margin) * z / below)) if below else None,
        p_regressed=float(norm.cdf((value + first.margin) * z / above)) if above else None,
        detectable=hypot(*(fsum(part.detectable for part in parts) for parts in tasks)) / m,
        wanted=sum(part.wanted for part in rows),
        coverage=min(part.coverage for part in rows),
        accepted=tuple(dict.fromkeys(reason for part in rows for reason in part.accepted)),
    )


def _below(estimate: Estimate) -> float | None:
    return None if estimate.low is None else estimate.value - estimate.low


def _above(estimate: Estimate) -> float | None:
    return None if estimate.high is None else estimate.high - estimate.value


def _gap(
    tasks: Sequence[Sequence[Tested]], side: Callable[[Estimate], float | None]
) -> float | None:
    """Return the joint distance from the sum of all rows to its bound; None if one has none."""
    gaps = [[side(part.estimate) for part in parts] for parts in tasks]
    known = [[gap for gap in task if gap is not None] for task in gaps]
    if known != gaps:
        return None
    return hypot(*map(fsum, known))


def planned_spread(scores: Scores, clusters: Sequence[str | None], flips: float) -> float | None:
    """Return the standard deviation to expect of one unit's difference, from one side alone.

    Right or wrong: sqrt(``flips``), more where documents share clusters. Anything else: that of the
    side itself, which is what a difference of equally spread sides correlated by 1/2 has. None of
    fewer than two units.
    """
    codes = unit_codes(clusters)
    found = contrast(scores.info, scores.rows, np.arange(len(clusters)) if codes is None else codes)
    if found is None:
        return None
    count = len(found.units)
    if not is_binary(scores.info, scores.rows):
        return found.standard_error * sqrt(count)
    effect = design_effect(ratio_influence(scores.rows), codes)
    return sqrt(flips * effect * count / len(clusters))


def _tested(
    row: str,
    reference: Mapping[str, Evidence],
    candidate: Mapping[str, Evidence],
    rule: Rule,
    seed: int,
) -> Tested | str:
    if row not in reference or row not in candidate:
        return f"only the {'candidate' if row in candidate else 'reference'} has evidence of it"
    before, after = reference[row], candidate[row]
    pairing = compare(before, after, rule.metric)
    reason = refused(pairing.comparability, rule)
    if reason is not None:
        return reason
    sides = _sides(before, after, pairing, rule)
    margin = rule.own_margin(sides[1].info.unit)
    clusters = [after.clusters[i] for i in pairing.candidate]
    rng = generator(seed, *sorted((before, after), key=lambda cell: cell.identity.cell))
    found = margin_test(sides, clusters, margin, rng, rule.alpha)
    if found is None:
        return "the metric has no value on the shared documents"
    spread = _spread(sides[0], clusters, rule, found)
    if spread is None:
        return "fewer than two independent documents"
    wanted, paired = pairing.comparability.wanted, pairing.comparability.paired
    units = unit_count(paired, unit_codes(clusters)) * wanted / paired
    return Tested(
        metric=sides[1].info.name,
        unit=sides[1].info.unit,
        margin=margin,
        estimate=found.estimate,
        p_pass=found.p_pass,
        p_regressed=found.p_regressed,
        detectable=detectable(spread, units, rule.alpha),
        wanted=wanted,
        coverage=paired / wanted,
        accepted=tuple(str(r) for r in pairing.comparability.reasons if r.code != "coverage"),
    )


def _spread(
    reference: Scores, clusters: Sequence[str | None], rule: Rule, found: MarginTest
) -> float | None:
    """Return the planned spread; of other than right-or-wrong outcomes the found one if it's less.

    The texts of a perplexity differ far more from each other than two checkpoints do on one.
    """
    planned = planned_spread(reference, clusters, rule.flips)
    if planned is None or found.spread is None or is_binary(reference.info, reference.rows):
        return planned
    return min(planned, found.spread)


def refused(comparability: Comparability, rule: Rule) -> str | None:
    """Return why two cells may not be judged; coverage is the rule's own matter."""
    if comparability.verdict == "INCOMPARABLE":
        reasons = comparability.reasons
    else:
        fine = {"coverage", *rule.accept}
        reasons = tuple(r for r in comparability.reasons if r.code not in fine)
    return ", ".join(str(reason).replace("_", " ") for reason in reasons) or None


def _sides(
    before: Evidence, after: Evidence, pairing: Pairing, rule: Rule
) -> tuple[Scores, Scores]:
    """Return the rows of the rule's metric over the shared documents, oriented as it says."""
    found = []
    for cell, places in ((before, pairing.reference), (after, pairing.candidate)):
        scores = cell.primary if rule.metric is None else cell.scores(rule.metric)
        assert scores is not None  # compare() has seen it
        info = scores.info
        if rule.direction is not None:
            info = replace(info, higher_is_better=rule.direction == "higher")
        found.append(Scores(info=info, rows=scores.rows[list(places)]))
    return found[0], found[1]


def _powered(tested: Tested, name: str, rule: Rule) -> Tested:
    require_power(name, rule, tested.unit, (tested.margin, tested.detectable), tested.wanted)
    return tested


def require_power(
    name: str, rule: Rule, unit: str, sizes: tuple[float, float], wanted: int
) -> None:
    """Raise SpecError for a margin that so many documents can't show, unless the rule allows it.

    ``sizes`` are the margin and the smallest detectable difference, own scale.
    """
    margin, least = sizes
    if rule.allow_underpowered or least <= margin:
        return
    needed = int(np.ceil(wanted * (least / margin) ** 2))
    shown, seen = (margin_text(value, unit) for value in sizes)
    raise SpecError(
        f"gate: {rule.name}: {name}: the margin {shown} is less than the {seen} that {wanted} can"
        f" show ({100 * POWER:.0f} % power); about {needed} would do, or set "
        "`allow_underpowered: true`"
    )
