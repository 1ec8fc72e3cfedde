"""From the names of a baseline and a candidate to the verdict over their stored evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.analysis.subjects import Subject, find_subject
from harness.gate.decide import decide
from harness.gate.policy import Policy
from harness.results import Verdict
from harness.store import Store
from harness.store.verdicts import UsedSide, used_cell

__all__ = ["Judged", "find_sides", "judge", "used"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """A verdict and whose evidence it rests on."""

    verdict: Verdict
    references: Sequence[Subject]
    """The baseline, then the anchor if there is one."""
    candidate: Subject | None
    """None if a sequential gate had no reason to ask it."""


def judge(store: Store, baseline: str, candidate: str, policy: Policy) -> Judged:
    """Judge a candidate against a baseline and the policy's anchor, from what a store holds.

    Raises EvidenceError for a name that stands for nothing, SpecError for margins that the
    documents can't show, StoreError for what can't be read.
    """
    *references, last = find_sides(store, baseline, candidate, policy)
    sides = {subject.name: subject.rows for subject in references}
    verdict = decide(policy, sides, last.rows, candidate)
    same = last.fingerprint is not None and last.fingerprint == references[0].fingerprint
    if same:
        note = f"{candidate} and {baseline} are the same weights"
        verdict = replace(verdict, reasons=(*verdict.reasons, note))
    return Judged(verdict=verdict, references=references, candidate=last)


def find_sides(store: Store, baseline: str, candidate: str, policy: Policy) -> list[Subject]:
    """Return the baseline, the policy's anchor if it has one, and the candidate; errors as above.

    Of their scores only those are read that the policy judges.
    """
    metrics = {rule.metric for rule in policy.rules if rule.metric is not None}
    names = dict.fromkeys([baseline, *([policy.anchor] if policy.anchor else [])])
    return [find_subject(store, name, metrics) for name in (*names, candidate)]


def used(judged: Judged) -> list[UsedSide]:
    """Return what a stored verdict keeps of its evidence."""
    sides = (*judged.references, judged.candidate)
    return [_side(subject) for subject in sides if subject is not None]


def _side(subject: Subject) -> UsedSide:
    cells = (c for c in subject.account["cells"] if c["checkpoint"] == subject.checkpoint)
    return UsedSide(
        name=subject.name,
        family=subject.family,
        checkpoint=subject.checkpoint,
        fingerprint=subject.fingerprint,
        cells=tuple(used_cell(cell) for cell in cells),
    )
