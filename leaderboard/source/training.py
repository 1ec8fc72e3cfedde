"""What siblings and the checkpoints of a training run say together."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from harness.analysis.comparison import curves_of, fronts_of
from harness.analysis.curves import Marked
from harness.analysis.sides import family_sides
from harness.results import Curve, Front
from harness.store import Store, read_evidence
from leaderboard.source import store_path
from leaderboard.source.accounts import account_of
from leaderboard.source.board import board


def fronts(family: str, names: Sequence[str]) -> tuple[Front, ...]:
    """Return the Pareto fronts of siblings: each pair is compared document by document.

    Raises EvidenceError for a checkpoint without evidence.
    """
    return _fronts(store_path(), board().stamp, family, tuple(names))


def curves_on(family: str, names: Sequence[str], row: str) -> tuple[Curve, ...]:
    """Return one table row over each numeric attribute that at least three of them have."""
    return _curves(store_path(), board().stamp, family, tuple(names), row)


@st.cache_resource(max_entries=16, show_spinner="Comparing siblings …")
def _fronts(root: Path, stamp: str, family: str, names: tuple[str, ...]) -> tuple[Front, ...]:
    """``stamp`` is there for the cache: another state of the store is another key."""
    return fronts_of(family_sides(Store(root), account_of(family), names))


@st.cache_resource(max_entries=32, show_spinner="Reading the checkpoints …")
def _curves(
    root: Path, stamp: str, family: str, names: tuple[str, ...], row: str
) -> tuple[Curve, ...]:
    account = account_of(family)
    attributes = {c["name"]: c["attributes"] for c in account["checkpoints"]}
    cells = [c for c in account["cells"] if c["row"] == row and c["checkpoint"] in names]
    return curves_of(
        [
            Marked(
                name=cell.identity.checkpoint,
                attributes=attributes[cell.identity.checkpoint],
                rows={row: cell},
            )
            for cell in read_evidence(Store(root), {**account, "cells": cells}, ())
        ]
    )
