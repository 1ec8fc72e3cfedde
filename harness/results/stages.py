"""The stage table, its changes, and what they are worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.metrics.metric import MetricInfo
from harness.records import Capability, Estimate, Stage, Status

ComparabilityVerdict = Literal["COMPARABLE", "QUALIFIED", "INCOMPARABLE"]
Wording = Literal["gained", "lost", "changed", "no clear change", "not comparable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Candidate minus reference over paired documents, in the metric's own scale."""

    estimate: Estimate
    p: float | None
    """Two-sided, of no difference; None where the data allow no test."""
    test: str
    """Where ``p`` comes from."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two cells can't be compared without a word of care."""

    code: str
    """``template_differs``, ``coverage`` ..."""
    detail: str = ""
    """``96 %``, ``3 of 120``, ``float32, bfloat16``."""

    def __str__(self) -> str:
        """``coverage 96 %``."""
        return f"{self.code} {self.detail}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparability:
    """Whether the difference of two cells says something about their checkpoints."""

    verdict: ComparabilityVerdict
    reasons: tuple[Reason, ...] = ()
    """Empty exactly when COMPARABLE."""
    paired: int
    """Documents that enter the difference."""
    wanted: int
    """Documents that the larger of the two plans wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened between a checkpoint and its reference on one row."""

    reference: str
    """The reference checkpoint's name."""
    difference: Difference | None
    """None when there is nothing to compare; ``comparability`` or ``missing`` says why."""
    comparability: Comparability | None
    """None when the reference or the checkpoint itself has no evidence."""
    wording: Wording
    missing: str | None = None
    """Why there is no difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One checkpoint on one row of the stage table."""

    checkpoint: str
    cell: str | None
    """Key of the cell; None when it has none."""
    info: MetricInfo | None
    estimate: Estimate | None
    missing: str | None = None
    """Why there is no estimate."""
    answered: int = 0
    planned: int = 0
    errors: int = 0
    statuses: Mapping[Status, int] = field(default_factory=dict)
    """How many documents have each status; ``error`` included."""
    change: Change | None = None
    """Against the parent; None for a root."""

    @property
    def coverage(self) -> float | None:
        """Share of the planned documents that have a score; None when nothing was planned."""
        return min(1.0, self.answered / self.planned) if self.planned else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One task variant and its primary metric, over all checkpoints."""

    name: str
    task: str
    kind: str
    capability: Capability
    language: str
    info: MetricInfo
    """Of the first checkpoint that has evidence; entries keep their own."""
    entries: tuple[Entry, ...]
    """In the order of the table's checkpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One checkpoint of the stage table."""

    name: str
    stage: Stage
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTable:
    """Every row's estimate per checkpoint, and what each checkpoint changed against its parent."""

    columns: tuple[Column, ...]
    """Parents before children."""
    rows: tuple[TableRow, ...]
    """By capability, then as given."""
    confidence: float
