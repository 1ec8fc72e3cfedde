"""The stage table: what every checkpoint scores, and what it changed against its parent.

Rows are task variants with their primary metric, columns are checkpoints, parents first. A cell
without evidence stays empty and says why.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from harness.analysis.change import change, generator
from harness.errors import EvidenceError
from harness.evidence import Evidence
from harness.records import CAPABILITIES, Status
from harness.results import Change, Column, Entry, StageTable, TableRow
from harness.stats.intervals import estimate

__all__ = ["StageTable", "entry_of", "no_change", "stage_table"]


def stage_table(
    evidence: Sequence[Evidence],
    rng: np.random.Generator,
    columns: Sequence[Column] = (),
    confidence: float = 0.95,
) -> StageTable:
    """Return the table of some cells; ``columns`` names checkpoints to show even without evidence.

    One draw from ``rng`` seeds a generator of its own for each number, so that the same evidence
    gives the same interval in any table. Raises EvidenceError if two cells claim one place, if a
    name stands for two checkpoints, or if the lineage is a circle.
    """
    seed = int(rng.integers(2**63))
    ordered = _parents_first(_columns(evidence, columns))
    by_row: dict[str, dict[str, Evidence]] = {}
    for item in evidence:
        who, cells = item.identity, by_row.setdefault(item.identity.row, {})
        if who.checkpoint in cells:
            raise EvidenceError(
                f"{who.row}: {who.checkpoint} has two cells ({cells[who.checkpoint].identity.cell}"
                f" and {who.cell}); choose one"
            )
        cells[who.checkpoint] = item
    rows = [_row(name, cells, ordered, seed, confidence) for name, cells in by_row.items()]
    rows.sort(key=lambda row: CAPABILITIES.index(row.capability))
    return StageTable(columns=ordered, rows=tuple(rows), confidence=confidence)


def _columns(evidence: Sequence[Evidence], columns: Sequence[Column]) -> list[Column]:
    """Return every checkpoint once, in the order in which it first appears."""
    found = {column.name: column for column in columns}
    fingerprints: dict[str, str] = {}
    for item in evidence:
        who = item.identity
        column = Column(name=who.checkpoint, stage=who.stage, parent=who.parent)
        weights = fingerprints.setdefault(who.checkpoint, who.fingerprint)
        if found.setdefault(who.checkpoint, column) != column or weights != who.fingerprint:
            raise EvidenceError(
                f"{who.checkpoint}: the evidence is of two different checkpoints of this name; "
                "give one of them another name"
            )
    return list(found.values())


def _parents_first(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Order columns along the lineage, else as given; a parent outside the table doesn't count."""
    names = {column.name for column in columns}
    ordered: dict[str, Column] = {}
    waiting = list(columns)
    while waiting:
        ready = [c for c in waiting if c.parent not in names or c.parent in ordered]
        if not ready:
            raise EvidenceError(
                f"the lineage is a circle: {', '.join(c.name for c in waiting)}; correct a parent"
            )
        ordered |= {c.name: c for c in ready}
        waiting = [c for c in waiting if c.name not in ordered]
    return tuple(ordered.values())


def _row(
    name: str,
    cells: Mapping[str, Evidence],
    columns: Sequence[Column],
    seed: int,
    confidence: float,
) -> TableRow:
    first = next(cells[column.name] for column in columns if column.name in cells)
    return TableRow(
        name=name,
        task=first.identity.task,
        kind=first.identity.kind,
        capability=first.identity.capability,
        language=first.identity.language,
        info=first.primary.info,
        entries=tuple(entry_of(column, cells, seed, confidence) for column in columns),
    )


def entry_of(
    column: Column, cells: Mapping[str, Evidence], seed: int, confidence: float = 0.95
) -> Entry:
    """Return one place of a table; ``cells`` maps checkpoints to their cells of its row."""
    item = cells.get(column.name)
    if item is None:
        missing = "not evaluated"
        return Entry(
            checkpoint=column.name,
            cell=None,
            info=None,
            estimate=None,
            missing=missing,
            change=no_change(column, missing),
        )
    value = estimate(item.primary, item.clusters, generator(seed, item), confidence)
    statuses: Counter[Status] = Counter(item.statuses)
    if item.errors:
        statuses["error"] = item.errors
    return Entry(
        checkpoint=column.name,
        cell=item.identity.cell,
        info=item.primary.info,
        estimate=value,
        missing=None if value else _why_empty(item),
        answered=len(item.documents),
        planned=item.planned,
        errors=item.errors,
        statuses=dict(statuses),
        change=_change(column, item, cells, seed, confidence),
    )


def _why_empty(item: Evidence) -> str:
    if not item.documents:
        return "no document has a score"
    return "the metric has no value on these documents"


def _change(
    column: Column, item: Evidence, cells: Mapping[str, Evidence], seed: int, confidence: float
) -> Change | None:
    if column.parent is None:
        return None
    reference = cells.get(column.parent)
    if reference is None:
        return no_change(column, f"{column.parent} wasn't evaluated")
    return change(reference, item, seed, confidence)


def no_change(column: Column, missing: str) -> Change | None:
    """Return what is said where nothing can be compared; None for a root."""
    if column.parent is None:
        return None
    return Change(
        reference=column.parent,
        difference=None,
        comparability=None,
        wording="not comparable",
        missing=missing,
    )
