"""The sequential gate: asks a candidate in a fixed random order until every rule is certain.

The order of each row is stored before its first document is asked (:mod:`harness.gate.orders`).
Rows are asked in turns, a batch each, and judged after every batch (:mod:`harness.gate.session`);
a rule's n is the first at which it is certain, wherever its batch ended.

One rule that is REGRESSED for certain (its e-value reaches K times what a PASS takes, K rules)
decides the verdict, as does one that can't be judged; the rules that are open then stay open. PASS
takes every rule. What was asked stays in the store as the coverage of a run, which ``aligntax run``
completes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.analysis.chains import cells_of
from harness.analysis.subjects import Subject
from harness.asking import Watcher
from harness.backends import open_backend
from harness.errors import SpecError
from harness.evidence import Evidence
from harness.gate.decide import (
    Rows,
    asked_about,
    left_out,
    subjects_of,
    unmatched,
    verdict,
    with_notes,
)
from harness.gate.decide import Subject as Question
from harness.gate.eligible import Eligible, eligible, without
from harness.gate.orders import fixed_order
from harness.gate.planned import planned_evidence
from harness.gate.policy import Policy
from harness.gate.session import Candidate, Session
from harness.gate.trial import Trial, trial_of
from harness.interrupt import Stop
from harness.lineage import nearest
from harness.plan import Cell
from harness.results import RuleVerdict, Verdict
from harness.run import OpenBackend

__all__ = ["Candidate", "sequential_gate"]


def sequential_gate(
    candidate: Candidate,
    references: Sequence[Subject],
    policy: Policy,
    watcher: Watcher,
    stop: Stop | None = None,
    open_: OpenBackend = open_backend,
) -> Verdict:
    """Ask as much of a candidate as it takes to judge it against references, the baseline first.

    Before a model runs: SpecError for an unknown checkpoint, for what can't be judged sequentially
    and for a margin that the documents can't show; a rule without comparable evidence makes the
    verdict INCOMPARABLE, and nothing is asked. Then as :meth:`harness.gate.session.Session.run`.
    """
    cells = _cells(candidate)
    planned = cells_of([planned_evidence(cell) for cell in cells.values()])[candidate.name]
    sides = {subject.name: subject.rows for subject in references}
    questions = [*subjects_of(policy, sides, planned)]
    found = _found(questions, sides, planned, cells, policy)
    subjects = [subject for subject in found if isinstance(subject, Eligible)]
    names = next(iter(sides), ""), candidate.name
    if len(subjects) < len(found):
        rules = [r if isinstance(r, RuleVerdict) else _not_asked(r.about) for r in found]
        joined = verdict(policy, rules, names, unmatched(policy, planned))
        return with_notes(joined, left_out(policy, (*sides.values(), planned)))
    trials = _trials(subjects, candidate, policy)
    session = Session(candidate, trials, watcher, open_)
    session.run(stop or Stop())
    rules = [judged.rule for judged in session.judged]
    joined = verdict(policy, rules, names, unmatched(policy, planned))
    notes = left_out(policy, (*sides.values(), planned))
    return with_notes(joined, [*notes, *_drawn_before(trials, policy), *session.notes])


def _cells(candidate: Candidate) -> dict[str, Cell]:
    """Return the candidate's cells by row."""
    known = [checkpoint.name for checkpoint in candidate.plan.spec.checkpoints]
    if candidate.name not in known:
        hint = nearest(candidate.name, known) or f"; it has {', '.join(known)}"
        raise SpecError(f"--spec: no checkpoint {candidate.name!r}{hint}")
    mine = [cell for cell in candidate.plan.cells if cell.checkpoint.name == candidate.name]
    return {cell.row: cell for cell in mine}


def _found(
    questions: Sequence[Question],
    sides: Mapping[str, Rows],
    planned: Rows,
    cells: Mapping[str, Cell],
    policy: Policy,
) -> list[Eligible | RuleVerdict]:
    found, wrong = [], []
    for question in questions:
        try:
            found.append(_eligible(question, sides[question.reference], planned, cells, policy))
        except SpecError as error:
            wrong.append(str(error))
    if wrong:
        more = f"; {len(wrong) - 1} more can't be judged so either"
        raise SpecError(wrong[0] + more * (len(wrong) > 1))
    return found


def _eligible(
    question: Question,
    reference: Rows,
    planned: Rows,
    cells: Mapping[str, Cell],
    policy: Policy,
) -> Eligible | RuleVerdict:
    rule = question.rule
    row = question.rows[0] if question.rows else None
    sides: tuple[Evidence | None, Evidence | None] = (None, None)
    if row is not None:
        sides = reference.get(row), planned.get(row)
    about = asked_about(question, (planned, reference))
    if rule.group is not None:
        raise without(about, "the mean over a group can't be judged sequentially")
    if row is None:
        return replace(about, reasons=("no evidence of it",))
    if sides[0] is None or sides[1] is None:
        why = "the run.yaml doesn't ask it" if sides[1] is None else "the reference has none of it"
        return replace(about, reasons=(why,))
    both = sides[0], sides[1]
    found = eligible(about, rule, both, cells[row], policy.sequential_target)
    return replace(about, reasons=(found,)) if isinstance(found, str) else found


def _drawn_before(trials: Sequence[Trial], policy: Policy) -> list[str]:
    """Return a line for each row whose order an earlier policy drew with another seed."""
    seeds = {t.subject.about.row: t.order.policy_seed for t in trials}
    return [
        f"{row}: asked in the stored order of seed {seed}; an order is never drawn anew"
        for row, seed in seeds.items()
        if seed != policy.seed
    ]


def _not_asked(subject: RuleVerdict) -> RuleVerdict:
    why = "not asked: another rule can't be judged"
    return replace(subject, decision="INCONCLUSIVE", reasons=(why,))


def _trials(subjects: Sequence[Eligible], candidate: Candidate, policy: Policy) -> list[Trial]:
    """Fix the order of each row, then the trials; a row is asked once for all its references."""
    orders = {}
    for row in dict.fromkeys(subject.about.row for subject in subjects):
        mine = [subject for subject in subjects if subject.about.row == row]
        orders[row] = fixed_order(
            candidate.store,
            [*dict.fromkeys(item for subject in mine for item in subject.items)],
            [subject.fingerprint for subject in mine],
            candidate.inspections[candidate.name].fingerprint,
            policy.seed,
        )
    target, tests = policy.sequential_target, len(subjects)
    return [trial_of(s, orders[s.about.row], target, tests) for s in subjects]
