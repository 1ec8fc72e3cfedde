"""What training did along a chain or along an attribute, beside the tasks' own scores."""

from dataclasses import dataclass

from harness.records import Estimate
from harness.results.stages import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StageGap:
    """One checkpoint on what it was tuned on and on what was held out."""

    checkpoint: str
    seen: Estimate
    held: Estimate
    gap: Estimate
    """Seen minus held out, in the metric's own scale; the two share no document."""
    since_previous: Estimate | None
    """What the gap changed since the stage before; None for the first, or where not comparable."""
    since_first: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The generalisation gap of one metric along a chain: overfitting shows as a rising one."""

    seen: str
    """The row over a sample of the tuning data."""
    held: str
    """The row over held-out data."""
    metric: str
    unit: str
    higher_is_better: bool
    stages: tuple[StageGap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One checkpoint of a curve."""

    checkpoint: str
    at: float
    """The attribute's value."""
    estimate: Estimate
    """Over the documents that all points share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One row over a numeric attribute of the checkpoints: ``step``, ``train_tokens`` ..."""

    row: str
    metric: str
    unit: str
    higher_is_better: bool
    attribute: str
    points: tuple[Point, ...]
    """In the order of the attribute."""
    rho: float | None
    """Spearman's rank correlation; None where all values are the same."""
    p: float | None
    """Two-sided, of no trend."""
    test: str
    peak: str
    """The checkpoint with the best value."""
    fall: Estimate | None
    """Last minus peak; its interval is simultaneous over the earlier points (Bonferroni). None if
    the last is the peak."""
    worse: bool
    """Whether the last is worse than the peak beyond that interval."""
    qualified: tuple[Reason, ...] = ()
