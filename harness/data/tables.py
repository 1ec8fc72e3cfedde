"""Tables: CSV, TSV and Parquet.

A cell of CSV is text. An empty one is a field that the row doesn't have, and a JSON list or object
in a column whose field is one by nature (choices, messages ...) is read as such.
"""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.data.rows import Row
from harness.data.text import LARGEST, decoded, lines_of, parse_json, too_large
from harness.errors import DataError, at
from harness.records import JSON

NESTED = (
    *("answer", "answers", "choices", "options", "references", "responses"),
    *("chosen", "rejected", "conversation", "conversations", "messages"),
    *("entities", "record", "tags", "tokens"),
)
"""Columns of CSV and TSV in which a JSON list or object is meant as one."""


def csv_rows(path: Path) -> Iterator[Row | DataError]:
    """Yield the rows of a CSV file (comma, double quotes) under its head."""
    yield from _separated(path, csv.excel)


def tsv_rows(path: Path) -> Iterator[Row | DataError]:
    """Yield the rows of a TSV file, quoted as CSV is."""
    yield from _separated(path, csv.excel_tab)


def _separated(path: Path, dialect: type[csv.Dialect]) -> Iterator[Row | DataError]:
    lines = (decoded(path, number, line) for number, line in lines_of(path))
    reader = csv.reader(lines, dialect, strict=True)
    before = 0
    head: list[str] | None = None
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if head is None:
                head = _head(path, cells)
            elif any(cells):
                yield _row(path, line, head, cells)
    except csv.Error as error:
        what = f"not a table: {error}; double the quotes in a cell, or save the file as JSONL"
        raise DataError(f"{at(path, before + 1)}: {what}") from None


def _head(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if not all(names) or len(set(names)) < len(names):
        raise DataError(f"{at(path, 1)}: the head must name all columns, each differently")
    return names


def _row(path: Path, line: int, head: list[str], cells: list[str]) -> Row | DataError:
    if len(cells) != len(head):
        what = f"{len(cells)} cells under a head of {len(head)} ({', '.join(head)})"
        return DataError(f"{at(path, line)}: {what}")
    pairs = zip(head, cells, strict=True)
    fields = {name: _cell(name, cell) for name, cell in pairs if cell.strip()}
    return Row(fields, str(path), line)


def _cell(name: str, cell: str) -> JSON:
    if name not in NESTED or cell.lstrip()[0] not in "[{":
        return cell
    try:
        return parse_json(cell, name)
    except DataError:
        return cell  # text that only looks like JSON; the kind says what it needs


def parquet_rows(path: Path) -> Iterator[Row | DataError]:
    """Yield the rows of a Parquet file, in batches; NaN and null are None."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path)
        groups = range(table.metadata.num_row_groups)
        size = sum(table.metadata.row_group(i).total_byte_size for i in groups)
        if size > LARGEST:
            raise too_large(path, size, LARGEST, "take a part of it")
        number = 0
        for batch in table.iter_batches(batch_size=1024):
            for fields in batch.to_pylist():
                number += 1
                yield Row(_plain(fields), str(path), number, "row")
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not readable as Parquet: {reason}") from None


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; text for what JSON has no type for (dates, bytes)."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str | int | None):
        return value
    return str(value)
