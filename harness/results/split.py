"""A change taken apart into terms that sum to it exactly."""

from dataclasses import dataclass

from harness.records import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of a change, in the metric's own scale."""

    name: str
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a task's change between two checkpoints consists of."""

    task: str
    metric: str
    unit: str
    reference: str
    candidate: str
    total: Estimate
    """Candidate minus reference, each asked in its native way."""
    terms: tuple[Term, ...]
    """They sum to ``total``."""
    detail: str
    """What the terms were made of: which variants, over which documents."""
