"""The index: what a store holds, without reading its segments. It can be rebuilt, and is.

    <store>/index/cells.parquet   one row per cell: identity, documents, statuses, size, stamp
    <store>/index/runs.parquet    one row per run: family, checkpoints, the cells' names, stamp

Each row carries a stamp of the files that it was made from; only rows whose stamp isn't that of
the files any more are made again. An index that is missing, unreadable or of another version is
made anew, one that can't be written (a read-only store) is done without. It is never the truth:
nothing is computed from it that the records couldn't give.

Beside these two lie the analysed results of the board: :mod:`harness.store.index_board`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from harness.records import JSON, canonical
from harness.store.index_files import read_index, write_index
from harness.store.index_rows import CellRow, Name, RunRow, read_cell, read_run
from harness.store.stamps import cell_stamp, file_stamp
from harness.store.store import Store

T = TypeVar("T")

INDEX_VERSION = 1  # raised when a column changes; an index of another version is made anew

_CELLS = pa.schema(
    [
        ("key", pa.string()),
        ("stamp", pa.string()),
        ("identity", pa.string()),
        ("documents", pa.int64()),
        ("statuses", pa.string()),
        ("segments", pa.int64()),
        ("journals", pa.int64()),
        ("bytes", pa.int64()),
    ]
)
_RUNS = pa.schema(
    [
        ("id", pa.string()),
        ("stamp", pa.string()),
        ("family", pa.string()),
        ("checkpoints", pa.string()),
        ("cells", pa.int64()),
        ("state", pa.string()),
        ("names", pa.string()),
    ]
)


@dataclass(frozen=True)
class Index:
    """What a store holds, as it was when the index was opened."""

    cells: Mapping[str, CellRow]
    """By key, in order."""
    runs: tuple[RunRow, ...]
    """Oldest first."""

    @cached_property
    def names(self) -> Mapping[str, tuple[Name, ...]]:
        """How runs call a cell, by its key; a cell that no run names isn't there."""
        found: dict[str, list[Name]] = {}
        for run in self.runs:
            for name in run.names:
                found.setdefault(name.key, []).append(name)
        return {key: tuple(dict.fromkeys(names)) for key, names in found.items()}

    @property
    def damage(self) -> list[str]:
        """One line for each run and cell that couldn't be read."""
        found = [row.damage for row in self.runs] + [row.damage for row in self.cells.values()]
        return [line for line in found if line]


def open_index(store: Store, reading: Callable[[int], None] = lambda cells: None) -> Index:
    """Return the index of a store, brought up to date.

    ``reading`` is told how many cells have to be read, if any. Raises StoreError where the folders
    can't be listed; a damaged cell or run is a row that says so.
    """
    return Index(cells=_cells(store, reading), runs=open_runs(store))


def _cells(store: Store, reading: Callable[[int], None]) -> Mapping[str, CellRow]:
    path = store.root / "index" / "cells.parquet"
    held = {row.key: row for row in _held(path, _CELLS, _to_cell)}
    keys = store.cells()
    fresh = {
        key: held[key]
        for key in keys
        if key in held and held[key].stamp == cell_stamp(store.root, key).text
    }
    if stale := [key for key in keys if key not in fresh]:
        reading(len(stale))
    found = {key: fresh[key] if key in fresh else read_cell(store, key) for key in keys}
    if found != held:
        _write(path, _CELLS, (_from_cell(row) for row in found.values() if row.stamp))
    return found


def open_runs(store: Store) -> tuple[RunRow, ...]:
    """Return the index's part on runs, oldest first, brought up to date."""
    path = store.root / "index" / "runs.parquet"
    held = _held(path, _RUNS, _to_run)
    known: set[Name] = set()
    found: list[RunRow] = []
    as_held = True  # names are those that no run before gave: once a run differs, the rest may, too
    for n, file in enumerate(store.run_files()):
        as_held = as_held and n < len(held) and _is_of(held[n], file)
        found.append(held[n] if as_held else read_run(file, known))
        known.update(found[n].names)
    if found != held:
        _write(path, _RUNS, (_from_run(row) for row in found if row.stamp))
    return tuple(found)


def family_files(store: Store) -> dict[str, list[Path]]:
    """Return where the accounts of each family's runs lie, oldest first, damaged ones left out.

    The family that was run last comes first. Raises StoreError where the folder can't be listed.
    """
    files = {file.stem: file for file in store.run_files()}
    found: dict[str, list[Path]] = {}
    for run in reversed(open_runs(store)):
        if run.damage is None and run.id in files:
            found.setdefault(run.family, []).insert(0, files[run.id])
    return found


def _is_of(row: RunRow, file: Path) -> bool:
    return row.id == file.stem and row.stamp == file_stamp(file)


def _held(path: Path, schema: pa.Schema, row: Callable[[Mapping[str, JSON]], T]) -> Sequence[T]:
    """Return an index file's rows; none where it can't be used as it is."""
    table = read_index(path, schema, str(INDEX_VERSION))
    try:
        return [] if table is None else [row(held) for held in table.to_pylist()]
    except (ValueError, TypeError):  # a convenience: what is missing is made again
        return []


def _write(path: Path, schema: pa.Schema, rows: Iterable[Mapping[str, JSON]]) -> None:
    table = pa.Table.from_pylist(list(rows), schema=schema)
    write_index(path, table, str(INDEX_VERSION))


def _from_cell(row: CellRow) -> Mapping[str, JSON]:
    return {
        "key": row.key,
        "stamp": row.stamp,
        "identity": row.identity_text,
        "documents": row.documents,
        "statuses": canonical(row.statuses),
        "segments": row.segments,
        "journals": row.journals,
        "bytes": row.bytes,
    }


def _to_cell(row: Mapping[str, JSON]) -> CellRow:
    held = {k: v for k, v in row.items() if k not in ("identity", "statuses")}
    return CellRow(identity_text=row["identity"], statuses=json.loads(row["statuses"]), **held)


def _from_run(row: RunRow) -> Mapping[str, JSON]:
    return {
        "id": row.id,
        "stamp": row.stamp,
        "family": row.family,
        "checkpoints": canonical(row.checkpoints),
        "cells": row.cells,
        "state": row.state,
        "names": canonical(row.names),
    }


def _to_run(row: Mapping[str, JSON]) -> RunRow:
    held = {k: v for k, v in row.items() if k not in ("checkpoints", "names")}
    names = tuple(Name(*name) for name in json.loads(row["names"]))
    return RunRow(checkpoints=tuple(json.loads(row["checkpoints"])), names=names, **held)
