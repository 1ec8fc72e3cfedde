"""One checkpoint of a family with what a store holds of it, damage included."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.chains import chain_to
from harness.errors import EvidenceError, StoreError
from harness.evidence import Aggregate, Identity, Known
from harness.records import JSON
from harness.store import Store, merge_runs, read_evidence
from harness.store.evidence import identity_of
from harness.store.imports import aggregates_of
from harness.store.index import family_files
from harness.store.json_files import read_account


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """A family as its runs leave it."""

    account: Mapping[str, JSON]
    rows: tuple[str, ...]
    """All table rows that its runs name, in their order."""
    cells: Mapping[str, Mapping[str, Mapping[str, JSON]]]
    """Checkpoint -> table row -> what the account says of the cell."""
    stated: Mapping[str, Mapping[str, Aggregate]]
    """Checkpoint -> table row -> a number without records; there may be a cell, too."""
    dates: Mapping[tuple[str, str], str]
    """By cell's key and table row, when the newest run that asked for it began."""
    damage: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The family's name."""
        name: str = self.account["family"]
        return name

    @property
    def checkpoints(self) -> Mapping[str, Mapping[str, JSON]]:
        """What the account says of each checkpoint, in its order."""
        return {checkpoint["name"]: checkpoint for checkpoint in self.account["checkpoints"]}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """One checkpoint's evidence by table row."""

    entry: Mapping[str, JSON]
    rows: Mapping[str, Known]
    named: Mapping[str, Identity]
    """Of rows without evidence that a run names, who was to be asked."""
    damage: Mapping[str, str]
    """Rows that couldn't be read, and why."""
    places: tuple[str, ...]
    """The table rows that a run names for it, in the family's order."""

    @property
    def name(self) -> str:
        """The checkpoint's name."""
        name: str = self.entry["name"]
        return name


def family_of(store: Store, runs: Sequence[Mapping[str, JSON]]) -> Family:
    """Return the family of some runs, oldest first, which are all that it has."""
    (account,) = merge_runs(runs).values()
    cells: dict[str, dict[str, Mapping[str, JSON]]] = {}
    for cell in account["cells"]:
        cells.setdefault(cell["checkpoint"], {})[cell["row"]] = cell
    stated: dict[str, dict[str, Aggregate]] = {}
    damage: list[str] = []
    try:
        for one in aggregates_of(store, runs):
            stated.setdefault(one.identity.checkpoint, {})[one.identity.row] = one
    except StoreError as error:
        damage.append(str(error))
    named = (row for held in (cells, stated) for rows in held.values() for row in rows)
    dates = {(cell["key"], cell["row"]): _began(run) for run in runs for cell in run["cells"]}
    damage += _circle(account["checkpoints"])
    return Family(
        account=account,
        rows=tuple(dict.fromkeys(named)),
        cells=cells,
        stated=stated,
        dates=dates,
        damage=tuple(damage),
    )


def family_named(store: Store, name: str) -> Family | None:
    """Return a family of a store; None if no run that can be read is of it."""
    files = family_files(store).get(name, [])
    return family_of(store, [read_account(file) for file in files]) if files else None


def standing_of(
    store: Store, family: Family, checkpoint: str, only: Collection[str] | None = None
) -> Standing:
    """Return one checkpoint of a family with the primary metric of each of its cells.

    ``only`` names the table rows to read; None: all.
    """
    entry, cells = family.checkpoints[checkpoint], family.cells.get(checkpoint, {})
    if only is not None:
        cells = {row: cell for row, cell in cells.items() if row in only}
    rows: dict[str, Known] = {}
    named: dict[str, Identity] = {}
    damage: dict[str, str] = {}
    for row, cell in cells.items():
        try:
            found = read_evidence(store, {**family.account, "cells": [cell]}, ())
            if found:
                rows[row] = found[0]
            else:
                named[row] = identity_of(store.identity(cell["key"]), cell, entry)
        except (StoreError, ValueError) as error:
            damage[row] = str(error)
    stated = family.stated.get(checkpoint, {})
    rows |= {row: one for row, one in stated.items() if row not in rows}
    places = tuple(row for row in family.rows if row in cells or row in stated)
    return Standing(entry=entry, rows=rows, named=named, damage=damage, places=places)


def _circle(checkpoints: Sequence[Mapping[str, JSON]]) -> list[str]:
    """Return one line if checkpoints are their own ancestors."""
    parents = {checkpoint["name"]: checkpoint["parent"] for checkpoint in checkpoints}
    try:
        for name in parents:
            chain_to(name, parents)
    except EvidenceError as error:
        return [str(error)]
    return []


def _began(run: Mapping[str, JSON]) -> str:
    began = run.get("started")
    return began if isinstance(began, str) else ""
