"""From a policy and stored evidence to a verdict: non-inferiority per rule, Holm over all.

Overall PASS needs every rule to pass, each at its own alpha: an intersection-union test, which
needs no correction (Berger 1982). REGRESSED is said of rules that stay significant after Holm; a
failure before correction only is INCONCLUSIVE. Missing evidence never passes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.evidence import Evidence
from harness.gate.policy import Policy, Rule
from harness.gate.testing import Tested, group_tested, row_tested
from harness.records import Capability
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

    Raises SpecError for a margin below what the documents can show, unless the rule allows it.
    """
    subjects = [*_subjects(policy, references, candidate)]
    judged = [_judged(subject, references, candidate, policy.seed) for subject in subjects]
    names = next(iter(references), ""), who
    return verdict(policy, corrected(judged), names, _unmatched(policy, candidate))


def verdict(
    policy: Policy,
    rules: Sequence[RuleVerdict],
    names: tuple[str, str],
    unmatched: Sequence[str] = (),
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
        alpha=policy.alpha,
        reasons=tuple(reasons),
        unmatched=tuple(unmatched),
    )


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


def _subjects(policy: Policy, references: Mapping[str, Rows], candidate: Rows) -> Iterator[Subject]:
    """Yield what is to be judged; a rule that speaks of nothing is a subject without rows."""
    known = {row: cell for side in (*references.values(), candidate) for row, cell in side.items()}
    taken: set[str] = set()
    for rule in policy.rules:
        if rule.group is not None:
            rows = tuple(r for r, c in known.items() if c.identity.capability == rule.group)
            subjects = [(rule.name, rows)]
        else:
            mine = [
                r for r, c in known.items() if r not in taken and rule.matches(r, c.identity.task)
            ]
            taken.update(mine)
            subjects = [(row, (row,)) for row in mine] or [(rule.name, ())]
        for name, rows in subjects:
            for reference in references:
                yield Subject(rule=rule, name=name, rows=rows, reference=reference)


def _unmatched(policy: Policy, candidate: Rows) -> list[str]:
    return [
        row
        for row, cell in candidate.items()
        if not any(
            rule.matches(row, cell.identity.task) or rule.group == cell.identity.capability
            for rule in policy.rules
        )
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
    about = RuleVerdict(
        rule=rule.name,
        row=subject.name,
        capability=_capability(subject.rows, (reference, candidate)),
        reference=subject.reference,
        metric="" if isinstance(tested, str) else tested.metric,
        unit="" if isinstance(tested, str) else tested.unit,
        margin=(rule.margin or 0.0) if isinstance(tested, str) else tested.margin,
        alpha=rule.alpha,
        decision="INCOMPARABLE",
        inconclusive=rule.inconclusive,
        reasons=(tested,) if isinstance(tested, str) else (),
    )
    return about if isinstance(tested, str) else _decided(about, tested, rule)


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
    )
    if tested.p_pass is None or tested.p_regressed is None:
        return replace(judged, decision="INCONCLUSIVE", reasons=(tested.estimate.method,))
    if tested.p_regressed <= rule.alpha:
        return replace(judged, decision="REGRESSED")
    if tested.coverage < rule.coverage:
        short = f"{100 * tested.coverage:.1f} % of the documents, {100 * rule.coverage:g} % needed"
        return replace(judged, reasons=(short,))
    if tested.p_pass <= rule.alpha:
        return replace(judged, decision="PASS", reasons=tested.accepted)
    return replace(judged, decision="INCONCLUSIVE", reasons=("neither side is certain",))


def corrected(rules: Sequence[RuleVerdict]) -> list[RuleVerdict]:
    """Apply Holm over the rules; what regressed before correction only is INCONCLUSIVE."""
    adjusted = holm([1.0 if rule.p_regressed is None else rule.p_regressed for rule in rules])
    found = []
    for rule, p in zip(rules, adjusted.tolist(), strict=True):
        with_p = rule if rule.p_regressed is None else replace(rule, adjusted=p)
        if rule.decision == "REGRESSED" and rule.stopped is None and p > rule.alpha:
            why = f"regressed before correction for {len(rules)} tests only"
            with_p = replace(with_p, decision="INCONCLUSIVE", reasons=(why,))
        found.append(with_p)
    return found


def _capability(rows: Sequence[str], sides: Sequence[Rows]) -> Capability | None:
    found = {side[row].identity.capability for row in rows for side in sides if row in side}
    return found.pop() if len(found) == 1 else None
