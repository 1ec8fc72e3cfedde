"""Which checkpoints are to be compared by KL, with which references, on whose texts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.checkpoint import Inspection
from harness.errors import SpecError
from harness.plan import Cell, make_plan
from harness.records import JSON, Checkpoint, Document
from harness.spec import RunSpec
from harness.store import Store
from harness.store.divergences import divergence_held

__all__ = ["Errand", "lacking", "plan_divergence"]

_HOW = ("task", "task_version", "formulation", "format", "shots", "template", "backend")


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One checkpoint, its reference and the texts of a task."""

    reference: Checkpoint
    cell: Cell
    """The candidate's: it says what is asked, and under which privacy."""
    identity: Mapping[str, JSON]
    """Who is compared and how: what the file's name hashes."""
    unfit: str | None = None
    """Why these two can't be compared, as far as is known without loading them."""

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.cell.title} against {self.reference.name}"


def plan_divergence(spec: RunSpec, inspections: Mapping[str, Inspection]) -> tuple[Errand, ...]:
    """Return what a spec asks for under ``divergence``, parents first; nothing without it.

    Raises SpecError for a backend or a task that can't be compared so, and whatever
    :func:`harness.plan.make_plan` raises.
    """
    asked = spec.divergence
    if asked is None:
        return ()
    if spec.backend.name != "hf":
        raise SpecError(
            f"divergence: backend {spec.backend.name} doesn't give the whole distributions of two "
            "models; use backend hf, or take `divergence` out"
        )
    checkpoints = {checkpoint.name: checkpoint for checkpoint in spec.checkpoints}
    found = []
    for cell in make_plan(replace(spec, tasks=asked.tasks), inspections).cells:
        if cell.task.kind != "perplexity":
            raise SpecError(
                f"divergence.tasks: {cell.task.name} is a task of kind {cell.task.kind}; name "
                "perplexity tasks, whose texts both models can read"
            )
        name = asked.reference or cell.checkpoint.parent
        if name is not None and name != cell.checkpoint.name:
            found.append(_errand(checkpoints[name], cell, inspections))
    return tuple(found)


def _errand(reference: Checkpoint, cell: Cell, inspections: Mapping[str, Inspection]) -> Errand:
    ours, theirs = inspections[reference.name], inspections[cell.checkpoint.name]
    unfit = None
    if ours.tokenizer_hash != theirs.tokenizer_hash:
        unfit = "the tokenizers differ, so there is no common vocabulary to sum over"
    elif ours.fingerprint == theirs.fingerprint:
        unfit = "both are the same checkpoint by fingerprint"
    identity = {
        "reference": ours.fingerprint,
        "candidate": theirs.fingerprint,
        "tokenizer": theirs.tokenizer_hash,
        **{name: cell.identity[name] for name in _HOW},
        **({"seed": cell.identity["seed"]} if cell.variant.shots else {}),  # it draws examples
        **cell.veil.identity,
    }
    return Errand(reference=reference, cell=cell, identity=identity, unfit=unfit)


def lacking(errand: Errand, store: Store) -> tuple[Document, ...]:
    """Return the documents of an errand that a store has no result for; none if it is unfit."""
    if errand.unfit is not None:
        return ()
    held = divergence_held(store, errand.identity)
    known = {(d.document, d.request) for d in held.documents} if held else set()
    return tuple(d for d in errand.cell.documents if errand.cell.stored(d) not in known)
