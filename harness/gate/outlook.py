"""What a policy can see on stored evidence, and what it would cost; nothing runs.

The spread of differences is the planned one: the policy's ``flips``, design effects of clusters as
the baseline's own scores show them. Of other than right-or-wrong outcomes it is assumed, unless a
candidate shows a smaller one.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from math import ceil, prod

import numpy as np
from scipy.stats import norm

from harness.analysis.subjects import Subject
from harness.evidence import Evidence
from harness.gate.decide import Rows, left_out, subjects_of
from harness.gate.decide import Subject as Question
from harness.gate.judging import find_sides
from harness.gate.policy import Policy, Rule
from harness.gate.testing import Tested, group_tested, planned_spread, row_tested
from harness.results.outlook import Expected, Outlook, RuleOutlook
from harness.stats.clusters import unit_codes, unit_count
from harness.stats.foresight import foresee
from harness.stats.intervals import is_binary
from harness.stats.power import POWER
from harness.stats.sequential import Design
from harness.store import Store

__all__ = ["outlook"]

_DISASTER = -0.10  # ten points


def outlook(store: Store, baseline: str, candidate: str | None, policy: Policy) -> Outlook:
    """Return what a gate of a candidate will be able to see.

    Without a candidate all documents of the baseline are taken as asked. Raises EvidenceError for
    a name that stands for nothing, SpecError for a policy that can't be used, StoreError.
    """
    *references, last = find_sides(store, baseline, candidate or baseline, policy)
    sides = {subject.name: subject.rows for subject in references}
    questions = [*subjects_of(policy, sides, last.rows)]
    rules = [_rule(q, sides, last, policy, len(questions)) for q in questions]
    if candidate is None:
        rules = [
            replace(rule, coverage=None, assumed=_assumed(question, last.rows))
            for rule, question in zip(rules, questions, strict=True)
        ]
    powers = [rule.power for rule in rules]
    known = [power for power in powers if power is not None]
    return Outlook(
        baseline=baseline,
        candidate=candidate,
        policy=policy.source,
        policy_hash=policy.hash,
        rules=tuple(rules),
        alpha=max(rule.alpha for rule in policy.rules),
        all_pass=prod(known) if len(known) == len(powers) and known else None,
        reasons=tuple(left_out(policy, (*sides.values(), last.rows))),
    )


def _assumed(question: Question, rows: Rows) -> bool:
    """Say whether no share of flips tells how much a rule's differences vary."""
    metric, cells = question.rule.metric, [rows[row] for row in question.rows if row in rows]
    found = [cell.primary if metric is None else cell.scores(metric) for cell in cells]
    return any(scores is not None and not is_binary(scores.info, scores.rows) for scores in found)


def _rule(
    question: Question, sides: Mapping[str, Rows], last: Subject, policy: Policy, tests: int
) -> RuleOutlook:
    rule = replace(question.rule, allow_underpowered=True)
    reference = sides[question.reference]
    about = RuleOutlook(
        rule=rule.name, row=question.name, reference=question.reference, alpha=rule.alpha
    )
    if rule.group is not None:
        tested = group_tested(question.rows, reference, last.rows, rule, policy.seed)
    elif question.rows:
        tested = row_tested(question.rows[0], reference, last.rows, rule, policy.seed)
    else:
        return replace(about, missing="no evidence of it")
    if isinstance(tested, str):
        return replace(about, missing=tested)
    about = _powered(about, tested, question.rule)
    if rule.group is not None:
        return replace(about, units=tested.wanted, not_sequential="a mean over a group")
    return _sequential(about, reference[question.rows[0]], rule, policy, tests)


def _powered(about: RuleOutlook, tested: Tested, rule: Rule) -> RuleOutlook:
    error = tested.detectable / float(norm.isf(rule.alpha) + norm.ppf(POWER))
    return replace(
        about,
        metric=tested.metric,
        unit=tested.unit,
        margin=tested.margin,
        documents=tested.wanted,
        detectable=tested.detectable,
        needed=ceil(tested.wanted * (tested.detectable / tested.margin) ** 2 - 1e-9),
        allowed=rule.allow_underpowered or tested.detectable <= tested.margin,
        power=float(norm.sf(norm.isf(rule.alpha) - tested.margin / error)) if error else None,
        coverage=tested.coverage,
    )


def _sequential(
    about: RuleOutlook, cell: Evidence, rule: Rule, policy: Policy, tests: int
) -> RuleOutlook:
    """Add the units, and what a sequential gate would ask of them."""
    codes = unit_codes(cell.clusters)
    units = round(unit_count(len(cell.documents), codes) * about.documents / len(cell.documents))
    about = replace(about, units=units)
    if (why := _not_sequential(about, cell, rule, policy, clustered=codes is not None)) is not None:
        return replace(about, not_sequential=why)
    scores = cell.primary if rule.metric is None else cell.scores(rule.metric)
    assert scores is not None  # it has been tested
    spread = planned_spread(scores, cell.clusters, rule.flips)
    if not spread:
        return replace(about, not_sequential="fewer than two independent documents")
    size = len(cell.documents) / unit_count(len(cell.documents), codes)
    largest = 1 if codes is None else int(np.bincount(codes).max())
    design = Design(
        margin=about.margin,
        units=units,
        alpha=rule.alpha,
        target=policy.sequential_target,
        flips=(spread * size / largest) ** 2,
        binary=codes is None and is_binary(scores.info, scores.rows),
        tests=tests,
    )
    return replace(about, expected=_expected(design, size / largest, size, policy.seed))


@lru_cache(maxsize=256)  # rows of one size share a simulation
def _expected(design: Design, shrunk: float, size: float, seed: int) -> tuple[Expected, ...]:
    """Simulate no change, twice the margin and a disaster; in documents, ``size`` to a unit.

    A cluster's bet is its sum over the largest cluster: smaller ones move it less (``shrunk``).
    """
    found = []
    for true in sorted({0.0, -2 * design.margin, _DISASTER}, reverse=True):
        moved = (true + design.margin) * shrunk - design.margin
        rng = np.random.default_rng([seed, design.units])
        seen = foresee(design, moved, design.flips, rng)
        found.append(
            Expected(
                difference=true,
                items=seen.mean * size,
                tenth=seen.tenth * size,
                passed=seen.passed,
                regressed=seen.regressed,
            )
        )
    return tuple(found)


def _not_sequential(
    about: RuleOutlook, cell: Evidence, rule: Rule, policy: Policy, *, clustered: bool
) -> str | None:
    """Return why :mod:`harness.gate.sequential` would refuse a row."""
    scores = cell.primary if rule.metric is None else cell.scores(rule.metric)
    assert scores is not None  # it has been tested
    info, rows = scores.info, scores.rows
    if info.aggregate != "mean" or info.resample != "sums":
        return f"{info.name} is no mean over documents"
    if info.unit != "%" or not np.isin(rows[:, 1], (0.0, 1.0)).all() or about.margin >= 1:
        return f"{info.name} isn't known to lie between 0 and 1"
    if clustered and policy.sequential_target == "benchmark":
        return "clusters can't be judged with the target 'benchmark'"
    return None
