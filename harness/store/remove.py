"""Removal of a cell: never under a living writer, never half of it in sight."""

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from harness.store.files import disk
from harness.store.journal import left_behind
from harness.store.store import Store

GONE = ".gone"
"""Where a cell's folder is moved to before it is deleted; nothing reads it there."""


def remove_cell(store: Store, key: str, keep: Callable[[Path], bool] = lambda gone: False) -> bool:
    """Remove a cell with its score layers; False, with all as it was, if it is in use.

    In use is a cell that a process writes to, and one of which ``keep`` says so when its folder
    has been moved out of everybody's way. Raises StoreError.
    """
    folder = store.cell_folder(key)
    gone = store.root / GONE / f"{key}-{secrets.token_hex(4)}"
    with ExitStack() as claims, disk(folder, "removed"):
        before = _written(folder)
        if not all(claims.enter_context(left_behind(path)) for path in before):
            return False
        gone.parent.mkdir(exist_ok=True)
        folder.rename(gone)
        if len(_written(gone)) > len(before) or keep(gone):
            _put_back(gone, folder)
            return False
        shutil.rmtree(gone)
        if store.scores_folder(key).exists():
            shutil.rmtree(store.scores_folder(key))
    return True


def _written(folder: Path) -> list[Path]:
    """Return the files that a process may be writing to."""
    return list(folder.glob("*.jsonl"))


def _put_back(gone: Path, folder: Path) -> None:
    """Return a cell to its place, where another process may have begun it anew meanwhile."""
    try:
        gone.rename(folder)
    except OSError:
        for parent, _, names in os.walk(gone):
            place = folder / Path(parent).relative_to(gone)
            place.mkdir(parents=True, exist_ok=True)
            for name in names:
                Path(parent, name).replace(place / name)
        shutil.rmtree(gone)
