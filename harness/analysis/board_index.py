"""The board's part of the index, brought up to date: only what changed is analysed again.

What changes together is a checkpoint: its rows are made from its cells and from its parent's.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from harness.analysis.board import standing_rows, standings
from harness.analysis.board_extras import (
    Newest,
    checkpoint_extras,
    dates,
    newest_verdicts,
    unasked,
)
from harness.analysis.standing import Family, family_of
from harness.records import JSON, canonical
from harness.results.board import CheckpointRow, EntryRow
from harness.store import Store
from harness.store.index import family_files, open_runs
from harness.store.index_answers import AnswersWriter, forget_answers, read_answers
from harness.store.index_board import (
    CHECKPOINTS,
    ENTRIES,
    Indexed,
    read_board_index,
    write_board_index,
)
from harness.store.json_files import read_account
from harness.store.stamps import accounts_stamp, cell_stamp

__all__ = ["Told", "refresh"]

Told: TypeAlias = Callable[[int, int], None]
"""Hears how many checkpoints are up to date, of how many."""

_SAVED_EVERY = 30.0  # seconds; what a process that dies has to do again
_SETTINGS = ("key", "row", "capability", "language", "seen_of", "plans", "layers")  # of a cell
_DAMAGED = "damaged "  # before the basis of what is looked at again every time


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One checkpoint's rows."""

    checkpoint: Mapping[str, JSON]
    entries: pa.Table

    @property
    def basis(self) -> str:
        basis: str = self.checkpoint["basis"]
        return basis


Parts: TypeAlias = dict[tuple[str, str], _Part]
"""By family and checkpoint, as they are shown."""


@dataclass(slots=True, eq=False)
class _Work:
    """What a refresh has done so far."""

    store: Store
    held: Parts
    newest: Newest
    told: Told
    of: int
    made: Parts = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)
    saved: float = field(default_factory=time.monotonic)
    done: int = 0
    family: str | None = None
    """The one that is worked on, whose answers are collected."""
    answers: AnswersWriter = field(default_factory=AnswersWriter)

    def count(self) -> None:
        self.done += 1
        self.told(self.done, self.of)

    def indexed(self, parts: Parts, rest: str) -> Indexed:
        rows = [part.checkpoint for part in parts.values()]
        tables = [part.entries for part in parts.values()]
        return Indexed(
            checkpoints=pa.Table.from_pylist(rows, schema=CHECKPOINTS),
            entries=pa.concat_tables([ENTRIES.empty_table(), *tables]).combine_chunks(),
            rest=rest,
            damage=tuple(self.damage),
        )

    def save(self) -> None:
        """Keep what is done, and of the rest what may still hold, for the next one to go on."""
        write_board_index(self.store, self.indexed({**self.held, **self.made}, ""))
        if self.family is not None:
            self.answers.write(self.store, self.family)
        self.saved = time.monotonic()


def refresh(store: Store, told: Told = lambda done, of: None) -> Indexed:
    """Return what the board shows of a store as it is now, and let the index hold it.

    What is done is kept on the way: stopped by a signal, the next one goes on from there. Raises
    StoreError where the store's folders can't be listed; a file that can't be read is one line of
    ``damage``.
    """
    before = read_board_index(store)
    rest = accounts_stamp(store.root)  # before reading: what is written meanwhile counts as newer
    families, runs = family_files(store), open_runs(store)
    newest, unread = newest_verdicts(store)
    of = len({(run.family, name) for run in runs for name in run.checkpoints})
    work = _Work(store, _parts(before), newest, told, of)
    work.damage += [*(run.damage for run in runs if run.damage), *unread]
    try:
        for paths in families.values():
            shown = _family(work, paths)
            work.made = {place: p for place, p in work.made.items() if place not in shown} | shown
            work.family = None
    except BaseException:
        work.save()
        raise
    found = work.indexed(work.made, rest)
    if (before is None and families) or (before is not None and not _same(before, found)):
        write_board_index(store, found)
        forget_answers(store, families)
    return found


def _family(work: _Work, paths: Sequence[Path]) -> Parts:
    """Return the rows of a family's checkpoints, in the order in which they are shown."""
    family = family_of(work.store, [read_account(path) for path in paths])
    work.damage += family.damage
    keys = {cell["key"] for cell in family.account["cells"]}
    stamps = {key: cell_stamp(work.store.root, key).text for key in keys}
    bases = _bases(family, stamps)
    parts = _kept(work, family, bases)
    stale = frozenset(name for name in bases if (family.name, name) not in parts)
    for own, parent in standings(work.store, family, stale):
        work.damage += own.damage.values()
        basis = f"{_DAMAGED if own.damage else ''}{bases[own.name]}"
        entries, summary = standing_rows(family, own, parent)
        parts[family.name, own.name] = _part(entries, summary, stamps, basis)
        work.made[family.name, own.name] = parts[family.name, own.name]
        work.answers.add(own.name, basis, own.rows)
        work.count()
        if time.monotonic() > work.saved + _SAVED_EVERY:
            work.save()
    if stale:
        work.answers.write(work.store, family.name)
    return _shown(family, parts, work.newest)


def _kept(work: _Work, family: Family, bases: Mapping[str, str]) -> Parts:
    """Return the rows that are as the files are now, their answers kept, too."""
    held = read_answers(work.store, family.name)
    known = held.bases if held else {}
    kept = {
        place: part
        for name, basis in bases.items()
        for place in [(family.name, name)]
        if (part := work.held.get(place)) and part.basis == basis == known.get(name)
    }
    if len(kept) < len(bases):
        work.family, work.answers = family.name, AnswersWriter()
        if held is not None:
            work.answers.keep(held, [name for _, name in kept])
    for _ in kept:
        work.count()
    return kept


def _bases(family: Family, stamps: Mapping[str, str]) -> dict[str, str]:
    """Return what each checkpoint's rows are made from, hashed."""
    own = {name: _own_basis(family, name, stamps) for name in family.checkpoints}
    return {
        name: sha256(f"{own[name]} {own.get(entry['parent'], '')}".encode()).hexdigest()[:32]
        for name, entry in family.checkpoints.items()
    }


def _own_basis(family: Family, checkpoint: str, stamps: Mapping[str, str]) -> str:
    entry, cells = family.checkpoints[checkpoint], family.cells.get(checkpoint, {})
    about = [repr(one) for one in family.stated.get(checkpoint, {}).values()]
    about += [f"{entry['stage']} {entry['parent']} {canonical(entry.get('attributes'))}"]
    about += [
        repr((stamps[cell["key"]], *(cell.get(name) for name in _SETTINGS)))
        for cell in cells.values()
    ]
    return sha256("\n".join(about).encode("utf-8", "surrogatepass")).hexdigest()


def _part(
    entries: Sequence[EntryRow], summary: CheckpointRow, stamps: Mapping[str, str], basis: str
) -> _Part:
    late = {"date": "", "basis": basis}
    rows = [{**asdict(entry), **late, "stamp": stamps.get(entry.cell, "")} for entry in entries]
    return _Part({**asdict(summary), "basis": basis}, pa.Table.from_pylist(rows, schema=ENTRIES))


def _shown(family: Family, parts: Parts, newest: Newest) -> Parts:
    """Return the parts with what doesn't follow from the evidence, parents first."""
    rows: dict[str, Mapping[str, JSON]] = {}
    for part in parts.values():
        if len(rows) < len(family.rows):
            rows |= {
                e["row"]: e for e in part.entries.to_pylist() if e["kind"] or e["row"] not in rows
            }
    shown: Parts = {}
    for name in sorted(family.checkpoints, key=lambda name: _depth(family, name)):
        part = parts[family.name, name]
        have = part.entries["row"].to_pylist()
        dated = dates(family, name, have)
        at = part.entries.schema.get_field_index("date")
        entries = part.entries.set_column(at, "date", pa.array(dated, pa.string()))
        if len(have) < len(family.rows):
            lacking = [*unasked(family, name, rows, have)]
            entries = pa.concat_tables([entries, pa.Table.from_pylist(lacking, schema=ENTRIES)])
        extras = checkpoint_extras(family, name, newest, dated)
        shown[family.name, name] = _Part({**part.checkpoint, **extras}, entries)
    return shown


def _depth(family: Family, checkpoint: str) -> int:
    """Return how many ancestors a checkpoint has; in a circle each counts once."""
    known, chain = family.checkpoints, [checkpoint]
    while (parent := known[chain[-1]]["parent"]) in known and parent not in chain:
        chain.append(parent)
    return len(chain)


def _parts(before: Indexed | None) -> Parts:
    """Return what the index holds by checkpoint, without what wasn't evaluated."""
    if before is None:
        return {}
    entries = before.entries.filter(pc.not_equal(before.entries["basis"], ""))
    places = zip(entries["family"].to_pylist(), entries["checkpoint"].to_pylist(), strict=True)
    found: dict[tuple[str, str], pa.Table] = {}
    start = 0
    for place, group in groupby(places):
        length = sum(1 for _ in group)
        found[place] = entries.slice(start, length)
        start += length
    none = ENTRIES.empty_table()
    return {
        place: _Part(row, found.get(place, none))
        for row in before.checkpoints.to_pylist()
        for place in [(row["family"], row["checkpoint"])]
    }


def _same(before: Indexed, found: Indexed) -> bool:
    return (
        (before.rest, before.damage) == (found.rest, found.damage)
        and before.checkpoints.equals(found.checkpoints)
        and before.entries.equals(found.entries)
    )
