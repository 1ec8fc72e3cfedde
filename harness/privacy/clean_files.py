"""The identifiers in local files, and a memory of the files that have none.

A file is remembered by the hash of its content together with the detectors' own code, so an edited
file and a better detector are looked at anew. The memory is a convenience: a damaged or unwritable
one costs time, never correctness.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import chain, islice
from pathlib import Path

from harness.errors import DataError
from harness.hashing import file_hash
from harness.privacy.scan import DataFinding, scan_file
from harness.records import JSON, digest

__all__ = ["findings"]

_REMEMBERED = 10_000  # files


def findings(path: Path) -> Iterator[DataFinding]:
    """Yield the place and kind of each identifier in a file.

    Raises DataError for a file that can't be read.
    """
    try:
        name = digest([_detectors(), file_hash(path)])
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None
    if name in _recall():
        return
    found = scan_file(path)
    first = next(found, None)
    if first is None:
        _remember(name)
        return
    yield from chain([first], found)


@cache
def _detectors() -> str:
    """Return the hash of what decides whether something is an identifier."""
    own = sorted(Path(__file__).parent.glob("*.py"))
    return digest([[file.name, file_hash(file)] for file in own])


def _memory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "aligntax" / "without_identifiers.json"


def _recall() -> dict[str, JSON]:
    try:
        known = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(name: str) -> None:
    kept = dict(islice(reversed(_recall().items()), _REMEMBERED - 1))
    memory = _memory()
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=memory.parent, prefix=memory.name)
        with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a file handle
            json.dump(dict(reversed([(name, True), *kept.items()])), stream)
        Path(part).replace(memory)
