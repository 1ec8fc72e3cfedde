"""Sample records as JSON (journal) and as Parquet (segments)."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import DamageError, StoreError
from harness.records import FORMAT_VERSION, JSON, SampleRecord, Veiled, canonical, pack, unpack
from harness.store.bounds import SEGMENT, read_whole, refuse_size, strict_json
from harness.store.expansion import refuse_expansion
from harness.store.files import disk, holds, write_whole
from harness.store.record_shape import checked

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
_VEILED = _SCHEMA.append(pa.field("veiled", pa.string()))  # of private cells only
COVERAGE_COLUMNS = [
    "document",
    "request_hash",
    "document_hash",
    "response_hash",
    "revision",
    "status",
    "cluster",
]
_THREADED = 1 << 20  # bytes; starting threads for less takes longer than reading it
_ASK_ANEW = "run again to ask its documents anew; `aligntax store verify` checks all the rest"


def record_to_json(record: SampleRecord) -> JSON:
    """Return a record as the JSON object of one journal line."""
    content = {
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
    return content if record.veiled is None else {**content, "veiled": asdict(record.veiled)}


def record_from_json(data: Mapping[str, JSON]) -> SampleRecord:
    """Return the record of a journal line; KeyError, TypeError or ValueError if it is damaged."""
    try:
        parts = {
            **data,
            "requests": tuple(unpack(request) for request in data["requests"]),
            "responses": tuple(unpack(response) for response in data["responses"]),
            "veiled": _veiled(data.get("veiled")),
        }
    except AttributeError as error:  # a text, say, where a mapping must be
        raise ValueError(str(error)) from None
    return checked(SampleRecord(**parts))


def _veiled(data: JSON) -> Veiled | None:
    if data is None:
        return None
    return Veiled(**{**data, "rows": {name: tuple(row) for name, row in data["rows"].items()}})


def write_segment(folder: Path, records: Iterable[SampleRecord]) -> Path:
    """Write records as a segment named by its content; equal records give the same file.

    Returns its path. Raises StoreError.
    """
    ordered = sorted(records, key=lambda r: (r.document, r.request_hash, r.revision))
    schema = _VEILED if any(record.veiled for record in ordered) else _SCHEMA
    content = table_bytes(pa.Table.from_pylist([_row(r) for r in ordered], schema=schema))
    path = folder / f"{hashlib.sha256(content).hexdigest()}.parquet"
    if not holds(path, content):  # a damaged file of that name gives way
        write_whole(path, content)
    return path


def read_segment(path: Path, columns: Sequence[str] | None = None) -> pa.Table | None:
    """Return (some columns of) a segment; None if the file has gone: its records are elsewhere.

    Raises DamageError if its content isn't what its name says, StoreError if it can't be read.
    """
    with disk(path, "read"):
        try:
            content = read_whole(path, SEGMENT)
        except FileNotFoundError:
            return None
    if hashlib.sha256(content).hexdigest() != path.stem:
        raise DamageError(f"{path}: damaged (it doesn't hash to its name); {_ASK_ANEW}")
    table = _table(content, path, columns, _ASK_ANEW)
    if not _is_segment(table, columns):
        raise DamageError(f"{path}: damaged (its columns aren't a segment's); {_ASK_ANEW}")
    return table


def segment_rows(path: Path) -> int:
    """Return how many records a segment says that it has; 0 for one that has gone.

    Raises DamageError, StoreError.
    """
    with disk(path, "read"):
        try:
            refuse_size(path, SEGMENT)
            file = path.open("rb")
        except FileNotFoundError:
            return 0
    with file:
        try:
            rows: int = pq.read_metadata(file).num_rows
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise DamageError(f"{path}: damaged ({reason}); {_ASK_ANEW}") from None
    return rows


def _is_segment(table: pa.Table, columns: Sequence[str] | None) -> bool:
    schema = _VEILED if "veiled" in table.column_names else _SCHEMA
    wanted = [schema.field(name) for name in columns or schema.names]
    return table.column_names == [field.name for field in wanted] and all(
        column.type == field.type and (field.nullable or column.null_count == 0)
        for column, field in zip(table.columns, wanted, strict=True)
    )


def records_of(segment: pa.Table, cell: str) -> Iterator[SampleRecord]:
    """Yield the records of a cell's segment; DamageError for what is none."""
    for row in segment.to_pylist():
        try:
            record = _record(row, cell)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            what = f"a segment's record of {row['document'][:60]!r} is damaged ({error})"
            remedy = "`aligntax store verify` names the file"
            raise DamageError(f"cell {cell}: {what}; {remedy}") from None
        yield record


def read_table(path: Path, remedy: str = "run `aligntax rescore`") -> pa.Table:
    """Return a Parquet file of ours that isn't a segment.

    Raises DamageError with the remedy, StoreError if it can't be read.
    """
    with disk(path, "read"):
        content = read_whole(path, SEGMENT)
    return _table(content, path, None, remedy)


def _table(content: bytes, path: Path, columns: Sequence[str] | None, remedy: str) -> pa.Table:
    try:
        refuse_expansion(content)
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        table = file.read(columns, use_threads=len(content) > _THREADED)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        reason = str(error).partition("\n")[0]
        raise DamageError(f"{path}: damaged ({reason}); {remedy}") from None
    named = (table.schema.metadata or {}).get(b"format_version", b"")
    version = int(named) if named.isdigit() and len(named) < 10 else 0
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
        "document_hash": record.document_hash,
        "response_hash": record.response_hash,
        "revision": record.revision,
        "status": record.status,
        "reason": record.reason,
        "cluster": record.cluster,
        "fields": canonical(data["fields"]),
        "requests": canonical(data["requests"]),
        "responses": canonical(data["responses"]),
        "veiled": canonical(data["veiled"]) if record.veiled else None,
    }


def _record(row: Mapping[str, JSON], cell: str) -> SampleRecord:
    data = {k: v for k, v in row.items() if not k.endswith("_hash")}
    parsed = {k: strict_json(data[k].encode()) for k in ("fields", "requests", "responses")}
    veiled = strict_json((data.get("veiled") or "null").encode())
    return record_from_json({**data, **parsed, "veiled": veiled, "cell": cell})
