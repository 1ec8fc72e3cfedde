"""The analysed results of a store, as the board shows them, in the index.

    <store>/index/checkpoints.parquet   one row per checkpoint
    <store>/index/entries.parquet       one row per checkpoint and table row of its family

Rows lie as they are shown. Each checkpoint has a basis, a hash of the files and settings that its
rows were made from; its entries carry the same one, so that a process killed between the two files
leaves nothing that looks whole. An entry without a basis stands for what wasn't evaluated.
"""

import json
from dataclasses import dataclass
from types import NoneType
from typing import get_args, get_type_hints

import pyarrow as pa
import pyarrow.compute as pc

import harness
from harness.results.board import CHECKPOINT_EXTRAS, ENTRY_EXTRAS, CheckpointRow, EntryRow
from harness.store.index_files import read_index, write_index
from harness.store.store import Store

__all__ = [
    "CHECKPOINTS",
    "ENTRIES",
    "VERSION",
    "Indexed",
    "is_indexed",
    "read_board_index",
    "write_board_index",
]

VERSION = f"1 {harness.__version__}"  # other numbers may come from another aligntax
_TYPES = {
    str: pa.string(),
    str | None: pa.string(),
    float | None: pa.float64(),
    int: pa.int64(),
    bool: pa.bool_(),
    tuple[str, ...]: pa.list_(pa.string()),
}


_MAY_LACK = {
    name
    for row in (EntryRow, CheckpointRow)
    for name, kind in get_type_hints(row).items()
    if NoneType in get_args(kind)
}


def _schema(row: type, extras: tuple[str, ...]) -> pa.Schema:
    named = {"rows_of": pa.int64()}
    columns = [(name, _TYPES[kind]) for name, kind in get_type_hints(row).items()]
    return pa.schema([*columns, *((name, named.get(name, pa.string())) for name in extras)])


ENTRIES = _schema(EntryRow, (*ENTRY_EXTRAS, "stamp", "basis"))
"""``stamp`` is the cell's when it was read."""
CHECKPOINTS = _schema(CheckpointRow, (*CHECKPOINT_EXTRAS, "basis"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Indexed:
    """What the index holds of the board."""

    checkpoints: pa.Table
    """Of the schema :data:`CHECKPOINTS`."""
    entries: pa.Table
    """Of the schema :data:`ENTRIES`."""
    rest: str
    """The stamp of runs, verdicts, baselines and pairs; empty: it was never finished."""
    damage: tuple[str, ...] = ()
    """One line for each file that couldn't be read."""


def read_board_index(store: Store) -> Indexed | None:
    """Return what the index holds, unchecked against the store; None if there is nothing usable."""
    folder = store.root / "index"
    checkpoints = read_index(folder / "checkpoints.parquet", CHECKPOINTS, VERSION)
    entries = read_index(folder / "entries.parquet", ENTRIES, VERSION)
    if checkpoints is None or entries is None:
        return None
    notes = checkpoints.schema.metadata
    try:
        damage = tuple(map(str, json.loads(notes[b"damage"])))
        rest = notes[b"rest"].decode()
    except (KeyError, ValueError, TypeError):
        return None
    if _lacks(checkpoints, finished=bool(rest)) or _lacks(entries, finished=bool(rest)):
        return None
    whole = pc.is_in(
        entries["basis"], pa.concat_arrays([*checkpoints["basis"].chunks, pa.array([""])])
    )
    if not pc.all(whole).as_py():
        entries, rest = entries.filter(whole), ""
    return Indexed(checkpoints=checkpoints, entries=entries, rest=rest, damage=damage)


def _lacks(table: pa.Table, finished: bool) -> bool:
    """Tell whether something is missing that can't be; the extras come last of all."""
    may = _MAY_LACK if finished else _MAY_LACK | {*ENTRY_EXTRAS, *CHECKPOINT_EXTRAS}
    return any(table[name].null_count for name in table.column_names if name not in may)


def is_indexed(store: Store) -> bool:
    """Tell whether the index was finished once, so that the board can show it at once."""
    found = read_board_index(store)
    return found is not None and bool(found.rest)


def write_board_index(store: Store, found: Indexed) -> None:
    """Write the index's part on the board; a store that may only be read does without."""
    folder, notes = store.root / "index", {"rest": found.rest, "damage": json.dumps(found.damage)}
    write_index(folder / "entries.parquet", found.entries, VERSION)
    write_index(folder / "checkpoints.parquet", found.checkpoints, VERSION, notes)
