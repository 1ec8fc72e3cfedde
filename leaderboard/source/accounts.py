"""What a family's runs say of it: its checkpoints, its cells, and the runs themselves."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from harness.errors import EvidenceError, StoreError
from harness.records import JSON
from harness.store import Store, merge_runs
from harness.store.index import family_files
from harness.store.json_files import read_account
from leaderboard.source import store_path
from leaderboard.source.board import board


def account_of(family: str) -> Mapping[str, JSON]:
    """Return a family's account as its runs leave it; EvidenceError if the store has none."""
    return _accounts(store_path(), board().stamp, family)[0]


def runs_of(family: str) -> tuple[Mapping[str, JSON], ...]:
    """Return the accounts of a family's runs, oldest first."""
    return _accounts(store_path(), board().stamp, family)[1]


@st.cache_resource(max_entries=8, show_spinner=False)
def _accounts(
    root: Path, stamp: str, family: str
) -> tuple[Mapping[str, JSON], tuple[Mapping[str, JSON], ...]]:
    """``stamp`` is there for the cache: another state of the store is another key."""
    known = [_read(path) for path in family_files(Store(root)).get(family, [])]
    runs = tuple(run for run in known if run is not None)
    if not runs:
        raise EvidenceError(f"{root}: no family {family!r}")
    return merge_runs(runs)[family], runs


def _read(path: Path) -> Mapping[str, JSON] | None:
    try:
        return read_account(path)
    except StoreError:  # the board lists it under damage
        return None
