"""The verdicts of gates, read once per state of the store."""

from pathlib import Path

import streamlit as st

from harness.analysis.history import by_rule, judgements, margins
from harness.analysis.spent import pace
from harness.errors import StoreError
from harness.results.history import Judgement
from harness.store import Store
from harness.store.verdicts import StoredVerdict, read_verdict, verdict_files
from leaderboard.source import store_path
from leaderboard.source.accounts import account_of, runs_of
from leaderboard.source.board import board

__all__ = ["by_rule", "damaged", "history", "margins_of"]


def history(family: str) -> list[Judgement]:
    """Return the verdicts on a family's checkpoints, the oldest first."""
    return _history(store_path(), board().stamp, family)


def damaged() -> tuple[str, ...]:
    """Return a line for each verdict that can't be read."""
    return _stored(store_path(), board().stamp)[1]


def margins_of(family: str, reference: str, candidate: str) -> dict[str, float]:
    """Return by row what the newest verdict on two checkpoints lets pass; empty: there is none."""
    weights = {c["checkpoint"]: c["fingerprint"] for c in account_of(family)["cells"]}
    stored = _stored(store_path(), board().stamp)[0]
    return margins(stored, weights.get(reference), weights.get(candidate))


@st.cache_resource(max_entries=2, show_spinner="Reading verdicts …")
def _stored(root: Path, stamp: str) -> tuple[tuple[StoredVerdict, ...], tuple[str, ...]]:
    """``stamp`` is there for the cache: another state of the store is another key."""
    found, lines = [], []
    for path in verdict_files(Store(root)):
        try:
            found.append(read_verdict(path))
        except StoreError as error:
            lines.append(str(error))
    return tuple(found), tuple(lines)


@st.cache_resource(max_entries=4, show_spinner=False)
def _history(root: Path, stamp: str, family: str) -> list[Judgement]:
    stored = [
        one
        for one in _stored(root, stamp)[0]
        if any(side.family == family for side in one.sides[-1:])
    ]
    return judgements(stored, pace(runs_of(family)))
