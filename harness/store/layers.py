"""Score layers: one Parquet file per cell and metric signature, rebuilt from records at will."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from harness.errors import StoreError
from harness.metrics.metric import FloatArray, MetricInfo
from harness.records import FORMAT_VERSION, SampleRecord, canonical, digest
from harness.store.codec import read_table, table_bytes
from harness.store.files import write_whole
from harness.store.store import Coverage

_KEYS = ("document", "document_hash", "request_hash", "status", "cluster")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One metric's rows over the scored documents of a cell, sorted by document id."""

    info: MetricInfo
    documents: tuple[str, ...]
    document_hashes: tuple[str, ...]
    request_hashes: tuple[str, ...]
    statuses: tuple[str, ...]
    clusters: tuple[str | None, ...]
    rows: FloatArray
    """Shape (n, k) float64."""


def layer_path(folder: Path, info: MetricInfo) -> Path:
    """Return where a layer lies in a cell's scores folder; the signature decides."""
    safe = "".join(c if c.isascii() and c.isalnum() else "_" for c in info.name)
    return folder / f"{safe}-{digest(info.signature)[:16]}.parquet"


def write_layer(
    folder: Path, info: MetricInfo, records: Sequence[SampleRecord], rows: FloatArray
) -> None:
    """Write a metric's rows (n, k) for n scored records; StoreError if the disk says no."""
    columns: dict[str, object] = {
        "document": [r.document for r in records],
        "document_hash": [r.as_document.hash for r in records],
        "request_hash": [r.request_hash for r in records],
        "status": [r.status for r in records],
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
        document_hashes=keys[1],
        request_hashes=keys[2],
        statuses=keys[3],
        clusters=keys[4],
        rows=np.column_stack(values).astype(np.float64),
    )


def is_current(layer: Layer, coverage: Mapping[str, Coverage]) -> bool:
    """Tell whether a layer was made from exactly the records that a cell now holds."""
    scored = sorted((d, held) for d, held in coverage.items() if held.status != "error")
    return (
        layer.documents == tuple(d for d, _ in scored)
        and layer.request_hashes == tuple(held.request_hash for _, held in scored)
        and layer.document_hashes == tuple(held.document_hash for _, held in scored)
    )
