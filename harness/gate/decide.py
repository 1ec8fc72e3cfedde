"""From a policy and stored evidence to a verdict: non-inferiority per rule, Holm over all.

Overall PASS needs every rule to pass, each at its own alpha: an intersection-union test, which
needs no correction (Berger 1982). REGRESSED is said of rules that stay significant after Holm; a
failure before correction only is INCONCLUSIVE. Missing evidence never passes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.errors import SpecError
from harness.evidence import Evidence, Scores
from harness.gate.policy import Policy, Rule
from harness.gate.testing import Tested, group_tested, row_tested
from harness.render.numbers import unit_text
from harness.results import EXIT_CODES, Decision, RuleVerdict, Verdict
from harness.stats.corrections import holm

Rows = Mapping[str, Evidence]
"""Table row -> a checkpoint's cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One rule, what it speaks of, and against whom."""

    rule: Rule
    name: str
    """The table row, or ``group general``."""
    rows: tuple[str, ...]
    reference: str


def decide(policy: Policy, references: Mapping[str, Rows], candidate: Rows, who: str) -> Verdict:
    """Judge a candidate (``who``) against references, the baseline first, then the anchor.

    Raises SpecError for margins below what the documents can show, unless their rules allow it.
    """
    judged, margins = [], []
    for subject in subjects_of(policy, references, candidate):
        try:
            judged.append(_judged(subject, references, candidate, policy.seed))
        except SpecError as error:
            margins.append(str(error))
    if margins:
        more = f"; so for {len(margins) - 1} more, see `aligntax plan-gate`"
        raise SpecError(margins[0] + more * (len(margins) > 1))
    names = next(iter(references), ""), who
    joined = verdict(policy, corrected(judged), names, unmatched(policy, candidate))
    return with_notes(joined, left_out(policy, (*references.values(), candidate)))


def verdict(
    policy: Policy,
    rules: Sequence[RuleVerdict],
    names: tuple[str, str],
    without_rule: Sequence[str] = (),
) -> Verdict:
    """Join the rules' verdicts to one over (baseline, candidate); no rule at all is no evidence."""
    decision, code = overall(rules)
    reasons = [] if rules else ["no rule matches any evidence"]
    return Verdict(
        decision=decision,
        exit_code=code,
        baseline=names[0],
        candidate=names[1],
        policy=policy.source,
        policy_hash=policy.hash,
        rules=tuple(rules),
        alpha=max(rule.alpha for rule in policy.rules),
        reasons=tuple(reasons),
        unmatched=tuple(without_rule),
    )


def with_notes(verdict: Verdict, notes: Sequence[str]) -> Verdict:
    """Return a verdict with more to say."""
    return replace(verdict, reasons=(*verdict.reasons, *notes))


def overall(rules: Sequence[RuleVerdict]) -> tuple[Decision, int]:
    """Return the decision over all rules, and its exit code."""
    if not rules:
        return "INCOMPARABLE", EXIT_CODES["INCOMPARABLE"]
    found = {rule.decision for rule in rules}
    if "REGRESSED" in found or "INCOMPARABLE" in found:
        worst: Decision = "REGRESSED" if "REGRESSED" in found else "INCOMPARABLE"
        return worst, EXIT_CODES[worst]
    unclear = [rule for rule in rules if rule.decision == "INCONCLUSIVE"]
    if not unclear:
        return "PASS", 0
    failing = any(rule.inconclusive == "fail" for rule in unclear)
    if failing or any(rule.inconclusive == "warn" for rule in unclear):
        return "INCONCLUSIVE", EXIT_CODES["INCONCLUSIVE"] if failing else 0
    return "PASS", 0


def subjects_of(
    policy: Policy, references: Mapping[str, Rows], candidate: Rows
) -> Iterator[Subject]:
    """Yield what is to be judged; a rule that speaks of nothing is a subject without rows.

    One whose rows all have a rule of their own before it has nothing left to say. A sample of the
    tuning data is no benchmark: only a rule that names it speaks of it. Raises SpecError for one
    margin over rows in different units.
    """
    known = _known((*references.values(), candidate))
    taken: set[str] = set()
    for rule in policy.rules:
        if rule.group is not None:
            rows = tuple(r for r, c in known.items() if _speaks_of(rule, r, c))
            subjects = [(rule.name, rows)]
        else:
            matching = [r for r, c in known.items() if _speaks_of(rule, r, c)]
            mine = [row for row in matching if row not in taken]
            taken.update(mine)
            _check_units(rule, [known[row] for row in mine])
            subjects = [(row, (row,)) for row in mine]
            if not matching:
                subjects = [(rule.name, ())]
        for name, rows in subjects:
            for reference in references:
                yield Subject(rule=rule, name=name, rows=rows, reference=reference)


def left_out(policy: Policy, sides: Sequence[Rows]) -> list[str]:
    """Return a line about the samples of the tuning data that no rule names, if there are any."""
    rows = [
        row
        for row, cell in _known(sides).items()
        if cell.identity.seen_of is not None
        and not any(rule.names(row, cell.identity.task) for rule in policy.rules)
    ]
    if not rows:
        return []
    return [f"left out as samples of the tuning data: {', '.join(rows)}; name one to judge it"]


def _known(sides: Sequence[Rows]) -> dict[str, Evidence]:
    """Return all rows with the last side's cell, or that of a side that knows it for a sample."""
    found: dict[str, Evidence] = {}
    for row, cell in (item for side in sides for item in side.items()):
        if row not in found or found[row].identity.seen_of is None:
            found[row] = cell
    return found


def _speaks_of(rule: Rule, row: str, cell: Evidence) -> bool:
    task = cell.identity.task
    if cell.identity.seen_of is not None:
        return rule.names(row, task)
    return rule.matches(row, task) or rule.group == cell.identity.capability


def _check_units(rule: Rule, cells: Sequence[Evidence]) -> None:
    """Raise SpecError for a margin that means another thing for each row: 2 points, 2 bits/byte."""
    scores = (_scores(rule, cell) for cell in cells)
    units = {unit_text(s.info.unit, difference=True): s.info.unit for s in scores if s is not None}
    if rule.margin is not None and len(units) > 1:
        named = ", ".join(f"{unit!r}: ..." for unit in sorted(units.values()))
        raise SpecError(
            f"gate: {rule.name}: one margin ({rule.margin:g}) for rows in different units; write a "
            f"rule for each, or `margin: {{{named}}}`"
        )


def unmatched(policy: Policy, candidate: Rows) -> list[str]:
    """Return the candidate's rows that no rule speaks of; :func:`left_out` has the other ones."""
    return [
        row
        for row, cell in candidate.items()
        if cell.identity.seen_of is None
        and not any(_speaks_of(rule, row, cell) for rule in policy.rules)
    ]


def _judged(
    subject: Subject, references: Mapping[str, Rows], candidate: Rows, seed: int
) -> RuleVerdict:
    """Return a rule's verdict before correction: REGRESSED wherever its own test says so."""
    rule, reference = subject.rule, references[subject.reference]
    if rule.group is not None:
        tested = group_tested(subject.rows, reference, candidate, rule, seed)
    elif subject.rows:
        tested = row_tested(subject.rows[0], reference, candidate, rule, seed)
    else:
        tested = "no evidence of it"
    about = asked_about(subject, (candidate, reference))
    if isinstance(tested, str):
        return replace(about, reasons=(tested,))
    named = replace(about, metric=tested.metric, unit=tested.unit, margin=tested.margin)
    return _decided(named, tested, rule)


def asked_about(subject: Subject, sides: Sequence[Rows]) -> RuleVerdict:
    """Return what is known of a rule before it is judged; without any evidence no margin."""
    rule = subject.rule
    cells = [side[row] for row in subject.rows for side in sides if row in side]
    capabilities = {cell.identity.capability for cell in cells}
    found = [scores.info for cell in cells if (scores := _scores(rule, cell)) is not None]
    found.sort(key=lambda info: info.ceiling is None)  # drift is no part of a group's mean
    metric, unit = (found[0].name, found[0].unit) if found else ("", "")
    return RuleVerdict(
        rule=rule.name,
        row=subject.name,
        capability=capabilities.pop() if len(capabilities) == 1 else None,
        reference=subject.reference,
        metric=metric if rule.group is None else "",
        unit=unit,
        margin=(rule.stated_margin(unit) or 0.0) if found else 0.0,
        alpha=rule.alpha,
        decision="INCOMPARABLE",
        inconclusive=rule.inconclusive,
    )


def _scores(rule: Rule, cell: Evidence) -> Scores | None:
    return cell.primary if rule.metric is None else cell.scores(rule.metric)


def _decided(about: RuleVerdict, tested: Tested, rule: Rule) -> RuleVerdict:
    high = tested.estimate.high
    judged = replace(
        about,
        estimate=tested.estimate,
        p_pass=tested.p_pass,
        p_regressed=tested.p_regressed,
        declined=high is not None and high < 0,
        detectable=tested.detectable,
        coverage=tested.coverage,
        required=rule.coverage,
    )
    if tested.p_pass is None or tested.p_regressed is None:
        why = tested.estimate.method.partition("(")[2].rstrip(")")
        return replace(judged, decision="INCONCLUSIVE", reasons=(f"no test: {why}",))
    if tested.p_regressed <= rule.alpha:
        return replace(judged, decision="REGRESSED")
    if (short := _short(judged)) is not None:
        return replace(judged, reasons=(short,))
    if tested.p_pass <= rule.alpha:
        return replace(judged, decision="PASS", reasons=tested.accepted)
    return replace(judged, decision="INCONCLUSIVE", reasons=("neither side is certain",))


def _short(rule: RuleVerdict) -> str | None:
    """Return what a rule lacks of the coverage that the policy wants; None if nothing."""
    if rule.coverage is None or rule.required is None or rule.coverage >= rule.required:
        return None
    return f"{100 * rule.coverage:.1f} % of the documents, {100 * rule.required:g} % needed"


def corrected(rules: Sequence[RuleVerdict]) -> list[RuleVerdict]:
    """Apply Holm over the rules; what regressed before correction only is INCONCLUSIVE."""
    adjusted = holm([1.0 if rule.p_regressed is None else rule.p_regressed for rule in rules])
    found = []
    for rule, p in zip(rules, adjusted.tolist(), strict=True):
        with_p = rule if rule.p_regressed is None else replace(rule, adjusted=p)
        if rule.decision == "REGRESSED" and rule.stopped is None and p > rule.alpha:
            short = _short(rule)
            why = f"regressed before correction for {len(rules)} tests only"
            with_p = replace(
                with_p,
                decision="INCONCLUSIVE" if short is None else "INCOMPARABLE",
                reasons=(why,) if short is None else (short, why),
            )
        found.append(with_p)
    return found
