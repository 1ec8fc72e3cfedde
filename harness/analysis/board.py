"""What a family has to show at once: every estimate, every change against the parent, every tax.

The numbers are those of the stage table and of the comparison with the parent, made by the same
functions from the same seed.
"""

from collections.abc import Container, Iterator
from dataclasses import replace

import numpy as np

from harness.analysis.board_summary import summary_row
from harness.analysis.change import change
from harness.analysis.shifts import shift
from harness.analysis.stages import entry_of, no_change
from harness.analysis.standing import Family, Standing, standing_of
from harness.evidence import Aggregate, Evidence, Known
from harness.results import Change, Column, Entry
from harness.results.board import CheckpointRow, DeltaColumns, EntryRow
from harness.stats.recovery import stated_estimate
from harness.store import Store

__all__ = ["CONFIDENCE", "Rows", "change_of", "delta_columns", "standing_rows", "standings"]

Rows = tuple[tuple[EntryRow, ...], CheckpointRow]
"""One checkpoint's entries, in the order of the family's table rows, and its summary."""

_SEED = int(np.random.default_rng(0).integers(2**63))  # the stage table's: the same intervals
CONFIDENCE = 0.95


def standing_rows(family: Family, own: Standing, parent: Standing | None) -> Rows:
    """Return one checkpoint's rows; ``parent`` None: it has none, or its family lacks it."""
    entries = {row: _entry(own, parent, row) for row in own.places}
    summary = summary_row(family, (own, parent), entries, _SEED, CONFIDENCE)
    return tuple(_flat(family, own, row, entry) for row, entry in entries.items()), summary


def standings(
    store: Store, family: Family, wanted: Container[str]
) -> Iterator[tuple[Standing, Standing | None]]:
    """Yield the wanted checkpoints, each with its parent; few of them are held at once."""
    children: dict[str | None, list[str]] = {}
    for name, entry in [*family.checkpoints.items()][::-1]:
        parent = entry["parent"] if entry["parent"] in family.checkpoints else None
        children.setdefault(parent, []).append(name)
    waiting: list[tuple[str, Standing | None]] = [(name, None) for name in children.get(None, [])]
    seen: set[str] = set()
    while waiting:
        name, above = waiting.pop()
        seen.add(name)
        below = children.get(name, [])
        read = name in wanted or any(child in wanted for child in below)
        own = standing_of(store, family, name) if read else None
        if own is not None and name in wanted:
            yield own, above
        waiting += [(child, own) for child in below]
    for name in family.checkpoints:
        if name in wanted and name not in seen:  # a circle, which ``family.damage`` says
            yield standing_of(store, family, name), None


def _entry(own: Standing, parent: Standing | None, row: str) -> Entry:
    """Return a place as the stage table has it; numbers without records stand here, too."""
    column = Column(name=own.name, stage=own.entry["stage"], parent=own.entry["parent"])
    known, before = own.rows.get(row), None if parent is None else parent.rows.get(row)
    sides = ((own.name, known), (column.parent or "", before))
    cells = {name: side for name, side in sides if isinstance(side, Evidence)}
    entry = entry_of(column, cells, _SEED, CONFIDENCE)
    if row in own.damage:
        return replace(entry, missing=own.damage[row])
    if isinstance(known, Aggregate):
        entry = replace(
            entry,
            info=known.info,
            estimate=stated_estimate(known.value, known.error, known.n or 0, CONFIDENCE),
            missing=None,
            change=no_change(column, f"{column.parent} wasn't evaluated"),
        )
    if known and before and (isinstance(known, Aggregate) or isinstance(before, Aggregate)):
        entry = replace(entry, change=change_of(before, known))
    return entry


def change_of(reference: Known, candidate: Known) -> Change:
    """Return what one cell changed against another, as every table says it."""
    if isinstance(reference, Evidence) and isinstance(candidate, Evidence):
        return change(reference, candidate, _SEED, CONFIDENCE)
    return shift(reference, candidate, _SEED, confidence=CONFIDENCE).change


def _flat(family: Family, own: Standing, row: str, entry: Entry) -> EntryRow:
    known, cell = own.rows.get(row), family.cells.get(own.name, {}).get(row)
    who = known.identity if known else own.named.get(row)
    info, found, said = entry.info, entry.estimate, cell or {}
    return EntryRow(
        family=family.name,
        checkpoint=own.name,
        stage=own.entry["stage"],
        row=row,
        task=who.task if who else row.partition(":")[0],
        variant=who.variant.formulation if who else "",
        format=who.variant.format if who else "",
        kind=who.kind if who else "",
        capability=who.capability if who else said["capability"],
        language=who.language if who else said["language"],
        metric=info.name if info else "",
        unit=info.unit if info else "",
        higher_is_better=info.higher_is_better if info else True,
        chance=info.chance if info else None,
        ceiling=info.ceiling if info else None,
        cell=cell["key"] if cell and not isinstance(known, Aggregate) else "",
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        n=found.n if found else 0,
        method=found.method if found else "",
        missing=entry.missing or "",
        answered=entry.answered,
        planned=entry.planned,
        errors=entry.errors,
        **delta_columns(entry.change),
    )


def delta_columns(change: Change | None) -> DeltaColumns:
    """Return a change as the columns of a row; None: a root's."""
    difference = change.difference if change else None
    pairing = change.comparability if change else None
    reasons = ", ".join(map(str, pairing.reasons)) if pairing else ""
    found = difference.estimate if difference else None
    return DeltaColumns(
        reference=change.reference if change else None,
        delta=found.value if found else None,
        delta_low=found.low if found else None,
        delta_high=found.high if found else None,
        p=difference.p if difference else None,
        test=difference.test if difference else "",
        comparability=pairing.verdict if pairing else "",
        reasons=reasons or (change.missing if change else None) or "",
        wording=change.wording if change else "",
    )
