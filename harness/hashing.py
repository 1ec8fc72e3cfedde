"""Hashes of files: each read once per machine, then remembered by what the file system says of it.

A file counts as unchanged while path, size, modification time (ns) and inode are the same. The
memory is a convenience: a damaged or unwritable one costs time, never correctness.
"""

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["file_hash"]

CHUNK = 1 << 22
_REMEMBERED_FROM = 1 << 20  # bytes; smaller files are read faster than looked up


def file_hash(file: Path) -> str:
    """Return the sha256 (hex) of a file's content. Raises OSError."""
    file = file.resolve()
    stat = file.stat()
    if stat.st_size < _REMEMBERED_FROM:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    seen = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
    known = _recall()
    match known.get(str(file)):
        case [*before, str(value)] if before == seen:
            return value
    value = _read(file)
    _remember({**_recall(), str(file): [*seen, value]})
    return value


def _read(file: Path) -> str:
    content = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            content.update(chunk)
    return content.hexdigest()


def _memory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "aligntax" / "hashes.json"


def _recall() -> dict[str, object]:
    try:
        known = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(known: dict[str, object]) -> None:
    memory = _memory()
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=memory.parent, prefix=memory.name)
        with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a file handle
            json.dump(known, stream)
        Path(name).replace(memory)
