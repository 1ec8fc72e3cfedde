"""From records to score layers; no model runs here."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol

import numpy as np

from harness.errors import DamageError, EvidenceError
from harness.guard import reason_of, score_of
from harness.metrics.metric import FloatArray, Metric, MetricInfo
from harness.records import Document, SampleRecord, Status, Variant
from harness.store import Asked, Coverage, Store
from harness.store.layers import MOST, is_current, layer_path, read_layer, write_layer
from harness.task import Score, Task


class ScoredCell(Protocol):
    """What scoring has to know of a cell; the cells of a plan are such."""

    @property
    def key(self) -> str:
        """Where the store has it."""
        ...

    @property
    def task(self) -> Task:
        """Who scores it."""
        ...

    @property
    def variant(self) -> Variant:
        """How it was asked."""
        ...

    @property
    def asked(self) -> Set[Asked]:
        """The identities of the records that count in the run."""
        ...

    @property
    def private(self) -> bool:
        """Whether its texts are masked or left out: rows are those that the records carry."""
        ...

    @property
    def title(self) -> str:
        """How messages call it."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a metric's layer holds."""

    info: MetricInfo
    scored: Sequence[tuple[SampleRecord, Status]]
    reasons: Sequence[str | None]
    """Why each of ``scored`` doesn't match."""
    matrix: FloatArray
    """Shape (n, k): a row for each of ``scored``."""


class LayerError(EvidenceError):
    """A metric raised, so its layer can't be made; those of the other metrics are up to date."""

    def __init__(self, message: str, layers: list[str]) -> None:
        """Keep the names of the layers that can be used: none where the primary one is missing."""
        super().__init__(message)
        self.layers = layers


def write_scores(
    store: Store,
    cell: ScoredCell,
    coverage: Mapping[Asked, Coverage] | None = None,
    *,
    anew: bool = False,
) -> list[str]:
    """Bring a cell's score layers up to date; return the layers' names, the primary first.

    Layers that already follow from the cell's records are left alone, unless ``anew``.
    ``coverage`` is what the store holds of the cell, where that is known; else it is read. Raises
    LayerError, when all other layers are written, for metrics that raise.
    """
    coverage = store.coverage(cell.key) if coverage is None else coverage
    wanted = {asked: held for asked, held in coverage.items() if asked in cell.asked}
    folder = store.scores_folder(cell.key)
    metrics = metrics_of(cell)
    paths = [layer_path(folder, metric.info) for metric in metrics]
    stale = [
        metric
        for metric, path in zip(metrics, paths, strict=True)
        if anew or not _is_there(path, wanted if metric.rows else coverage)
    ]
    raised: dict[Path, str] = {}
    if stale:
        scored = scored_records(store, cell)
        unknown = [metric for metric in stale if not _is_known(metric, scored, cell)]
        gone = {layer_path(folder, metric.info) for metric in unknown}
        paths = [path for path in paths if path not in gone]
        for metric in [metric for metric in stale if metric not in unknown]:
            reason = _write(folder, metric, scored, cell)
            if reason is not None:
                raised[layer_path(folder, metric.info)] = f"metric {metric.info.name} {reason}"
    if raised:
        usable = [] if paths[0] in raised else [path.stem for path in paths if path not in raised]
        raise LayerError(f"{cell.title}: {'; '.join(raised.values())}", usable)
    return [path.stem for path in paths]


def _is_there(path: Path, coverage: Mapping[Asked, Coverage]) -> bool:
    try:
        return path.exists() and is_current(read_layer(path), coverage)
    except DamageError:  # it is made again
        return False


def metrics_of(cell: ScoredCell) -> list[Metric]:
    """Return the metrics that can have a layer; a private record has rows of its own only."""
    metrics = cell.task.metrics_of(cell.variant.formulation)
    return [metric for metric in metrics if not (cell.private and metric.rows)]


def _is_known(
    metric: Metric, scored: Sequence[tuple[SampleRecord, Score]], cell: ScoredCell
) -> bool:
    """Say whether the records that count have rows of a metric, or texts to make them from."""
    own = (r for r, _ in scored if (r.document, r.request_hash) in cell.asked)
    return all(_has_row(record, metric) for record in own)


def _has_row(record: SampleRecord, metric: Metric) -> bool:
    return record.veiled is None or metric.info.signature in record.veiled.rows


def left_out(cell: ScoredCell, layers: Sequence[str]) -> list[str]:
    """Return the names of the metrics that have none of a cell's layers.

    The texts of a private cell can't be scored again: what wasn't computed while they were in
    memory, or needs all answers together, can't be had.
    """
    metrics = cell.task.metrics_of(cell.variant.formulation)
    return [m.info.name for m in metrics if layer_path(Path(), m.info).stem not in layers]


def scored_records(store: Store, cell: ScoredCell) -> list[tuple[SampleRecord, Score]]:
    """Score a cell's records anew; what can't be scored any more is left out."""
    return score_records(cell, store.records(cell.key))


def score_records(
    cell: ScoredCell, records: Sequence[SampleRecord]
) -> list[tuple[SampleRecord, Score]]:
    """Score some records of a cell; those without a score are left out."""
    kept = [r for r in records if r.status != "error"]
    if cell.private:
        return [(r, Score(status=r.status, outcome=None, reason=r.reason)) for r in kept]
    formulation = cell.variant.formulation
    scored = [(r, score_of(cell.task, r.as_document, r.responses, formulation)) for r in kept]
    return [(record, score) for record, score in scored if score.status != "error"]


def _write(
    folder: Path, metric: Metric, scored: Sequence[tuple[SampleRecord, Score]], cell: ScoredCell
) -> str | None:
    """Write one layer, or return why the metric can't."""
    try:
        made = layer_rows(metric, scored, cell.asked)
    except Exception as error:  # noqa: BLE001 - code of others
        return f"raised {reason_of(error)}"
    write_layer(folder, made.info, made.scored, made.matrix, made.reasons)
    return None


def layer_rows(
    metric: Metric, scored: Sequence[tuple[SampleRecord, Score]], asked: Set[Asked]
) -> Rows:
    """Return a metric's rows over a cell's scored records. Raises whatever the metric raises.

    Rows that depend on each other are made from the run's own documents, those ``asked``.
    """
    own = [(r, score) for r, score in scored if (r.document, r.request_hash) in asked]
    kept = own if metric.rows else [(r, score) for r, score in scored if _has_row(r, metric)]
    rows = _stored_rows(metric, kept) or rows_of(metric, [score.outcome for _, score in kept])
    matrix = np.asarray(rows, dtype=np.float64).reshape(len(rows), len(metric.info.columns))
    if not (np.abs(matrix) < MOST).all():
        raise ValueError("a row holds what is no score: NaN, or a number without end")
    info = _with_chance(metric, [record for record, _ in own])
    statuses = [(record, score.status) for record, score in kept]
    return Rows(info, statuses, [score.reason for _, score in kept], matrix)


def _stored_rows(
    metric: Metric, scored: Sequence[tuple[SampleRecord, Score]]
) -> Sequence[Sequence[float]]:
    """Return the rows that the records of a private cell carry; none of an open one."""
    return [record.veiled.rows[metric.info.signature] for record, _ in scored if record.veiled]


def rows_of(metric: Metric, outcomes: Sequence[Any]) -> Sequence[Sequence[float]]:
    """Return a metric's rows, one for each outcome."""
    if metric.rows is not None:
        return metric.rows(outcomes)
    return [metric.statistics(outcome) for outcome in outcomes]


def _with_chance(metric: Metric, records: list[SampleRecord]) -> MetricInfo:
    if metric.chance is None or not records:
        return metric.info
    levels = [_chance(metric, metric.chance, record) for record in records]
    return replace(metric.info, chance=fmean(levels))  # exact: the records' order plays no part


def _chance(metric: Metric, level: Callable[[Document], float], record: SampleRecord) -> float:
    if record.veiled is not None:
        return record.veiled.chance[metric.info.signature]
    return level(record.as_document)
