"""What of a store may go: what somebody names, or what no run refers to."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Literal, TypeAlias

from harness.errors import EvidenceError, StoreError
from harness.records import JSON, canonical
from harness.store.bounds import PLAN, read_whole
from harness.store.damage import SUFFIX
from harness.store.files import disk, listing
from harness.store.imports import number_files
from harness.store.journal import left_behind
from harness.store.json_files import read_account
from harness.store.remove import GONE, remove_cell
from harness.store.store import Store

__all__ = ["Item", "named", "remove", "waste"]

DAY = 86_400.0
"""Seconds for which nothing is waste: what a process is about to refer to is younger."""
_KEY = re.compile(rb"[0-9a-f]{64}")
_REFERRING = ("refs", "verdicts")  # beside the runs


What: TypeAlias = Literal["run", "cell", "scores", "plan", "number", "leftover", "damaged"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that may go."""

    what: What
    path: Path
    bytes: int
    live: bool = False
    """Whether a process writes to it: then it stays."""


@dataclass(frozen=True, slots=True)
class _References:
    cells: set[str] = field(default_factory=set)
    plans: set[str] = field(default_factory=set)
    layers: set[tuple[str, str]] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    """What others computed, by the names of its files."""
    going_on: set[str] = field(default_factory=set)
    """Cells whose layers all stay: of runs that name them later, of baselines and verdicts."""

    def add(self, run: Mapping[str, JSON]) -> None:
        wanted = run.get("wanted")
        keys = (
            {key for key in wanted if isinstance(key, str)} if isinstance(wanted, list) else set()
        )
        self.cells.update(keys)
        if not run["finished"]:
            self.going_on.update(keys)
        for cell in run["cells"]:
            self.cells.add(cell["key"])
            self.plans.update(cell["plans"])
            self.layers.update((cell["key"], layer) for layer in cell["layers"])
        told = canonical([run.get("stated"), [cell.get("imported") for cell in run["cells"]]])
        self.numbers.update(key.decode() for key in _KEY.findall(told.encode()))


def named(store: Store, names: Sequence[str]) -> list[Item]:
    """Return what goes with runs, families and cells (their keys or the beginnings of them).

    With a run or a family goes what no other run refers to. Raises EvidenceError for a name that
    nothing has or several cells have, StoreError if a run that isn't named can't be read.
    """
    files = {path.stem: path for path in store.run_files()}
    others = {id_: read_account(path) for id_, path in files.items() if id_ not in names}
    runs = {name for name in names if name in files}
    keys = set()
    for name in (name for name in names if name not in files):
        family = {id_ for id_, run in others.items() if run["family"] == name}
        if family:
            runs |= family
        else:
            keys.add(_cell_of(store, name))
    items = _of_runs(store, runs) if runs else []
    return items + [
        item
        for item in (_item(store, "cell", store.cell_folder(key)) for key in sorted(keys))
        if item not in items
    ]


def _cell_of(store: Store, name: str) -> str:
    try:
        return store.find_cell(name)
    except EvidenceError as error:
        raise EvidenceError(f"{error}; nor is it a run or a family, see `aligntax ls`") from None


def waste(store: Store, now: float) -> list[Item]:
    """Return what no run refers to and nothing has touched for a day before ``now`` (seconds).

    A cell that a process writes to is no waste. Raises StoreError if a run can't be read: it may
    refer to anything.
    """
    referred = _references(store, but=set())
    old = [item for item in _unreferred(store, referred) if now - _touched(item.path) > DAY]
    return [item for item in old if not item.live]


def remove(store: Store, items: Sequence[Item], now: float | None = None) -> list[Item]:
    """Remove items, runs first; return those that stayed because they are in use after all.

    With ``now`` they are removed as waste: a cell stays if a run has referred to it meanwhile, or
    something has touched it. Raises StoreError.
    """

    def keep(gone: Path) -> bool:
        key = gone.name.partition("-")[0]
        if now is None:
            return False
        return now - _touched(gone) <= DAY or key in _references(store, but=set()).cells

    stayed = []
    for item in sorted(items, key=lambda item: item.what != "run"):
        if item.what == "cell":
            if not remove_cell(store, item.path.name, keep):
                stayed.append(item)
        else:
            with disk(item.path, "removed"):
                if item.path.is_dir():
                    shutil.rmtree(item.path)
                else:
                    item.path.unlink(missing_ok=True)
    return stayed


def _of_runs(store: Store, ids: set[str]) -> list[Item]:
    kept, going = _references(store, but=ids), _References()
    paths = [path for path in store.run_files() if path.stem in ids]
    for path in paths:
        try:
            going.add(read_account(path))
        except StoreError:  # a damaged account goes alone
            continue
    cells = [store.cell_folder(key) for key in sorted(going.cells - kept.cells)]
    plans = [store.plan_path(name) for name in sorted(going.plans - kept.plans)]
    numbers = [p for p in number_files(store) if p.stem in going.numbers - kept.numbers]
    return [
        *(_item(store, "run", path) for path in paths),
        *(_item(store, "cell", path) for path in cells if path.exists()),
        *(_item(store, "plan", path) for path in plans if path.exists()),
        *(_item(store, "number", path) for path in numbers if path.exists()),
    ]


def _references(store: Store, but: set[str]) -> _References:
    """Return what the runs of a store, except some, its baselines and its verdicts refer to."""
    found = _References()
    for path in store.run_files():
        if path.stem not in but:
            found.add(read_account(path))
    for folder in _REFERRING:
        for path in (store.root / folder).rglob("*.json"):
            with disk(path, "read"):
                hashes = {name.decode() for name in _KEY.findall(read_whole(path, PLAN))}
            for known in (found.cells, found.plans, found.going_on):
                known.update(hashes)
    return found


def _unreferred(store: Store, referred: _References) -> Iterator[Item]:
    cells = {entry.name for entry in listing(store.root / "cells")}
    for key in sorted(cells - referred.cells):
        yield _item(store, "cell", store.cell_folder(key))
    for scores in listing(store.root / "scores"):
        if scores.name not in referred.cells:
            if scores.name not in cells:
                yield _item(store, "scores", Path(scores.path))
            continue
        for layer in listing(Path(scores.path)):
            path = Path(layer.path)
            named_later = scores.name in referred.going_on
            if not named_later and (scores.name, path.stem) not in referred.layers:
                yield _item(store, "scores", path)
    for plan in listing(store.root / "runs" / "plans"):
        if Path(plan.path).stem not in referred.plans:
            yield _item(store, "plan", Path(plan.path))
    unnamed = (path for path in number_files(store) if path.stem not in referred.numbers)
    yield from (_item(store, "number", path) for path in unnamed)
    yield from _leftovers(store, referred.cells)


def _leftovers(store: Store, kept: set[str]) -> Iterator[Item]:
    """Yield what processes that died left half-done, and damaged files that were set aside."""
    for folder, folders, names in os.walk(store.root):
        if Path(folder) == store.root / GONE:
            yield from (_item(store, "leftover", Path(folder, name)) for name in folders)
            folders.clear()
        for path in (Path(folder, name) for name in names):
            half_done = path.name.startswith(".part-") or path.match(".*.jsonl")
            if half_done:
                yield _item(store, "leftover", path)
            elif path.name.endswith(SUFFIX) and kept & set(path.parts):
                yield _item(store, "damaged", path)


def _item(
    store: Store,
    what: What,
    path: Path,
) -> Item:
    paths = [path, store.scores_folder(path.name)] if what == "cell" else [path]
    journals = path.rglob("*.jsonl") if path.is_dir() else [path] * (path.suffix == ".jsonl")
    return Item(what, path, sum(map(_bytes, paths)), live=any(map(_is_live, journals)))


def _is_live(journal: Path) -> bool:
    with left_behind(journal) as mine:
        return not mine and journal.exists()


def _bytes(path: Path) -> int:
    return sum(stat.st_size for stat in _stats(path) if S_ISREG(stat.st_mode))


def _touched(path: Path) -> float:
    """Return when a file, or anything in a folder, was last changed, in seconds."""
    return max((stat.st_mtime for stat in _stats(path)), default=0.0)


def _stats(path: Path) -> Iterator[os.stat_result]:
    """Yield what the file system says of a path and all below it, as far as it is still there."""
    for found in (path, *path.rglob("*")):
        with disk(found, "read"), suppress(FileNotFoundError):
            yield found.stat()
