"""The identifiers of persons in data files: file, line, field and kind, never the value.

A file is read once, row by row (a JSON list as a whole), and nothing of it is kept. Rows of
tables and JSON are searched field by field, so that a name like ``phone`` or ``姓名`` is the label
of its values; any other file is searched line by line. A row that can't be read is passed over,
because nothing can be run on it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from harness.data.files import FORMATS, stream_good_and_bad
from harness.data.rows import Row
from harness.data.text import LARGEST, decoded, lines_of, too_large
from harness.errors import DataError, at
from harness.privacy.identifiers import find_identifiers, find_in_field, mask, text_of
from harness.records import JSON

__all__ = ["DataFinding", "first_findings", "scan_file"]


@dataclass(frozen=True, slots=True)
class DataFinding:
    """Where an identifier is in a file."""

    file: Path
    line: int
    """Counted from 1; of a row that spans several lines, the first."""
    kind: str
    field: str | None
    """The outermost field; masked if it is an identifier itself. None in a text."""
    counted: Literal["line", "row"] = "line"
    """What ``line`` counts: a JSON list and a Parquet file have rows."""

    def __str__(self) -> str:
        """Return ``file:line: kind``, with the field if there is one."""
        by_line = self.counted == "line"
        place = at(self.file, self.line) if by_line else f"{self.file}: row {self.line}"
        within = f" in field {self.field!r}" if self.field else ""
        return f"{place}: {self.kind.replace('_', ' ')}{within}"


def first_findings(files: Iterable[Path], limit: int) -> list[DataFinding]:
    """Return at most ``limit`` identifiers of several files; DataError as :func:`scan_file`."""
    return [*islice(chain.from_iterable(map(scan_file, files)), limit)]


def scan_file(path: Path) -> Iterator[DataFinding]:
    """Yield the identifiers in a file; DataError, with the place, if it can't be read."""
    if path.suffix.lower() not in FORMATS:
        yield from _in_lines(path)
        return
    known: tuple[str, ...] = ()  # a table's head counts once
    for row in stream_good_and_bad(path):
        if isinstance(row, Row):
            names = tuple(map(str, row.fields))
            yield from _in_row(path, row, fresh=names != known)
            known = names


def _in_lines(path: Path) -> Iterator[DataFinding]:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise too_large(path, size, LARGEST, "take a part of it")
        for number, line in lines_of(path):
            for found in find_identifiers(decoded(path, number, line), sure=True):
                yield DataFinding(path, number, found.kind, None)
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None


def _in_row(path: Path, row: Row, *, fresh: bool) -> Iterator[DataFinding]:
    for name, value in row.fields.items():
        field = mask(name)
        kinds = chain(_kinds(name, "") if fresh else (), _kinds(value, name))
        yield from (DataFinding(path, row.line, kind, field, row.counted) for kind in kinds)


def _kinds(value: JSON, name: str) -> Iterator[str]:
    """Yield the kind of each identifier in a nested value, in keys as in values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _kinds(key, "")
            yield from _kinds(inner, key)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _kinds(item, name)
    elif text := text_of(value):
        yield from (found.kind for found in find_in_field(name, text, sure=True))
