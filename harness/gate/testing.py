"""One rule's test: a table row, or the mean over a group's rows, against the rule's margin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt

import numpy as np
from scipy.stats import norm

from harness.analysis.change import generator
from harness.analysis.comparability import Pairing, compare
from harness.errors import SpecError
from harness.evidence import Evidence, Scores
from harness.gate.policy import Rule
from harness.records import Estimate
from harness.render.numbers import number, unit_text
from harness.results import Comparability
from harness.stats.clusters import unit_codes, unit_count
from harness.stats.influence import contrast, unit_ids
from harness.stats.intervals import is_binary
from harness.stats.linear import critical, design_effect, ratio_influence
from harness.stats.margin import margin_test
from harness.stats.power import POWER, detectable
from harness.stats.recovery import mean_interval


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

    The rows' own intervals are joined by variance recovery, so ties stay honest.
    """
    if not rows:
        return "no evidence of it"
    parts = []
    for row in rows:
        tested = _tested(row, reference, candidate, rule, seed)
        if isinstance(tested, str):
            return f"{row}: {tested}"
        parts.append(tested)
    if len({part.unit for part in parts}) > 1:
        units = ", ".join(sorted({part.unit or "plain numbers" for part in parts}))
        return f"its rows are in different units ({units}); write a rule for each"
    mean = mean_interval([part.estimate for part in parts])
    low, high = _error(mean.value, mean.low, rule.alpha), _error(mean.high, mean.value, rule.alpha)
    margin = parts[0].margin
    joined = Tested(
        metric=f"mean of {len(parts)} rows",
        unit=parts[0].unit,
        margin=margin,
        estimate=mean,
        p_pass=float(norm.sf((mean.value + margin) / low)) if low else None,
        p_regressed=float(norm.cdf((mean.value + margin) / high)) if high else None,
        detectable=sqrt(sum(part.detectable**2 for part in parts)) / len(parts),
        wanted=sum(part.wanted for part in parts),
        coverage=min(part.coverage for part in parts),
        accepted=tuple(dict.fromkeys(reason for part in parts for reason in part.accepted)),
    )
    return _powered(joined, rule.name, rule)


def planned_spread(scores: Scores, clusters: Sequence[str | None], flips: float) -> float | None:
    """Return the standard deviation to expect of one unit's difference, from one side alone.

    Right or wrong: sqrt(``flips``), more where documents share clusters. Anything else: that of the
    side itself, which is what a difference of equally spread sides correlated by 1/2 has. None of
    fewer than two units.
    """
    units = unit_ids("", [str(i) for i in range(len(clusters))], clusters)
    found = contrast(scores.info, scores.rows, units)
    if found is None:
        return None
    count = len(found.units)
    if not is_binary(scores.info, scores.rows):
        return found.standard_error * sqrt(count)
    codes = unit_codes(clusters)
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
    refused = _refused(pairing.comparability, rule)
    if refused is not None:
        return refused
    sides = _sides(before, after, pairing, rule)
    margin = rule.own_margin(sides[1].info.unit)
    clusters = [after.clusters[i] for i in pairing.candidate]
    rng = generator(seed, before, after)
    found = margin_test(sides, clusters, margin, rng, rule.alpha)
    spread = planned_spread(sides[0], clusters, rule.flips)
    if found is None or spread is None:
        return "the metric has no value on the shared documents"
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


def _refused(comparability: Comparability, rule: Rule) -> str | None:
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
    if rule.allow_underpowered or tested.detectable <= tested.margin:
        return tested
    n = tested.wanted
    needed = int(np.ceil(n * (tested.detectable / tested.margin) ** 2))
    shown, least = (
        f"{number(value, tested.unit)} {unit_text(tested.unit, difference=True)}".rstrip()
        for value in (tested.margin, tested.detectable)
    )
    raise SpecError(
        f"gate: {rule.name}: {name}: the margin {shown} is less than the {least} that {n} can show"
        f" ({100 * POWER:.0f} % power); about {needed} would do, or set `allow_underpowered: true`"
    )


def _error(high: float | None, low: float | None, alpha: float) -> float | None:
    if high is None or low is None or high <= low:
        return None
    return (high - low) / critical(1 - 2 * alpha, inf)
