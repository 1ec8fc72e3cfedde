"""Files of a store may come from anybody: how much of them is read, and what counts as JSON.

The size is looked at before a byte is read, and only regular files are: a pipe would never end.
JSON is strict: no NaN or infinity, no key twice, no half characters, no nesting without end.
"""

import json
import math
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.errors import StoreError
from harness.records import JSON

__all__ = [
    "ACCOUNT",
    "CELL",
    "JOURNAL",
    "PLAN",
    "SEGMENT",
    "is_number",
    "read_whole",
    "refuse_size",
    "strict_json",
]

CELL = 1 << 20  # bytes
ACCOUNT = 1 << 26  # ten thousand cells take some 5 MB
PLAN = 1 << 28  # a million documents
SEGMENT = 1 << 32  # compressed
JOURNAL = 1 << 32
_DEEPEST = 100
_NESTED = (dict, list)


def read_whole(path: Path, limit: int) -> bytes:
    """Return a file's content; OSError as usual, StoreError if it is too large or no file."""
    refuse_size(path, limit)
    return path.read_bytes()


def refuse_size(path: Path, limit: int) -> None:
    """Raise StoreError for what is too large (bytes) or no file; OSError as usual."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(f"{path}: no file that could be read; remove it")
    if found.st_size > limit:
        raise StoreError(
            f"{path}: {found.st_size:,} bytes, where {limit:,} is the most that such a file has;"
            " not read; remove it"
        )


def strict_json(data: bytes, odd: Callable[[str], JSON] | None = None) -> JSON:
    """Return what UTF-8 encoded JSON says; ValueError, in one line, if it isn't strictly that.

    ``odd`` gives what stands for NaN and the infinities, which files of others may hold.
    """
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_once,
            parse_constant=odd or _not_finite,
            parse_float=_finite,
        )
        _refuse_depth(value)
        if b"\\u" in data:  # an escape may be half a character, which no file can hold
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested without end") from None
    return value


def is_number(value: JSON) -> bool:
    """Tell whether a value is a number that a float can hold; true and false are none."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and -sys.float_info.max <= value <= sys.float_info.max


def _refuse_depth(value: JSON) -> None:
    level = [value] if type(value) in _NESTED else []
    for _ in range(_DEEPEST):
        inner = (x.values() if type(x) is dict else x for x in level)
        level = [v for values in inner for v in values if type(v) in _NESTED]
        if not level:
            return
    raise ValueError(f"nested deeper than {_DEEPEST} levels")


def _once(pairs: Sequence[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {double[:40]!r} stands twice")
    return found


def _not_finite(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large a number")
    return value
