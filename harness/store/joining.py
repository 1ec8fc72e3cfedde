"""Two score layers of one cell and metric, made on two machines, as one."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from harness.store.layers import Layer
from harness.store.store import Asked, Coverage

__all__ = ["joined"]


def joined(ours: Layer, theirs: Layer, coverage: Mapping[Asked, Coverage]) -> Layer:
    """Return the rows of both that speak of the answers which a cell holds now, by identity.

    The chance level is that of the layer with more documents.
    """
    picked: dict[Asked, tuple[Layer, int]] = {}
    for layer in (theirs, ours):
        for i, asked in enumerate(zip(layer.documents, layer.request_hashes, strict=True)):
            held = coverage.get(asked)
            answer = (layer.document_hashes[i], layer.response_hashes[i])
            if held is not None and answer == (held.document_hash, held.response_hash):
                picked[asked] = layer, i
    rows = [picked[asked] for asked in sorted(picked)]
    larger = max(ours, theirs, key=lambda layer: len(layer.documents))
    return replace(
        larger,
        documents=tuple(layer.documents[i] for layer, i in rows),
        request_hashes=tuple(layer.request_hashes[i] for layer, i in rows),
        document_hashes=tuple(layer.document_hashes[i] for layer, i in rows),
        response_hashes=tuple(layer.response_hashes[i] for layer, i in rows),
        statuses=tuple(layer.statuses[i] for layer, i in rows),
        clusters=tuple(layer.clusters[i] for layer, i in rows),
        reasons=_reasons(rows) if ours.reasons and theirs.reasons else (),
        rows=np.array([layer.rows[i] for layer, i in rows]).reshape(len(rows), -1),
    )


def _reasons(rows: list[tuple[Layer, int]]) -> tuple[str | None, ...]:
    return tuple(layer.reasons[i] for layer, i in rows)
