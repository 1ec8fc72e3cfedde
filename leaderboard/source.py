"""What the pages read; the only module here that knows the store and the analysis."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from harness.analysis.families import table_of
from harness.records import JSON
from harness.results import StageTable
from harness.store import Store, merge_runs


@dataclass(frozen=True)
class Family:
    """A family's runs, analysed."""

    name: str
    run: str
    finished: bool
    table: StageTable


def store_path() -> Path:
    """Return the store that ``aligntax board`` was started on."""
    return Path(os.environ.get("ALIGNTAX_STORE", "evals"))


def families() -> Mapping[str, Family]:
    """Return every family of the store by name, the most recently run first.

    Analysed once per state of the store: a finished or continued run makes a new one. Raises
    StoreError for a store that can't be read.
    """
    root = store_path()
    return _families(root, Store(root).fingerprint())


@st.cache_resource(max_entries=2, show_spinner="Reading the store …")
def _families(root: Path, fingerprint: str) -> Mapping[str, Family]:
    """``fingerprint`` is there for the cache: another state of the store is another key."""
    store = Store(root)
    return {name: _family(store, run) for name, run in merge_runs(store.runs()).items()}


def _family(store: Store, run: Mapping[str, JSON]) -> Family:
    table = table_of(store, run)
    return Family(name=run["family"], run=run["id"], finished=run["finished"], table=table)
