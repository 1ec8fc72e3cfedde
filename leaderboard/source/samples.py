"""Single documents: only the cells of one row and chain are read, once per state of the store."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from harness.analysis.chains import chain_to
from harness.analysis.comparison import noise_floors
from harness.analysis.exchange import blanked, exchange, searched
from harness.analysis.items import FOLLOWED_BY, chosen, follow, reasons_of
from harness.errors import EvidenceError
from harness.records import JSON, SampleRecord
from harness.results.items import Exchange, Items
from harness.store import Store, read_evidence
from harness.store.evidence import planned
from leaderboard.source import share_safe, store_path
from leaderboard.source.accounts import account_of
from leaderboard.source.board import board

__all__ = [
    "chosen",
    "exchanges",
    "holding",
    "items_of",
    "lineage",
    "reasons_of",
    "rows_along",
]


def lineage(family: str, checkpoint: str) -> tuple[str, ...]:
    """Return the checkpoints from the root to one; EvidenceError for a lineage in a circle."""
    parents = {c["name"]: c["parent"] for c in account_of(family)["checkpoints"]}
    return chain_to(checkpoint, parents)


def rows_along(family: str, chain: tuple[str, ...]) -> list[str]:
    """Return the table rows that any of a chain has a cell of."""
    cells = account_of(family)["cells"]
    return list(dict.fromkeys(c["row"] for c in cells if c["checkpoint"] in chain))


def items_of(family: str, chain: tuple[str, ...], row: str) -> Items:
    """Return a row's documents along a chain.

    Raises EvidenceError where none of its checkpoints has a score there, StoreError.
    """
    return _items(store_path(), board().stamp, family, chain, row)


def holding(family: str, found: Items, text: str) -> frozenset[str]:
    """Return the documents in whose prompts, fields or answers a text stands."""
    return _holding(store_path(), board().stamp, family, found.chain, found.row, text)


def exchanges(family: str, found: Items, document: str) -> list[Exchange | None]:
    """Return what each checkpoint of the chain was asked and said; None: no record.

    Share-safe, there are no texts in them.
    """
    known = [held.get(document) for held in _held(store_path(), family, found.chain, found.row)]
    made = [None if r is None else exchange(r, found.kind, found.info) for r in known]
    return [blanked(each) if each and share_safe() else each for each in made]


@st.cache_resource(max_entries=8, show_spinner="Reading documents …")
def _items(root: Path, stamp: str, family: str, chain: tuple[str, ...], row: str) -> Items:
    """``stamp`` is there for the cache: another state of the store is another key."""
    store, account = Store(root), account_of(family)
    cells = [*_cells(account, chain, row).values()]
    evidence = read_evidence(store, {**account, "cells": cells}, FOLLOWED_BY)
    scored = [cell for cell in evidence if cell.documents]
    if not scored:
        raise EvidenceError(f"{row}: none of {', '.join(chain)} has a score yet")
    return follow(scored, noise_floors(store))


@st.cache_data(max_entries=32, show_spinner="Looking through the texts …")
def _holding(
    root: Path, stamp: str, family: str, chain: tuple[str, ...], row: str, text: str
) -> frozenset[str]:
    return frozenset(
        document
        for held in _held(root, family, chain, row)
        for document, record in held.items()
        if searched(record, text)
    )


def _held(
    root: Path, family: str, chain: tuple[str, ...], row: str
) -> list[Mapping[str, SampleRecord]]:
    account, stamp = account_of(family), board().stamp
    cells = _cells(account, chain, row)
    return [_records(root, stamp, family, cells[name]["key"], row) for name in chain]


@st.cache_resource(max_entries=8, show_spinner="Reading texts …")
def _records(root: Path, stamp: str, family: str, key: str, row: str) -> Mapping[str, SampleRecord]:
    """Return the records that a cell's runs want, by document."""
    store = Store(root)
    cell = next(c for c in account_of(family)["cells"] if (c["key"], c["row"]) == (key, row))
    wanted = planned(store, cell)
    records = store.records(key)
    return {r.document: r for r in records if (r.document, r.request_hash) in wanted}


def _cells(
    account: Mapping[str, JSON], chain: tuple[str, ...], row: str
) -> dict[str, Mapping[str, JSON]]:
    """Return a row's cells by checkpoint, in the order of the chain."""
    own = {c["checkpoint"]: c for c in account["cells"] if c["row"] == row}
    return {name: own[name] for name in chain if name in own}
