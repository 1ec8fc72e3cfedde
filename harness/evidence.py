"""What a store knows of one cell, in the shape that statistics and analysis read.

A document whose status is ``error`` was not scored: it is no part of the columns, only of
``errors``. Everything else is column-wise and aligned with ``documents``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.metrics.metric import FloatArray, MetricInfo
from harness.records import JSON, Capability, Stage, Status, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who was asked, and how: what the cell's key hashes, and how tables name it."""

    cell: str
    """The cell's key."""
    row: str
    """The table row that it belongs to, the same for all checkpoints: ``medical_qa_en:mcf``."""
    checkpoint: str
    stage: Stage
    parent: str | None = None
    fingerprint: str
    tokenizer: str | None = None
    """Hash of the tokenizer; None when the backend has none."""
    template: str | None = None
    """Hash of the chat template that prompts were made with; None for plain prompts."""
    task: str
    task_version: int
    kind: str
    capability: Capability
    language: str
    variant: Variant
    seed: int
    generation: Mapping[str, JSON] = field(default_factory=dict)
    backend: Mapping[str, JSON] = field(default_factory=dict)
    """What changes numbers: ``name``, ``dtype``, ``max_length``, ``bos`` ..."""
    seen_of: str | None = None
    """The held-out task, where this one's documents are a sample of what was tuned on."""
    privacy: Mapping[str, JSON] = field(default_factory=dict)
    """Of a private cell ``mode`` and ``key``, the id of the key that its hashes are made with."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """One metric's rows, (n, k) float64."""

    info: MetricInfo
    rows: FloatArray

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.rows.shape[1] != len(self.info.columns):
            raise ValueError(
                f"{self.info.name}: rows of shape {self.rows.shape} for "
                f"{len(self.info.columns)} columns"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """The current records of one cell; all tuples have one entry per scored document."""

    identity: Identity
    documents: tuple[str, ...]
    """Their ids, each once."""
    document_hashes: tuple[str, ...]
    """Of their fields: a corrected key is another document, even when the question is the same."""
    request_hashes: tuple[str, ...]
    clusters: tuple[str | None, ...]
    statuses: tuple[Status, ...]
    metrics: tuple[Scores, ...]
    """The primary metric first."""
    reasons: tuple[str | None, ...] = ()
    """Why each document doesn't match, None for a match; empty: not known."""
    planned: int
    """How many documents the plan wanted."""
    errors: int = 0
    """How many more were asked and have no score."""

    def __post_init__(self) -> None:
        n = len(self.documents)
        columns = (self.document_hashes, self.request_hashes, self.clusters, self.statuses)
        reasons = self.reasons or self.statuses
        if any(len(c) != n for c in (*columns, reasons)) or any(
            len(s.rows) != n for s in self.metrics
        ):
            raise ValueError(f"{self.identity.cell}: columns of different lengths")
        if len(set(self.documents)) != n:
            raise ValueError(f"{self.identity.cell}: a document id occurs twice")
        if "error" in self.statuses:
            raise ValueError(f"{self.identity.cell}: a document with an error has no score")
        if not self.metrics:
            raise ValueError(f"{self.identity.cell}: no metric")

    @property
    def primary(self) -> Scores:
        """The task's primary metric."""
        return self.metrics[0]

    def scores(self, metric: str) -> Scores | None:
        """Return the scores of the metric with this name, None if there are none."""
        return next((s for s in self.metrics if s.info.name == metric), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One number that somebody else computed, without the records behind it.

    Nothing can be paired with it: a difference to it has an unpaired standard error, or none.
    """

    identity: Identity
    info: MetricInfo
    value: float
    """In the metric's own scale."""
    error: float | None
    """Its standard error; None: not stated."""
    n: int | None
    """Documents; None: not stated."""
    source: str
    """The file that states it."""


Known: TypeAlias = Evidence | Aggregate
"""What is known of a cell: its records' scores, or one number that somebody states."""
