"""Files of rows: JSONL, a JSON list, CSV, TSV and Parquet.

JSONL, CSV, TSV and Parquet are read row by row, a JSON list as a whole. Rows are kept in memory
once they are read for a task, so a file of more than :data:`LARGEST` bytes is refused.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from harness.data.rows import Row
from harness.data.tables import csv_rows, parquet_rows, tsv_rows
from harness.data.text import LARGEST, decoded, lines_of, parse_json, too_large
from harness.errors import DataError, at
from harness.records import JSON

LARGEST_LIST = 2**28
"""Bytes of a JSON list, which is parsed as a whole."""

_Fields = Mapping[str, str]
_LOOK: ContextVar[Callable[[Path], None] | None] = ContextVar("look", default=None)


@contextmanager
def before_reading(look: Callable[[Path], None]) -> Iterator[None]:
    """Within it ``look`` is called with every file whose rows are about to be read.

    What it raises goes through: the file isn't read. Files that ``look`` reads itself don't count.
    """

    def alone(path: Path) -> None:
        inner = _LOOK.set(None)
        try:
            look(path)
        finally:
            _LOOK.reset(inner)

    token = _LOOK.set(alone)
    try:
        yield
    finally:
        _LOOK.reset(token)


def read_rows(path: Path, fields: _Fields | None = None) -> list[Row]:
    """Return the rows of a file; ``fields`` renames (ours -> the file's).

    Raises DataError, with the place, for a row that is no object, an empty file, a format that
    isn't known, and a name in ``fields`` that no row has.
    """
    rows = list(stream_rows(path))
    if not rows:
        raise DataError(f"{path}: the file has no rows; a task needs at least one document")
    if not fields:
        return rows
    have = dict.fromkeys(name for row in rows for name in row.fields)
    for ours, theirs in fields.items():
        if theirs not in have:
            known = ", ".join(map(repr, have)) or "none"
            raise DataError(
                f"{path}: fields: no row has {theirs!r} (for {ours!r}); the file has: {known}"
            )
    return [Row(renamed(r.fields, fields), r.file, r.line, r.counted) for r in rows]


def stream_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file one by one, for a file that is only passed through.

    Raises DataError as :func:`read_rows` does, when it comes to the bad row.
    """
    for row in stream_good_and_bad(path):
        if isinstance(row, DataError):
            raise row
        yield row


def stream_good_and_bad(path: Path) -> Iterator[Row | DataError]:
    """Yield the rows of a file, and the error for each that is none; DataError for a bad file."""
    look = _LOOK.get()
    if look is not None:
        look(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(_READERS)
        raise DataError(f"{path}: no format is known by {path.suffix!r}; known: {known}")
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise too_large(path, size, LARGEST, "take a part of it")
        yield from reader(path)
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None


def read_jsonl(path: Path, fields: _Fields | None = None) -> list[Row]:
    """Return the rows of a JSONL file; ``fields`` renames where a row has the field.

    Raises DataError, with file and line, for a line that is no JSON object and for an empty file.
    """
    rows = list(stream_rows(path))
    if not rows:
        raise DataError(f"{path}: the file has no rows; a task needs at least one document")
    return [Row(renamed(r.fields, fields), r.file, r.line) for r in rows] if fields else rows


def renamed(row: Mapping[str, JSON], fields: _Fields) -> Mapping[str, JSON]:
    """Return a row with our names for the fields that it has."""
    found = {ours: row[theirs] for ours, theirs in fields.items() if theirs in row}
    return {**row, **found}


def _object(value: JSON, place: str) -> Mapping[str, JSON]:
    """Return a row's fields, of a bare list of messages as ``messages``; DataError for others."""
    if isinstance(value, list) and value and all(_is_message(item) for item in value):
        return {"messages": value}
    if not isinstance(value, dict):
        raise DataError(f'{place}: a row must be a JSON object, like {{"id": ...}}')
    return value


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and ({"role", "content"} <= set(value) or "from" in value)


def _jsonl(path: Path) -> Iterator[Row | DataError]:
    for number, line in lines_of(path):
        if line.strip():
            try:
                value = parse_json(decoded(path, number, line), at(path, number))
                yield Row(_object(value, at(path, number)), str(path), number)
            except DataError as error:
                yield error


def _json(path: Path) -> Iterator[Row | DataError]:
    """Yield the rows of a JSON list; a ``.json`` file of lines is read as such."""
    lines = lines_of(path)
    first = next((decoded(path, *line) for line in lines if line[1].strip()), "")
    if not first.lstrip().startswith("["):
        yield from _jsonl(path)
        return
    size = path.stat().st_size
    if size > LARGEST_LIST:
        raise too_large(path, size, LARGEST_LIST, "save the list as JSONL, one row a line")
    text = "".join(decoded(path, *line) for line in lines_of(path))
    for number, value in enumerate(parse_json(text, str(path)), start=1):
        try:
            yield Row(_object(value, f"{path}: row {number}"), str(path), number, "row")
        except DataError as error:
            yield error


_READERS: Mapping[str, Callable[[Path], Iterable[Row | DataError]]] = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _json,
    ".csv": csv_rows,
    ".tsv": tsv_rows,
    ".parquet": parquet_rows,
}
FORMATS = frozenset(_READERS)
"""Suffixes, in lower case, of the files that have rows."""
