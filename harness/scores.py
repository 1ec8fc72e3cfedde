"""From records to score layers; no model runs here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.metrics.metric import Metric, MetricInfo
from harness.plan import Cell
from harness.records import SampleRecord
from harness.store import Asked, Coverage, Store
from harness.store.layers import is_current, layer_path, read_layer, write_layer
from harness.task import Score


def write_scores(store: Store, cell: Cell) -> list[str]:
    """Bring a cell's score layers up to date; return the layers' names, the primary first.

    Layers that already follow from the cell's records are left alone.
    """
    coverage = store.coverage(cell.key)
    wanted = {asked: held for asked, held in coverage.items() if asked in cell.asked}
    folder = store.scores_folder(cell.key)
    metrics = cell.task.metrics_of(cell.variant.formulation)
    paths = [layer_path(folder, metric.info) for metric in metrics]
    stale = [
        metric
        for metric, path in zip(metrics, paths, strict=True)
        if not _is_there(path, wanted if metric.rows else coverage)
    ]
    if stale:
        scored = _scored(store, cell)
        for metric in stale:
            _write(folder, metric, scored, cell)
    return [path.stem for path in paths]


def _is_there(path: Path, coverage: Mapping[Asked, Coverage]) -> bool:
    return path.exists() and is_current(read_layer(path), coverage)


def _scored(store: Store, cell: Cell) -> list[tuple[SampleRecord, Score]]:
    """Score a cell's records anew; what can't be scored any more is left out."""
    records = [r for r in store.records(cell.key) if r.status != "error"]
    formulation = cell.variant.formulation
    scored = [(r, cell.task.score(r.as_document, r.responses, formulation)) for r in records]
    return [(record, score) for record, score in scored if score.status != "error"]


def _write(
    folder: Path, metric: Metric, scored: Sequence[tuple[SampleRecord, Score]], cell: Cell
) -> None:
    """Write one layer. Rows that depend on each other are made from the run's own documents."""
    own = [(r, score) for r, score in scored if (r.document, r.request_hash) in cell.asked]
    kept = own if metric.rows else scored
    rows = rows_of(metric, [score.outcome for _, score in kept])
    matrix = np.asarray(rows, dtype=np.float64).reshape(len(rows), len(metric.info.columns))
    info = _with_chance(metric, [record for record, _ in own])
    write_layer(folder, info, [(record, score.status) for record, score in kept], matrix)


def rows_of(metric: Metric, outcomes: Sequence[Any]) -> Sequence[Sequence[float]]:
    """Return a metric's rows, one for each outcome."""
    if metric.rows is not None:
        return metric.rows(outcomes)
    return [metric.statistics(outcome) for outcome in outcomes]


def _with_chance(metric: Metric, records: list[SampleRecord]) -> MetricInfo:
    if metric.chance is None or not records:
        return metric.info
    chance = float(np.mean([metric.chance(r.as_document) for r in records]))
    return replace(metric.info, chance=chance)
