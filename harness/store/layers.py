"""Score layers: one Parquet file per cell and metric signature, rebuilt from records at will."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from harness.errors import StoreError
from harness.metrics.metric import FloatArray, MetricInfo
from harness.records import FORMAT_VERSION, SampleRecord, Status, canonical, digest
from harness.store.codec import read_table, table_bytes
from harness.store.files import write_whole
from harness.store.store import Asked, Coverage

_KEYS = ("document", "request_hash", "document_hash", "response_hash", "status", "cluster")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One metric's rows over the scored records of a cell, sorted by identity."""

    info: MetricInfo
    documents: tuple[str, ...]
    request_hashes: tuple[str, ...]
    document_hashes: tuple[str, ...]
    response_hashes: tuple[str, ...]
    statuses: tuple[str, ...]
    clusters: tuple[str | None, ...]
    rows: FloatArray
    """Shape (n, k) float64."""


def layer_path(folder: Path, info: MetricInfo) -> Path:
    """Return where a layer lies in a cell's scores folder; the signature decides."""
    safe = "".join(c if c.isascii() and c.isalnum() else "_" for c in info.name)
    return folder / f"{safe}-{digest(info.signature)[:16]}.parquet"


def write_layer(
    folder: Path,
    info: MetricInfo,
    scored: Sequence[tuple[SampleRecord, Status]],
    rows: FloatArray,
) -> None:
    """Write a metric's rows (n, k) for n records and their statuses; StoreError if it can't."""
    records = [record for record, _ in scored]
    columns: dict[str, object] = {
        "document": pa.array([r.document for r in records], pa.string()),
        "request_hash": pa.array([r.request_hash for r in records], pa.string()),
        "document_hash": pa.array([r.as_document.hash for r in records], pa.string()),
        "response_hash": pa.array([r.response_hash for r in records], pa.string()),
        "status": pa.array([status for _, status in scored], pa.string()),
        "cluster": pa.array([r.cluster for r in records], pa.string()),
    }
    table = pa.table(columns | {f"x{i}": rows[:, i] for i in range(rows.shape[1])})
    metadata = {"format_version": str(FORMAT_VERSION), "metric": canonical(asdict(info))}
    path = layer_path(folder, info)
    write_whole(path, table_bytes(table.replace_schema_metadata(metadata)))


def read_layer(path: Path) -> Layer:
    """Return a stored layer; StoreError if it can't be read."""
    table = read_table(path)
    try:
        info = json.loads(table.schema.metadata[b"metric"])
        info = MetricInfo(**{**info, "columns": tuple(info["columns"])})
        keys = [tuple(table.column(name).to_pylist()) for name in _KEYS]
        values = [table.column(f"x{i}").to_numpy() for i in range(len(info.columns))]
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: damaged score layer ({error}); run `aligntax rescore`") from None
    return Layer(
        info=info,
        documents=keys[0],
        request_hashes=keys[1],
        document_hashes=keys[2],
        response_hashes=keys[3],
        statuses=keys[4],
        clusters=keys[5],
        rows=np.column_stack(values).astype(np.float64),
    )


def is_current(layer: Layer, coverage: Mapping[Asked, Coverage]) -> bool:
    """Tell whether a layer was made from exactly the records that a cell now holds."""
    scored = sorted((asked, held) for asked, held in coverage.items() if held.status != "error")
    return (
        list(zip(layer.documents, layer.request_hashes, strict=True)) == [a for a, _ in scored]
        and layer.document_hashes == tuple(held.document_hash for _, held in scored)
        and layer.response_hashes == tuple(held.response_hash for _, held in scored)
        and layer.clusters == tuple(held.cluster for _, held in scored)
    )
