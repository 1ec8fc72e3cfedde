"""A store on disk: cells, their records, their score layers, and the runs that asked for them."""

import json
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeAlias, TypeVar

import pyarrow as pa

from harness.errors import DamageError, EvidenceError, StoreError
from harness.records import FORMAT_VERSION, JSON, SampleRecord, canonical, digest
from harness.store.codec import (
    COVERAGE_COLUMNS,
    read_segment,
    records_of,
    segment_rows,
    write_segment,
)
from harness.store.files import disk, holds, listing, write_whole
from harness.store.journal import Journal, left_behind, read_journal
from harness.store.json_files import read_account, read_cell_file, read_plan
from harness.store.stamps import fingerprint

T = TypeVar("T")
PlannedDocument: TypeAlias = tuple[str, str, str]
"""A document's id, the hash of its request and the hash of its fields, as a run wants them."""
Asked: TypeAlias = tuple[str, str]
"""A document's id and the hash of what was asked about it: a record's identity in its cell."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a cell holds of one document, asked in one way."""

    document_hash: str
    response_hash: str
    revision: int
    status: str
    cluster: str | None

    @classmethod
    def of(cls, record: SampleRecord) -> "Coverage":
        """Return what a record covers."""
        document, response = record.document_hash, record.response_hash
        return cls(document, response, record.revision, record.status, record.cluster)

    @property
    def rank(self) -> tuple[int, bool, str, str, str, str]:
        """Of two, the greater is current: recorded later, else answered, else by what it holds."""
        held = (self.response_hash, self.document_hash, self.status, self.cluster or "")
        return (self.revision, self.status != "error", *held)


class Store:
    """Reads and writes one store folder; it appears with the first write."""

    def __init__(self, root: Path, told: Callable[[DamageError], None] | None = None) -> None:
        """Take the folder as it is; nothing is created or read yet.

        ``told`` hears of damaged accounts and pairs, which are left out then; without it they
        raise. Whoever decides by the evidence can't do without.
        """
        self.root = root
        self._told = told

    def open_cell(self, key: str, identity: Mapping[str, JSON]) -> "CellWriter":
        """Return a writer for a cell, its ``cell.json`` written first."""
        self.write_identity(key, identity)
        return CellWriter(self.cell_folder(key))

    def write_identity(self, key: str, identity: Mapping[str, JSON]) -> None:
        """Write what a cell's key hashes, unless it is there; StoreError if it can't be written."""
        path = self.cell_folder(key) / "cell.json"
        if not path.exists():
            content = {"format_version": FORMAT_VERSION, "key": key, "identity": identity}
            write_whole(path, _pretty(content))

    def cells(self) -> list[str]:
        """Return the keys of all cells, in order."""
        found = listing(self.root / "cells")
        return sorted(e.name for e in found if os.access(f"{e.path}/cell.json", os.F_OK))

    def find_cell(self, start: str) -> str:
        """Return the one key that begins so; EvidenceError if none does, or several do."""
        found = [
            entry.name for entry in listing(self.root / "cells") if entry.name.startswith(start)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise EvidenceError(
                f"{self.root}: {len(found)} cells begin with {start!r}; write more of the key"
            )
        raise EvidenceError(
            f"{self.root}: no cell begins with {start!r}; `aligntax store ls` lists all"
        )

    def identity(self, key: str) -> Mapping[str, JSON]:
        """Return what a cell's key hashes; DamageError if the file doesn't fit its name."""
        path = self.cell_folder(key) / "cell.json"
        identity: Mapping[str, JSON] = read_cell_file(path)["identity"]
        if digest(identity) != key:
            raise DamageError(
                f"{path}: damaged (it doesn't hash to the cell's key); run again to write it anew"
            )
        return identity

    def coverage(self, key: str) -> dict[Asked, Coverage]:
        """Return what a cell holds, without reading the evidence itself."""
        found: dict[Asked, Coverage] = {}
        for record in self._in_flight(key):
            _keep(found, (record.document, record.request_hash), Coverage.of(record))
        for segment in self._segments(key, COVERAGE_COLUMNS):
            columns = segment.to_pydict()
            for document, request, *held in zip(
                *(columns[c] for c in COVERAGE_COLUMNS), strict=True
            ):
                _keep(found, (document, request), Coverage(*held))
        return found

    def held(self, key: str, asked: Container[Asked]) -> set[Asked]:
        """Return those of some identities that a cell holds a record of, whatever its status."""
        found = {(record.document, record.request_hash) for record in self._in_flight(key)}
        for segment in self._segments(key, COVERAGE_COLUMNS[:2]):
            columns = (segment.column(name).to_pylist() for name in COVERAGE_COLUMNS[:2])
            found.update(zip(*columns, strict=True))
        return {identity for identity in found if identity in asked}

    def packed(self, key: str) -> int:
        """Return how many records a cell's segments have by their own account, unread."""
        return sum(map(segment_rows, self.segments(key)))

    def records(self, key: str) -> list[SampleRecord]:
        """Return a cell's records, the current one of each identity, sorted by identity."""
        found: dict[Asked, tuple[Coverage, SampleRecord]] = {}
        in_flight = self._in_flight(key)
        packed = (r for segment in self._segments(key) for r in records_of(segment, key))
        for record in (*in_flight, *packed):
            held, asked = Coverage.of(record), (record.document, record.request_hash)
            if asked not in found or held.rank > found[asked][0].rank:
                found[asked] = (held, record)
        return [found[asked][1] for asked in sorted(found)]

    def seal(self, key: str) -> None:
        """Pack the journals whose writers are gone into segments."""
        for path in self.journals(key):
            with left_behind(path) as mine:
                if mine:
                    seal_journal(path)

    def scores_folder(self, key: str) -> Path:
        """Return where a cell's score layers lie."""
        return self.root / "scores" / _safe_key(key)

    def write_run(self, run: Mapping[str, JSON]) -> None:
        """Write (or rewrite, as it goes on) the account of a run under its ``id``."""
        content = {"format_version": FORMAT_VERSION, **run}
        write_whole(self.root / "runs" / f"{_safe_key(run['id'])}.json", _pretty(content))

    def write_plan(self, documents: Sequence[PlannedDocument]) -> str:
        """Write which documents a cell wants, asked how; return the name, equal for equal plans."""
        content = {"format_version": FORMAT_VERSION, "documents": [list(d) for d in documents]}
        name = digest(content)
        path = self.plan_path(name)
        if not holds(path, _pretty(content)):  # a damaged file of that name gives way
            write_whole(path, _pretty(content))
        else:
            with suppress(OSError):  # may be read-only; else it is as young as one just written
                path.touch()
        return name

    def plan(self, name: str) -> list[PlannedDocument]:
        """Return what :meth:`write_plan` wrote; StoreError if it can't be read."""
        return read_plan(self.plan_path(name))

    def plan_path(self, name: str) -> Path:
        """Return where a plan lies; StoreError for what is no name of one."""
        return self.root / "runs" / "plans" / f"{_safe_key(name)}.json"

    def runs(self) -> list[Mapping[str, JSON]]:
        """Return the accounts of all runs, oldest first."""
        return self.whole(self.run_files(), read_account)

    def whole(self, files: Iterable[Path], read: Callable[[Path], T]) -> list[T]:
        """Return what files hold, without the damaged ones if somebody is told of them."""
        found = []
        for file in files:
            try:
                found.append(read(file))
            except DamageError as error:
                if self._told is None:
                    raise
                self._told(error)
        return found

    def run_files(self) -> list[Path]:
        """Return where the accounts of the runs lie, oldest first."""
        return _files(self.root / "runs", "", ".json")

    def fingerprint(self) -> str:
        """Return a text that is another one after any write to the store, the index apart."""
        return fingerprint(self.root)

    def cell_folder(self, key: str) -> Path:
        """Return where a cell's files lie; StoreError for what is no key."""
        return self.root / "cells" / _safe_key(key)

    def segments(self, key: str) -> list[Path]:
        """Return a cell's segments as they are now, by name."""
        return _files(self.cell_folder(key) / "segments", "", ".parquet")

    def journals(self, key: str) -> list[Path]:
        """Return the journals of a cell, written just now or left behind."""
        return _files(self.cell_folder(key), "journal-", ".jsonl")

    def _segments(self, key: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Yield a cell's segments; what is packed while we read is in the one it was packed into.

        To be called when the journals were read: what is sealed afterwards has been read twice.
        """
        seen: set[Path] = set()
        while new := [path for path in self.segments(key) if path not in seen]:
            seen.update(new)
            found = (read_segment(path, columns) for path in new)
            yield from (segment for segment in found if segment is not None)

    def _in_flight(self, key: str) -> list[SampleRecord]:
        return [record for path in self.journals(key) for record in read_journal(path)]


class CellWriter:
    """Appends records to a cell; leaving it seals them into a segment."""

    def __init__(self, folder: Path) -> None:
        """Open a journal in the cell's folder."""
        self._journal = Journal(folder)

    def append(self, records: Iterable[SampleRecord]) -> None:
        """Add finished records; from here on a kill can't lose them."""
        self._journal.append(records)

    def sync(self) -> None:
        """Force what was appended to the disk; from here on a power cut can't lose it either."""
        self._journal.sync()

    def __enter__(self) -> "CellWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._journal.close()
            seal_journal(self._journal.path)
        except StoreError:
            if kind is None:  # else the first error is the one to tell; the journal stays
                raise


def seal_journal(path: Path) -> None:
    """Turn a journal into a segment, then remove it; at no moment is a record in neither."""
    records = read_journal(path)
    if records:
        write_segment(path.parent / "segments", records)
    with disk(path, "removed"):
        path.unlink(missing_ok=True)


def _files(folder: Path, start: str, end: str) -> list[Path]:
    names = (e.name for e in listing(folder))
    return sorted(folder / n for n in names if n.startswith(start) and n.endswith(end))


def _keep(found: dict[Asked, Coverage], asked: Asked, held: Coverage) -> None:
    if asked not in found or held.rank > found[asked].rank:
        found[asked] = held


def _safe_key(key: str) -> str:
    """Return a name that can't leave the store's folder; StoreError for any other."""
    if not key or not all(c.isascii() and (c.isalnum() or c in "-_") for c in key):
        raise StoreError(f"{key!r} is no name of a cell or run")
    return key


def _pretty(value: JSON) -> bytes:
    canonical(value)  # refuses NaN before anything is written
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
