"""What a metric is: a row of numbers per sample, and an aggregate over summed rows.

Everything statistical works on rows and never knows the metric: a resample of documents is a sum
of rows, and ``aggregate`` turns (B, k) sums into B values. The split is sacrebleu's
(``Metric._compute_segment_statistics`` / ``_aggregate_and_compute``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.records import Document, Formulation

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """What is known of a metric without its code; stored beside its rows."""

    name: str
    signature: str
    """Everything that changes the number, sacrebleu style: ``bleu|tok:zh|...|version:2.6.0``."""
    columns: tuple[str, ...]
    """Names of the k numbers in a row."""
    aggregate: str
    """Key in :data:`harness.metrics.aggregate.AGGREGATES`, or for ``resample`` records in
    :data:`harness.metrics.record_aggregates.RECORD_AGGREGATES`."""
    resample: Literal["sums", "records"] = "sums"
    """What ``aggregate`` takes: rows summed over documents, or one by one (slower)."""
    higher_is_better: bool = True
    unit: str = "%"
    """``%`` (a proportion, shown x100), ``points`` (0 to 100), ``bits/byte``, ``ppl`` or ``nats``;
    empty for a plain number."""
    chance: float = 0.0
    """Score of guessing, in the metric's own scale, over the documents of the task."""
    ceiling: float | None = 1.0
    """Best possible score; None when there is none (perplexity)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric that a task reports.

    ``statistics`` maps a sample's outcome (a value of :mod:`harness.metrics.outcomes`) to a row.
    """

    info: MetricInfo
    statistics: Callable[[Any], Sequence[float]]
    chance: Callable[[Document], float] | None = None
    """Per-document chance level, averaged into ``info.chance``; None: ``info.chance`` as it is."""
    formulations: tuple[Formulation, ...] | None = None
    """The formulations it is defined for; None: all of the task's."""
    rows: Callable[[Sequence[Any]], Sequence[Sequence[float]]] | None = None
    """From all outcomes to their rows, where a row depends on the others; None: ``statistics`` of
    each."""
