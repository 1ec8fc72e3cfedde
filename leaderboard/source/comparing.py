"""Comparisons of a family's checkpoints, made once per state of the store."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from harness.analysis.comparison import comparison_of, noise_floors
from harness.analysis.reliability import CALIBRATION_ERROR, reliability
from harness.analysis.sides import family_sides
from harness.results import Comparison
from harness.results.calibration import Certainty
from harness.store import Store, read_evidence
from harness.store.divergences import read_divergences
from leaderboard.source import store_path
from leaderboard.source.accounts import account_of
from leaderboard.source.board import board


def compared(family: str, names: Sequence[str], reference: str) -> Comparison:
    """Return what some checkpoints changed against one of them, as a chain in the order given.

    ``names`` are at least two, ``reference`` among them. Raises EvidenceError for a checkpoint
    without evidence, StoreError for a store that can't be read.
    """
    return _compared(store_path(), board().stamp, family, tuple(names), reference)


@st.cache_resource(max_entries=16, show_spinner="Comparing …")
def _compared(
    root: Path, stamp: str, family: str, names: tuple[str, ...], reference: str
) -> Comparison:
    """``stamp`` is there for the cache: another state of the store is another key."""
    store = Store(root)
    sides = family_sides(store, account_of(family), names)
    return comparison_of(sides, reference, noise_floors(store), read_divergences(store))


def calibrated(family: str, names: Sequence[str], row: str) -> list[Certainty]:
    """Return how sure checkpoints were on a row and how often right, in the order given."""
    return _calibrated(store_path(), board().stamp, family, tuple(names), row)


@st.cache_resource(max_entries=32, show_spinner=False)
def _calibrated(
    root: Path, stamp: str, family: str, names: tuple[str, ...], row: str
) -> list[Certainty]:
    account = account_of(family)
    own = {c["checkpoint"]: c for c in account["cells"] if c["row"] == row}
    cells = [own[name] for name in names if name in own]
    return reliability(
        read_evidence(Store(root), {**account, "cells": cells}, (CALIBRATION_ERROR,))
    )
