"""Score layers: one Parquet file per cell and metric signature, rebuilt from records at will."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa

from harness.errors import DamageError
from harness.metrics.metric import FloatArray, MetricInfo
from harness.records import FORMAT_VERSION, SampleRecord, Status, canonical, digest
from harness.store.bounds import strict_json
from harness.store.codec import read_table, table_bytes
from harness.store.files import write_whole
from harness.store.metric_shape import info_from_json
from harness.store.store import Asked, Coverage

MOST = 1e75  # of a number in a row: its square can still be added up
_SCORED = frozenset(get_args(Status)) - {"error"}
_KEYS = ("document", "request_hash", "document_hash", "response_hash", "status", "cluster")
_MAY_LACK = frozenset({"cluster", "reason"})
_LONGEST_CODE = 60


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
    reasons: tuple[str | None, ...]
    """Codes of why answers don't match, None for a match; empty in layers older than the column."""
    rows: FloatArray
    """Shape (n, k) float64."""


def layer_path(folder: Path, info: MetricInfo) -> Path:
    """Return where a layer lies in a cell's scores folder; the signature decides."""
    return folder / f"{_safe(info.name)}-{digest(info.signature)[:16]}.parquet"


def is_layer_of(name: str, metric: str) -> bool:
    """Tell from a layer's name (its file's, without suffix) whether it may be a metric's."""
    return name.rpartition("-")[0] == _safe(metric)


def write_layer(
    folder: Path,
    info: MetricInfo,
    scored: Sequence[tuple[SampleRecord, Status]],
    rows: FloatArray,
    reasons: Sequence[str | None] | None = None,
) -> None:
    """Write a metric's rows (n, k) for n records and their statuses; StoreError if it can't.

    ``reasons`` are why the answers don't match; of each the code before the colon is kept.
    """
    records = [record for record, _ in scored]
    layer = Layer(
        info=info,
        documents=tuple(r.document for r in records),
        request_hashes=tuple(r.request_hash for r in records),
        document_hashes=tuple(r.document_hash for r in records),
        response_hashes=tuple(r.response_hash for r in records),
        statuses=tuple(status for _, status in scored),
        clusters=tuple(r.cluster for r in records),
        reasons=tuple(map(code_of, reasons or ())),
        rows=rows,
    )
    write_columns(folder, layer)


def write_columns(folder: Path, layer: Layer) -> None:
    """Write a layer where it belongs in a cell's scores folder; StoreError if it can't."""
    columns: dict[str, object] = {
        "document": layer.documents,
        "request_hash": layer.request_hashes,
        "document_hash": layer.document_hashes,
        "response_hash": layer.response_hashes,
        "status": layer.statuses,
        "cluster": layer.clusters,
    }
    if len(layer.reasons) == len(layer.documents):
        columns["reason"] = layer.reasons
    texts = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    numbers = {f"x{i}": layer.rows[:, i] for i in range(layer.rows.shape[1])}
    metadata = {"format_version": str(FORMAT_VERSION), "metric": canonical(asdict(layer.info))}
    table = pa.table(texts | numbers).replace_schema_metadata(metadata)
    write_whole(layer_path(folder, layer.info), table_bytes(table))


def read_layer(path: Path) -> Layer:
    """Return a stored layer; StoreError if it can't be read, DamageError if it makes no sense."""
    table = read_table(path)
    try:
        info = info_from_json(strict_json(table.schema.metadata[b"metric"]))
        if layer_path(path.parent, info) != path:
            raise ValueError(f"it is the layer of {info.name[:60]!r}, by its name it isn't")
        keys = [_texts(table, name) for name in _KEYS]
        reasons = _texts(table, "reason") if "reason" in table.column_names else ()
        if not _SCORED.issuperset(keys[4]):
            raise ValueError("a status that no scored record has")
        rows = np.column_stack([_numbers(table, i) for i in range(len(info.columns))])
    except (LookupError, TypeError, ValueError) as error:
        raise DamageError(
            f"{path}: damaged score layer ({error}); run `aligntax rescore`"
        ) from None
    return Layer(
        info=info,
        documents=keys[0],
        request_hashes=keys[1],
        document_hashes=keys[2],
        response_hashes=keys[3],
        statuses=keys[4],
        clusters=keys[5],
        reasons=reasons,
        rows=rows,
    )


def code_of(reason: str | None) -> str | None:
    """Return a reason without its details."""
    return None if reason is None else reason.partition(":")[0][:_LONGEST_CODE]


def _safe(metric: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in metric)


def _texts(table: pa.Table, name: str) -> tuple[str, ...]:
    column = table.column(name)
    if column.type != pa.string() or (column.null_count and name not in _MAY_LACK):
        raise ValueError(f"{name} isn't a column of texts")
    return tuple(column.to_pylist())


def _numbers(table: pa.Table, number: int) -> FloatArray:
    column = table.column(f"x{number}")
    if column.type != pa.float64() or column.null_count:
        raise ValueError(f"x{number} isn't a column of numbers")
    values: FloatArray = column.to_numpy()
    if not (np.abs(values) < MOST).all():
        raise ValueError(f"x{number} holds what is no score")
    return values


def is_current(layer: Layer, coverage: Mapping[Asked, Coverage]) -> bool:
    """Tell whether a layer was made from exactly the records that a cell now holds."""
    scored = sorted((asked, held) for asked, held in coverage.items() if held.status != "error")
    return (
        list(zip(layer.documents, layer.request_hashes, strict=True)) == [a for a, _ in scored]
        and layer.document_hashes == tuple(held.document_hash for _, held in scored)
        and layer.response_hashes == tuple(held.response_hash for _, held in scored)
        and layer.clusters == tuple(held.cluster for _, held in scored)
    )
