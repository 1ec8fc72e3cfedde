"""What the index keeps of a cell and of a run: enough to list a store without reading it."""

import json
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from harness.errors import StoreError
from harness.records import JSON
from harness.store.json_files import read_account
from harness.store.stamps import cell_stamp, file_stamp
from harness.store.store import Store


class Name(NamedTuple):
    """How a run calls a cell."""

    key: str
    family: str
    checkpoint: str
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """One cell as it was when its stamp was taken."""

    key: str
    stamp: str
    """Empty for a cell that couldn't be read: it is looked at again every time."""
    identity_text: str
    """What the key hashes, as JSON."""
    documents: int
    """Documents, by id, that it holds a current record of."""
    statuses: Mapping[str, int]
    """Current records by status, ``error`` included."""
    segments: int
    journals: int
    """In flight, or left behind by a process that was killed."""
    bytes: int
    """Of segments, journals and score layers."""
    damage: str | None = None
    """Why it couldn't be read, in one line."""

    @property
    def identity(self) -> Mapping[str, JSON]:
        """What the key hashes; empty for a damaged cell."""
        identity: Mapping[str, JSON] = json.loads(self.identity_text)
        return identity

    @property
    def errors(self) -> int:
        """Current records with the status ``error``."""
        return self.statuses.get("error", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run's account, in short."""

    id: str
    stamp: str
    family: str
    checkpoints: tuple[str, ...]
    cells: int
    state: str
    """``finished``, ``unfinished``, ``rescored`` or ``damaged``."""
    damage: str | None = None
    names: tuple[Name, ...] = ()
    """Those that no run before it had given."""


def read_cell(store: Store, key: str) -> CellRow:
    """Return a cell's row, read from its records; a damaged cell's row says what is wrong."""
    stamp = cell_stamp(store.root, key)  # before reading: what is written meanwhile makes it stale
    row = CellRow(
        key=key,
        stamp="",
        identity_text="{}",
        documents=0,
        statuses={},
        segments=len(store.segments(key)),
        journals=len(store.journals(key)),
        bytes=stamp.bytes,
    )
    try:
        identity, coverage = store.identity(key), store.coverage(key)
    except StoreError as error:
        return replace(row, damage=str(error))
    return replace(
        row,
        stamp=stamp.text,
        identity_text=json.dumps(identity),
        documents=len({document for document, _ in coverage}),
        statuses=dict(sorted(Counter(held.status for held in coverage.values()).items())),
    )


def read_run(path: Path, known: Set[Name]) -> RunRow:
    """Return a run's row; of its names those that aren't among the ones ``known`` before."""
    empty = RunRow(id=path.stem, stamp="", family="", checkpoints=(), cells=0, state="damaged")
    try:
        stamp, run = file_stamp(path), read_account(path)
    except StoreError as error:
        return replace(empty, damage=str(error))
    named = [Name(c["key"], run["family"], c["checkpoint"], c["row"]) for c in run["cells"]]
    return replace(
        empty,
        stamp=stamp,
        family=run["family"],
        checkpoints=tuple(checkpoint["name"] for checkpoint in run["checkpoints"]),
        cells=len(named),
        state=_state(run),
        names=tuple(name for name in dict.fromkeys(named) if name not in known),
    )


def _state(run: Mapping[str, JSON]) -> str:
    if "rescored" in run:
        return "rescored"
    return "finished" if run["finished"] else "unfinished"
