"""Whether anything has changed, told from what the file system says of the files.

A stamp is compared for equality only, never by which is later: a clock that goes backwards does
no harm. Names, sizes, modification times and inodes enter; a file that is written whole has a new
inode even where two writes fall into one tick of the clock.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.store.files import disk, listing

_PLANS = "runs/plans"  # named by content, and by runs
_EVIDENCE = ("runs", _PLANS, "verdicts", "refs", "pairs")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a folder's files looked like at one moment."""

    text: str
    bytes: int
    """Their sizes, added up."""


def cell_stamp(root: Path, key: str) -> Stamp:
    """Return the stamp of a cell: its segments, journals and score layers. Raises StoreError."""
    cell = f"{root}/cells/{key}"
    return stamp_of((cell, f"{cell}/segments", f"{root}/scores/{key}"))


def stamp_of(folders: Sequence[str]) -> Stamp:
    """Return the stamp of the files that lie directly in some folders. Raises StoreError."""
    found: list[tuple[int, str, int, int, int]] = []
    with disk(Path(folders[0]), "listed"):
        for number, folder in enumerate(folders):
            with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
                found += (seen for entry in entries if (seen := _seen(number, entry)))
    return Stamp(_short(sorted(found)), sum(size for _, _, size, *_ in found))


def _seen(number: int, entry: os.DirEntry[str]) -> tuple[int, str, int, int, int] | None:
    """Return what tells one state of a file from another; None for what isn't of the store."""
    if entry.name.startswith(".") or entry.is_dir():
        return None
    try:
        stat = entry.stat()
    except FileNotFoundError:  # gone since it was listed; the next stamp knows
        return None
    return number, entry.name, stat.st_size, stat.st_mtime_ns, stat.st_ino


def file_stamp(path: Path) -> str:
    """Return the stamp of one file; StoreError if it isn't there."""
    with disk(path, "read"):
        stat = path.stat()
    return _short([(stat.st_size, stat.st_mtime_ns, stat.st_ino)])


def fingerprint(root: Path) -> str:
    """Return a text that is another one after any write to a store, the index apart."""
    keys = sorted(entry.name for entry in listing(root / "cells"))
    rest = stamp_of([f"{root}/{folder}" for folder in _EVIDENCE])
    return _short([*((key, cell_stamp(root, key).text) for key in keys), ("", rest.text)])


def accounts_stamp(root: Path) -> str:
    """Return a text that is another one after any write that isn't to cells, plans or scores.

    A handful of folders: it is cheap however many cells there are.
    """
    return stamp_of([f"{root}/{folder}" for folder in _EVIDENCE if folder != _PLANS]).text


def _short(seen: Iterable[tuple[object, ...]]) -> str:
    return hashlib.sha256(repr(list(seen)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
