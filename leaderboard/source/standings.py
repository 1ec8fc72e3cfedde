"""The tiers of checkpoints on one table row."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from harness.analysis.tiers import tiers, worse_beyond
from leaderboard.matrix import Who, oriented
from leaderboard.source import store_path
from leaderboard.source.board import board, pinned
from leaderboard.source.remembered import remembered

_BOUNDS = ("delta_low", "delta_high")


def tiers_on(row: str, checkpoints: Sequence[Who]) -> Mapping[Who, int | None]:
    """Return the tier of each checkpoint that has a value on a row, told by paired differences.

    None: it can't be compared with the best.
    """
    return _tiers(store_path(), board().stamp, row, tuple(checkpoints))


@remembered(400)
def _tiers(
    root: Path, stamp: str, row: str, checkpoints: tuple[Who, ...]
) -> Mapping[Who, int | None]:
    """``root`` and ``stamp`` are there for the cache: another state of the store is another key."""
    entries = board().entries
    entries = entries[entries["row"] == row]
    wanted = set(checkpoints)
    values = {
        who: value
        for who, value in oriented(entries, row).items()
        if who in wanted and value == value
    }
    higher = bool(entries["higher_is_better"].iloc[0]) if len(entries) else True

    def worse(leader: Who, others: Sequence[Who]) -> Mapping[Who, bool | None]:
        found = pinned(leader, others, [row])
        columns = (found[name].tolist() for name in ("family", "checkpoint", *_BOUNDS))
        return {
            (family, checkpoint): worse_beyond(low, high, higher_is_better=higher)
            for family, checkpoint, low, high in zip(*columns, strict=True)
        }

    with st.spinner("Comparing with the best …"):
        return tiers(values, worse)
