"""From records to score layers; no model runs here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.metrics.metric import Metric, MetricInfo
from harness.records import Formulation, SampleRecord
from harness.store import Store
from harness.store.layers import is_current, layer_path, read_layer, write_layer
from harness.task import Task


def write_scores(store: Store, key: str, task: Task, formulation: Formulation) -> list[str]:
    """Bring a cell's score layers up to date; return the layers' names, the primary first.

    Layers that already follow from the cell's records are left alone.
    """
    coverage = store.coverage(key)
    folder = store.scores_folder(key)
    metrics = task.metrics_of(formulation)
    paths = [layer_path(folder, metric.info) for metric in metrics]
    stale = [
        metric
        for metric, path in zip(metrics, paths, strict=True)
        if not (path.exists() and is_current(read_layer(path), coverage))
    ]
    if stale:
        records = [r for r in store.records(key) if r.status != "error"]
        outcomes = [task.score(r.as_document, r.responses, formulation).outcome for r in records]
        for metric in stale:
            rows = rows_of(metric, outcomes)
            shape = (len(rows), len(metric.info.columns))
            matrix = np.asarray(rows, dtype=np.float64).reshape(shape)
            write_layer(folder, _with_chance(metric, records), records, matrix)
    return [path.stem for path in paths]


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
