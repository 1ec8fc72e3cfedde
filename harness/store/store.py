"""A store on disk: cells, their records, their score layers, and the runs that asked for them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from harness.errors import StoreError
from harness.records import FORMAT_VERSION, JSON, SampleRecord, canonical, digest
from harness.store.codec import (
    COVERAGE_COLUMNS,
    read_segment,
    read_table,
    write_segment,
)
from harness.store.files import disk, write_whole
from harness.store.journal import Journal, left_behind, read_journal

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
        document, response = record.as_document.hash, record.response_hash
        return cls(document, response, record.revision, record.status, record.cluster)

    @property
    def rank(self) -> tuple[int, bool, str]:
        """Of two, the greater is current: recorded later, else answered, else by the answer."""
        return (self.revision, self.status != "error", self.response_hash)


class Store:
    """Reads and writes one store folder; it appears with the first write."""

    def __init__(self, root: Path) -> None:
        """Take the folder as it is; nothing is created or read yet."""
        self.root = root

    def open_cell(self, key: str, identity: Mapping[str, JSON]) -> "CellWriter":
        """Return a writer for a cell, its ``cell.json`` written first."""
        folder = self._cell(key)
        if not (folder / "cell.json").exists():
            content = {"format_version": FORMAT_VERSION, "key": key, "identity": identity}
            write_whole(folder / "cell.json", _pretty(content))
        return CellWriter(folder)

    def cells(self) -> list[str]:
        """Return the keys of all cells."""
        return sorted(path.parent.name for path in self.root.glob("cells/*/cell.json"))

    def identity(self, key: str) -> Mapping[str, JSON]:
        """Return what a cell's key hashes; StoreError if the file doesn't fit its name."""
        content = read_json(self._cell(key) / "cell.json")
        identity: Mapping[str, JSON] = content["identity"]
        if digest(identity) != key:
            raise StoreError(f"{self._cell(key) / 'cell.json'}: doesn't match the folder's name")
        return identity

    def coverage(self, key: str) -> dict[Asked, Coverage]:
        """Return what a cell holds, without reading the evidence itself."""
        found: dict[Asked, Coverage] = {}
        for path in self._segments(key):
            columns = read_table(path, COVERAGE_COLUMNS).to_pydict()
            for document, request, *held in zip(
                *(columns[c] for c in COVERAGE_COLUMNS), strict=True
            ):
                _keep(found, (document, request), Coverage(*held))
        for record in self._in_flight(key):
            _keep(found, (record.document, record.request_hash), Coverage.of(record))
        return found

    def records(self, key: str) -> list[SampleRecord]:
        """Return a cell's records, the current one of each identity, sorted by identity."""
        found: dict[Asked, tuple[Coverage, SampleRecord]] = {}
        segments = (record for path in self._segments(key) for record in read_segment(path, key))
        for record in (*segments, *self._in_flight(key)):
            held, asked = Coverage.of(record), (record.document, record.request_hash)
            if asked not in found or held.rank > found[asked][0].rank:
                found[asked] = (held, record)
        return [found[asked][1] for asked in sorted(found)]

    def seal(self, key: str) -> None:
        """Pack the journals whose writers are gone into segments."""
        for path in self._journals(key):
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
        path = self.root / "runs" / "plans" / f"{name}.json"
        if not path.exists():
            write_whole(path, _pretty(content))
        return name

    def plan(self, name: str) -> list[PlannedDocument]:
        """Return what :meth:`write_plan` wrote; StoreError if it can't be read."""
        path = self.root / "runs" / "plans" / f"{_safe_key(name)}.json"
        return [(id_, request, hash_) for id_, request, hash_ in read_json(path)["documents"]]

    def runs(self) -> list[Mapping[str, JSON]]:
        """Return the accounts of all runs, oldest first."""
        return [read_json(path) for path in sorted(self.root.glob("runs/*.json"))]

    def fingerprint(self) -> str:
        """Return a text that changes whenever a run writes to the store."""
        with disk(self.root, "read"):
            stats = [(path.name, path.stat()) for path in sorted(self.root.glob("runs/*.json"))]
        return digest([[name, stat.st_mtime_ns, stat.st_size] for name, stat in stats])

    def _cell(self, key: str) -> Path:
        return self.root / "cells" / _safe_key(key)

    def _segments(self, key: str) -> list[Path]:
        return sorted(self._cell(key).glob("segments/*.parquet"))

    def _journals(self, key: str) -> list[Path]:
        return sorted(self._cell(key).glob("journal-*.jsonl"))

    def _in_flight(self, key: str) -> Iterator[SampleRecord]:
        for path in self._journals(key):
            yield from read_journal(path)


class CellWriter:
    """Appends records to a cell; leaving it seals them into a segment."""

    def __init__(self, folder: Path) -> None:
        """Open a journal in the cell's folder."""
        self._journal = Journal(folder)

    def append(self, records: Iterable[SampleRecord]) -> None:
        """Add finished records; from here on a kill can't lose them."""
        self._journal.append(records)

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


def read_json(path: Path) -> Mapping[str, JSON]:
    """Return a JSON file of ours; StoreError if it is missing, damaged or from a newer version."""
    with disk(path, "read"):
        text = path.read_text(encoding="utf-8")
    try:
        content = json.loads(text)
        version = content["format_version"]
    except (ValueError, KeyError, TypeError):
        raise StoreError(f"{path}: damaged; restore it or remove it and run again") from None
    if version > FORMAT_VERSION:
        raise StoreError(f"{path}: format version {version} is newer than this aligntax")
    result: Mapping[str, JSON] = content
    return result


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
