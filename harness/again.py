"""Asking a cell's recorded documents again, and what was answered then beside what is now."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.analysis.noise import Side
from harness.backends.base import Backend
from harness.evidence import Scores
from harness.guard import finite, reason_of, score_of
from harness.metrics.metric import FloatArray, Metric
from harness.plan import Cell
from harness.recording import make_record
from harness.records import Document, Failure, Response, SampleRecord
from harness.run import Watcher
from harness.scores import rows_of
from harness.store import Asked, Store
from harness.store.layers import Layer, layer_path, read_layer

__all__ = ["Answered", "ask_again", "shuffled", "sides"]

PORTIONS = 3  # a backend sorts what it is handed at once: order alone wouldn't change its batches


def shuffled(cell: Cell, documents: Sequence[Document], seed: int) -> list[list[Document]]:
    """Return documents in another order, in several portions."""
    mixed = random.Random(f"{cell.key}:{seed}").sample(documents, len(documents))
    return [part for i in range(PORTIONS) if (part := mixed[i::PORTIONS])]


@dataclass(frozen=True, slots=True)
class Answered:
    """A document that was asked again, as it would be recorded."""

    record: SampleRecord
    outcome: Any
    """What metrics read, of the texts as they were."""


def ask_again(
    cell: Cell, portions: Sequence[Sequence[Document]], backend: Backend, watcher: Watcher
) -> list[Answered]:
    """Ask the documents portion by portion; one that failed has the status ``error``."""
    answered = []
    for documents in portions:
        for document, responses in _answers(cell, documents, backend):
            score = score_of(cell.task, document, responses, cell.variant.formulation)
            record = make_record(cell, document, responses, None)
            answered.append(Answered(record, score.outcome))
            watcher.advance()
    return answered


def _answers(
    cell: Cell, documents: Sequence[Document], backend: Backend
) -> Iterator[tuple[Document, list[Response]]]:
    """Yield each document with its responses; failures where the backend raised or said nothing."""
    parts = [(d, i) for d in documents for i in range(len(cell.requests[d.id]))]
    found: dict[str, dict[int, Response]] = {d.id: {} for d in documents}
    failure: Response = Failure("the backend gave no answer")
    try:
        for index, response in backend.respond([cell.requests[d.id][i] for d, i in parts]):
            document, i = parts[index]
            found[document.id][i] = finite(response)
            if len(found[document.id]) == len(cell.requests[document.id]):
                complete = found.pop(document.id)
                yield document, [complete[i] for i in sorted(complete)]
    except Exception as error:  # noqa: BLE001 - code of others
        failure = Failure(f"the backend raised {reason_of(error)}")
    yield from ((d, [failure]) for d in documents if d.id in found)


def sides(cell: Cell, answered: Sequence[Answered], store: Store) -> tuple[Side, Side]:
    """Return what was recorded and what was answered now, of documents that have both scores.

    A metric that has no layer, or raises this time, is left out.
    """
    folder = store.scores_folder(cell.key)
    metrics = cell.task.metrics_of(cell.variant.formulation)
    paths = {metric.info.signature: layer_path(folder, metric.info) for metric in metrics}
    layers = {name: read_layer(path) for name, path in paths.items() if path.exists()}
    places = {name: _places(layer) for name, layer in layers.items()}
    both = [a for a in answered if all(_asked(a.record) in known for known in places.values())]
    both.sort(key=lambda a: _asked(a.record))
    recorded, repeated = [], []
    for metric in metrics:
        name = metric.info.signature
        if name not in layers or (rows := _rows(metric, both)) is None:
            continue
        layer, chosen = layers[name], [places[name][_asked(a.record)] for a in both]
        recorded.append(Scores(info=layer.info, rows=layer.rows[chosen]))
        repeated.append(Scores(info=layer.info, rows=rows))
    held = {_asked(record): record for record in store.records(cell.key)}
    before = tuple(_judged_now(cell, held[_asked(a.record)]) for a in both)
    return (
        Side(records=before, scores=tuple(recorded)),
        Side(records=tuple(a.record for a in both), scores=tuple(repeated)),
    )


def _judged_now(cell: Cell, record: SampleRecord) -> SampleRecord:
    """Return a record with the reason that the task gives today: its options may have changed."""
    if record.veiled is not None:
        return record
    score = score_of(cell.task, record.as_document, record.responses, cell.variant.formulation)
    return replace(record, reason=score.reason)


def _rows(metric: Metric, answered: Sequence[Answered]) -> FloatArray | None:
    """Return a metric's rows (n, k), from the texts as they were; None if it raises."""
    try:
        rows = rows_of(metric, [a.outcome for a in answered])
        return np.asarray(rows, dtype=np.float64).reshape(-1, len(metric.info.columns))
    except Exception:  # noqa: BLE001 - code of others; the run has said so of its layer
        return None


def _asked(record: SampleRecord) -> Asked:
    return record.document, record.request_hash


def _places(layer: Layer) -> dict[Asked, int]:
    asked = zip(layer.documents, layer.request_hashes, strict=True)
    return {identity: i for i, identity in enumerate(asked)}
