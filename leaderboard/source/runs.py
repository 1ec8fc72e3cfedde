"""What runs did and cost, and what is missing to complete a family's table."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import streamlit as st

from harness.analysis.coverage import completion
from harness.analysis.spent import run_cost
from harness.errors import StoreError
from harness.records import JSON
from harness.results.coverage import Completion, Place
from harness.store import Store
from harness.store.evidence import planned
from leaderboard.source import share_safe, store_path
from leaderboard.source.accounts import account_of, runs_of
from leaderboard.source.board import board

__all__ = ["failures", "missing", "run_cost", "runs_of"]


def missing(family: str) -> Completion:
    """Return what a family lacks, with the commands that ask it."""
    return _missing(store_path(), board().stamp, family)


def failures(family: str, key: str) -> Mapping[str, int]:
    """Return why documents of a cell got no score, with counts; reads the cell's records."""
    found = _failures(store_path(), board().stamp, family, key)
    return {"hidden: share-safe": sum(found.values())} if found and share_safe() else found


@st.cache_resource(max_entries=4, show_spinner=False)
def _missing(root: Path, stamp: str, family: str) -> Completion:
    """``stamp`` is there for the cache: another state of the store is another key."""
    entries = board().entries
    own = entries[entries["family"] == family]
    return completion(runs_of(family), _places(own), str(root.resolve()))


def _places(entries: pd.DataFrame) -> list[Place]:
    return [
        Place(
            checkpoint=one.checkpoint,
            row=one.row,
            answered=int(one.answered),
            planned=int(one.planned),
            errors=int(one.errors),
            stated=not one.cell and not pd.isna(one.value),
        )
        for one in entries.itertuples()
    ]


@st.cache_resource(max_entries=32, show_spinner="Reading records …")
def _failures(root: Path, stamp: str, family: str, key: str) -> dict[str, int]:
    store = Store(root)
    cell: Mapping[str, JSON] = next(c for c in account_of(family)["cells"] if c["key"] == key)
    try:
        wanted = planned(store, cell)
        records = store.records(key)
    except StoreError as error:
        return {str(error): 1}
    failed = (r for r in records if r.status == "error" and (r.document, r.request_hash) in wanted)
    return dict(Counter(r.reason or "unknown" for r in failed).most_common())
