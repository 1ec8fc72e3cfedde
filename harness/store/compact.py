"""Compaction: a cell's small segments and the journals left behind become one segment.

No lock is needed. A segment is only removed when another one holds every record of it, or a later
revision; of two segments that hold the same, the one whose name sorts first stays. So "gives way
to" has no circles, whoever compacts at the same time, and at every moment each record is in a file
that nobody removes. Readers look again until no new segment appears.

Superseded revisions (an error that was answered later, a record made anew with a corrected key)
are dropped: nothing reads them, and what was recorded anew may have been so for a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from harness.records import SampleRecord
from harness.store.codec import read_segment, records_of, write_segment
from harness.store.files import disk, sync_folder
from harness.store.store import Asked, Coverage, Store

SMALL = 64 << 20  # bytes; larger segments stay as they are, so that memory is bounded

Held: TypeAlias = list[tuple[SampleRecord, Coverage]]


@dataclass(frozen=True, slots=True)
class Packed:
    """What compaction did to a cell."""

    journals: int
    """Those left behind that became segments."""
    segments: int
    """Those that became one."""
    dropped: int
    """Superseded records."""


def compact(store: Store, key: str) -> Packed:
    """Pack a cell's small segments and the journals that dead writers left.

    Raises DamageError, with no segment removed, if one is damaged.
    """
    before = set(store.journals(key))
    store.seal(key)
    sealed = len(before - set(store.journals(key)))
    held = {path: records for path in _small(store, key) if (records := _read(path, key))}
    if len(held) < 2:
        return Packed(sealed, 0, 0)
    every = [one for records in held.values() for one in records]
    current: dict[Asked, tuple[SampleRecord, Coverage]] = {}
    for record, coverage in every:
        asked = (record.document, record.request_hash)
        if asked not in current or coverage.rank > current[asked][1].rank:
            current[asked] = (record, coverage)
    kept = _holder_of_all(held, current) or write_segment(
        store.cell_folder(key) / "segments", (record for record, _ in current.values())
    )
    _remove(kept, [path for path in held if path != kept])
    dropped = {(r.document, r.request_hash, c) for r, c in every}
    return Packed(sealed, len(held), len(dropped) - len(current))


def _small(store: Store, key: str) -> list[Path]:
    found = []
    for path in store.segments(key):
        with disk(path, "read"):
            try:
                if path.stat().st_size <= SMALL:
                    found.append(path)
            except FileNotFoundError:  # somebody else packs it
                continue
    return found


def _read(path: Path, key: str) -> Held:
    segment = read_segment(path)
    records = [] if segment is None else records_of(segment, key)
    return [(record, Coverage.of(record)) for record in records]


def _holder_of_all(
    held: Mapping[Path, Held], current: Mapping[Asked, tuple[SampleRecord, Coverage]]
) -> Path | None:
    """Return the first segment that holds all current records by itself, if one does."""
    for path in sorted(held):
        own = {(r.document, r.request_hash, c) for r, c in held[path]}
        if all((*asked, coverage) in own for asked, (_, coverage) in current.items()):
            return path
    return None


def _remove(kept: Path, others: list[Path]) -> None:
    with disk(kept, "written"):
        sync_folder(kept.parent)  # its name must be on the disk before theirs go
    for path in others:
        with disk(path, "removed"):
            path.unlink(missing_ok=True)
