"""JSON that strangers wrote: read within bounds, every value looked at before it is used."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import DataError
from harness.records import JSON
from harness.store.bounds import strict_json

__all__ = [
    "LONGEST_LINE",
    "LONGEST_NAME",
    "as_number",
    "by_name",
    "finite",
    "lines_of",
    "name_of",
    "parsed",
    "whole",
]

LONGEST_NAME = 200  # characters
LONGEST_LINE = 1 << 26  # bytes; four choices after 128k tokens take some 3 MB
_LARGEST = 1 << 31  # bytes of a file of samples


def parsed(data: bytes) -> JSON:
    """Return what JSON says; ValueError, in one line, if it is none.

    lm-eval writes NaN and Infinity as they are; they become texts, because no store holds them.
    """
    return strict_json(data, odd=str)


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (number, line) of a file; of a line that is too long, its first bytes.

    Raises DataError for a file that is too large, OSError as usual.
    """
    if path.stat().st_size > _LARGEST:
        raise DataError(f"{path}: more than {_LARGEST >> 20:,} MiB; take a part of it")
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(LONGEST_LINE + 1):
            number += 1
            yield number, line
            while len(line) > LONGEST_LINE and not line.endswith(b"\n") and line:
                line = stream.readline(LONGEST_LINE)


def by_name(value: JSON, key: str) -> Mapping[str, JSON]:
    """Return the mapping under a key of a mapping; an empty one if there is none."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def finite(value: JSON) -> float | None:
    """Return a number as a float; None for what is none, has no end, or is true or false."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def as_number(value: JSON) -> float:
    """Return a number, true or false, or the text of one; ValueError for anything else."""
    if not isinstance(value, int | float | str):
        raise ValueError(f"a {type(value).__name__} where a number must be")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("a number too large to hold") from None


def whole(value: JSON) -> int | None:
    """Return a count; None for what is none."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if fits else None


def name_of(value: JSON) -> str | None:
    """Return a name that can be shown and stored; None for anything else."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME:
        return None
    return value if value.isprintable() else None
