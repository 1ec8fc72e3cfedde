"""Text of data files: lines with their numbers, JSON without NaN, and how much is too much."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError, at
from harness.records import JSON

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

LARGEST = 2**30
"""Bytes of a data file; of a Parquet file, also when it is unpacked."""


def too_large(path: Path, size: int, limit: int, remedy: str) -> DataError:
    """Return the error that names both sizes."""
    sizes = f"{size / 2**20:,.0f} MiB, and at most {limit / 2**20:,.0f} MiB are read"
    return DataError(f"{path}: it has {sizes}; {remedy}")


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    r"""Yield (number, line) of a file, cut at ``\n`` only: JSON may hold other line ends."""
    with path.open("rb") as stream:
        yield from enumerate(stream, start=1)


def decoded(path: Path, number: int, line: bytes) -> str:
    """Return a line as text, without a byte order mark; DataError if it isn't UTF-8."""
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        what = f"byte {error.start + 1} of the line isn't UTF-8; save the file as UTF-8"
        raise DataError(f"{at(path, number)}: {what}") from None


def parse_json(text: str, place: str) -> JSON:
    """Return a JSON value; DataError at ``place`` for what is none, NaN and Infinity included."""

    def constant(name: str) -> float:
        raise ValueError(f"{name} isn't a JSON number")

    def number(digits: str) -> float:
        value = float(digits)
        return value if math.isfinite(value) else constant(digits)

    try:
        value = json.loads(text, parse_constant=constant, parse_float=number)
    except (ValueError, RecursionError) as error:
        message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise DataError(f"{place}: not JSON: {message}") from None
    if _ESCAPED_SURROGATE.search(text):
        _refuse_half_pairs(value, place)
    return value


def _refuse_half_pairs(value: JSON, place: str) -> None:
    """Raise DataError for half of a surrogate pair, which no file can hold as UTF-8."""
    for name, part in value.items() if isinstance(value, dict) else [(None, value)]:
        try:
            json.dumps([name, part], ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            where = "it" if name is None else f"field {name!r}"
            raise DataError(f"{place}: {where} holds half a surrogate pair; remove it") from None
