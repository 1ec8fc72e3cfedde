"""Sample records as JSON (journal) and as Parquet (segments)."""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import StoreError
from harness.records import FORMAT_VERSION, JSON, SampleRecord, canonical, pack, unpack
from harness.store.files import disk, write_whole

_SCHEMA = pa.schema(
    [
        pa.field("document", pa.string(), nullable=False),
        pa.field("request_hash", pa.string(), nullable=False),
        pa.field("document_hash", pa.string(), nullable=False),
        pa.field("response_hash", pa.string(), nullable=False),
        pa.field("revision", pa.int32(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("cluster", pa.string()),
        pa.field("fields", pa.string(), nullable=False),
        pa.field("requests", pa.string(), nullable=False),
        pa.field("responses", pa.string(), nullable=False),
    ],
    metadata={"format_version": str(FORMAT_VERSION)},
)
COVERAGE_COLUMNS = [
    "document",
    "request_hash",
    "document_hash",
    "response_hash",
    "revision",
    "status",
    "cluster",
]


def record_to_json(record: SampleRecord) -> JSON:
    """Return a record as the JSON object of one journal line."""
    return {
        "cell": record.cell,
        "document": record.document,
        "revision": record.revision,
        "status": record.status,
        "reason": record.reason,
        "fields": record.fields,
        "cluster": record.cluster,
        "requests": [pack(request) for request in record.requests],
        "responses": [pack(response) for response in record.responses],
    }


def record_from_json(data: Mapping[str, JSON]) -> SampleRecord:
    """Return the record of a journal line; KeyError, TypeError or ValueError if it is damaged."""
    return SampleRecord(
        **{
            **data,
            "requests": tuple(unpack(request) for request in data["requests"]),
            "responses": tuple(unpack(response) for response in data["responses"]),
        }
    )


def write_segment(folder: Path, records: Iterable[SampleRecord]) -> Path:
    """Write records as a segment named by its content; equal records give the same file.

    Returns its path. Raises StoreError.
    """
    ordered = sorted(records, key=lambda r: (r.document, r.request_hash, r.revision))
    content = table_bytes(pa.Table.from_pylist([_row(r) for r in ordered], schema=_SCHEMA))
    path = folder / f"{hashlib.sha256(content).hexdigest()}.parquet"
    if not path.exists():
        write_whole(path, content)
    return path


def read_segment(path: Path, cell: str) -> list[SampleRecord]:
    """Return the records of a segment; StoreError if it can't be read."""
    return [_record(row, cell) for row in read_table(path).to_pylist()]


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return (some columns of) a Parquet file of ours; StoreError names the file."""
    with disk(path, "read"):
        try:
            table = pq.read_table(path, columns=columns, partitioning=None)
        except pa.ArrowException as error:
            reason = str(error).splitlines()[0]
            raise StoreError(f"{path}: damaged ({reason}); remove it and run again") from None
    version = int((table.schema.metadata or {}).get(b"format_version", b"0"))
    if not 0 < version <= FORMAT_VERSION:
        raise StoreError(f"{path}: format version {version}; this aligntax reads 1 to 1")
    return table


def table_bytes(table: pa.Table) -> bytes:
    """Return a table as Parquet, byte-identical for equal tables."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue()


def _row(record: SampleRecord) -> dict[str, JSON]:
    data = record_to_json(record)
    return {
        "document": record.document,
        "request_hash": record.request_hash,
        "document_hash": record.as_document.hash,
        "response_hash": record.response_hash,
        "revision": record.revision,
        "status": record.status,
        "reason": record.reason,
        "cluster": record.cluster,
        "fields": canonical(data["fields"]),
        "requests": canonical(data["requests"]),
        "responses": canonical(data["responses"]),
    }


def _record(row: Mapping[str, JSON], cell: str) -> SampleRecord:
    data = {k: v for k, v in row.items() if not k.endswith("_hash")}
    parsed = {k: json.loads(data[k]) for k in ("fields", "requests", "responses")}
    return record_from_json({**data, **parsed, "cell": cell})
