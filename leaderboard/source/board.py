"""A snapshot of the whole store as two frames, and whether the store has moved on since."""

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import pandas as pd
import streamlit as st

from harness.analysis.board_index import refresh
from harness.analysis.pinned import Pinned, Who
from harness.records import digest
from harness.store import Store
from harness.store.index_board import Indexed, read_board_index
from harness.store.watch import Watch
from leaderboard.source import store_path
from leaderboard.source.remembered import remembered

_SMALL = 2_000  # entries; to see whether so many are up to date takes a tenth of a second
_SPARED_EVERY = 60.0  # seconds


@dataclass(frozen=True, eq=False)
class Board:
    """What the store held when it was read."""

    stamp: str
    """Another one for another state of the store."""
    families: tuple[str, ...]
    """The most recently run first."""
    checkpoints: pd.DataFrame
    """The columns of :class:`harness.results.board.CheckpointRow` and of
    :data:`harness.results.board.CHECKPOINT_EXTRAS`; by family, parents first."""
    entries: pd.DataFrame
    """The columns of :class:`harness.results.board.EntryRow` and of
    :data:`harness.results.board.ENTRY_EXTRAS`, one row per checkpoint and table row of its family;
    what wasn't evaluated is there and says so under ``missing``."""
    damage: tuple[str, ...]
    """One line for each file that couldn't be read."""


def board() -> Board:
    """Return the snapshot that all pages show until :func:`reload`.

    Raises StoreError for a store that can't be listed.
    """
    return _shelf(store_path()).board


def newer() -> bool:
    """Tell whether the store is known to have changed since the snapshot was made.

    Cheap enough for every rerun. A run that begins, gets on or ends is seen at once, another
    change within a second on a small store, within minutes on one of 100,000 cells.
    """
    return _shelf(store_path()).newer()


def reload() -> None:
    """Let :func:`board` show the store as it is now; others see the old snapshot meanwhile."""
    _shelf(store_path()).reload()


def pinned(reference: Who, checkpoints: Sequence[Who], rows: Sequence[str]) -> pd.DataFrame:
    """Return what checkpoints changed against a chosen one: (family, checkpoint) each.

    One row for each checkpoint and row that were evaluated, ``family``, ``checkpoint``, ``row`` and
    the columns of :class:`harness.results.board.DeltaColumns`; the reference itself isn't in it.
    """
    return _pinned(store_path(), board().stamp, reference, tuple(checkpoints), tuple(rows))


class _Shelf:
    """Holds the snapshot of one store."""

    def __init__(self, root: Path) -> None:
        self._store, self._lock = Store(root), Lock()
        held = read_board_index(self._store)
        if held is None or not held.rest or held.entries.num_rows <= _SMALL:
            held = refresh(self._store)
        self._put(held)

    def _put(self, found: Indexed) -> None:
        keys, stamps = (found.entries[name].to_pylist() for name in ("cell", "stamp"))
        seen = {key: stamp for key, stamp in zip(keys, stamps, strict=True) if stamp}
        self._watch = Watch(self._store, found.rest, seen)
        self.pinned = Pinned(self._store, found)
        self.board = _board(found)
        self._spare()

    def newer(self) -> bool:
        if time.monotonic() > self._spared + _SPARED_EVERY:
            self._spare()
        return self._watch.newer()

    def _spare(self) -> None:
        """Take what is loaded by now out of the collections that Streamlit makes after each rerun.

        They look at every object there is: with all libraries loaded that is a tenth of a second,
        most of what a page costs.
        """
        self._spared = time.monotonic()
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def reload(self) -> None:
        with self._lock:
            self._put(refresh(self._store))


@st.cache_resource(show_spinner="Reading the store; a large one takes minutes the first time …")
def _shelf(root: Path) -> _Shelf:
    return _Shelf(root)


def _board(found: Indexed) -> Board:
    checkpoints = found.checkpoints.drop_columns(["basis"]).to_pandas()
    checkpoints["certified"] = [tuple(tasks) for tasks in checkpoints["certified"]]
    return Board(
        stamp=digest([found.rest, *found.checkpoints["basis"].to_pylist()]),
        families=tuple(dict.fromkeys(checkpoints["family"])),
        checkpoints=checkpoints,
        entries=found.entries.drop_columns(["basis", "stamp"]).to_pandas(),
        damage=found.damage,
    )


@remembered(32)
def _pinned(
    root: Path, stamp: str, reference: Who, checkpoints: tuple[Who, ...], rows: tuple[str, ...]
) -> pd.DataFrame:
    """``stamp`` is there for the cache: another state of the store is another key."""
    with st.spinner("Comparing …"):
        return pd.DataFrame(_shelf(root).pinned.columns(reference, checkpoints, rows))
