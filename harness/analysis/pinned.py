"""What any checkpoints changed against any chosen one, from the scores that the index holds.

The numbers are those of :func:`harness.analysis.board.change_of`. Cells that were asked alike are
compared with the reference once, and their differences are made at once where they are of means or
ratios; corpus metrics have their own resamples for each pair, some 20 ms of a processor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.analysis.board import CONFIDENCE, change_of, delta_columns
from harness.analysis.comparability import Pairing, compare
from harness.analysis.pinned_cells import Alike, Asked, Cells, Who
from harness.evidence import Evidence, Known
from harness.results.board import DeltaColumns
from harness.stats.paired_many import Differences, paired_differences
from harness.store import Store
from harness.store.index_board import Indexed

__all__ = ["COLUMNS", "Pinned", "Who"]

Columns: TypeAlias = dict[str, NDArray[np.object_] | NDArray[np.float64]]
COLUMNS = ("family", "checkpoint", "row", *DeltaColumns.__annotations__)

_NUMBERS = ("delta", "delta_low", "delta_high", "p")
_PAIRINGS = 10_000  # each holds its documents' places: some 2 kB for 100
_REMEMBERED = 50_000  # differences that aren't made at once; some 30 MB


@dataclass(frozen=True, slots=True, eq=False)
class _Reference:
    who: Who
    known: Known
    asked: Asked | None


@dataclass(frozen=True, slots=True, eq=False)
class _Paired:
    """Cells whose shared documents with the reference are known."""

    alike: Alike
    like: Evidence
    pairing: Pairing


class Pinned:
    """Makes differences from one state of the index."""

    def __init__(self, store: Store, indexed: Indexed) -> None:
        """Take what the index holds; scores are read when they are asked for."""
        self._cells = Cells(store, indexed)
        self._pairings: dict[tuple[Asked, Asked], Pairing] = {}
        self._made: dict[tuple[Who, str, str, str], DeltaColumns] = {}

    def columns(self, reference: Who, checkpoints: Sequence[Who], rows: Sequence[str]) -> Columns:
        """Return :data:`COLUMNS`, an entry for each checkpoint and row that has evidence.

        The reference itself isn't in it, nor are rows on which it has none.
        """
        wanted: dict[str, dict[str, None]] = {}
        for family, checkpoint in checkpoints:
            if (family, checkpoint) != reference:
                wanted.setdefault(family, {})[checkpoint] = None
        found: list[Columns] = []
        for row in rows:
            one = self._cells.one(reference, row)
            if one is not None:
                before = _Reference(reference, *one)
                found += self._on(before, self._cells.on(row, wanted))
        nothing = np.empty(0, dtype=np.object_)
        return {
            name: np.concatenate([some[name] for some in found]) if found else nothing
            for name in COLUMNS
        }

    def _on(self, before: _Reference, candidates: Iterator[Alike]) -> Iterator[Columns]:
        """Yield the differences of a row's cells, those over the same documents made at once."""
        together: dict[object, list[_Paired]] = {}
        for alike in candidates:
            paired = self._paired(before, alike)
            if paired is None:
                yield self._one_by_one(before, alike)
                continue
            over = (paired.pairing.reference, paired.pairing.candidate, paired.like.clusters)
            together.setdefault((*over, paired.like.primary.info), []).append(paired)
        for same in together.values():
            found = _together(before, same)
            if found is None:
                yield from (self._one_by_one(before, each.alike) for each in same)
                continue
            start = 0
            for each in same:
                end = start + len(each.alike.checkpoints)
                yield _columns(before, each, found.part(start, end))
                start = end

    def _paired(self, before: _Reference, alike: Alike) -> _Paired | None:
        """Return how cells pair with the reference; None where they are looked at one by one."""
        if not isinstance(before.known, Evidence) or not isinstance(alike.like, Evidence):
            return None
        if before.asked is None or alike.asked is None:
            pairing = compare(before.known, alike.like)
        else:
            known = self._pairings.get((before.asked, alike.asked))
            pairing = known or compare(before.known, alike.like)
            if len(self._pairings) >= _PAIRINGS:
                self._pairings.clear()
            self._pairings[before.asked, alike.asked] = pairing
        if pairing.comparability.verdict == "INCOMPARABLE":
            return None
        return _Paired(alike, alike.like, pairing)

    def _one_by_one(self, before: _Reference, alike: Alike) -> Columns:
        """Return differences that are made each on its own, and remembered."""
        columns: dict[str, list[object]] = {name: [] for name in DeltaColumns.__annotations__}
        cells: list[Known] = []
        for i, name in enumerate(alike.checkpoints):
            pair = (before.who, alike.row, alike.family, name)
            made = self._made.get(pair)
            if made is None:
                cells = cells or alike.each()
                if len(self._made) >= _REMEMBERED:
                    self._made.clear()
                made = self._made[pair] = delta_columns(change_of(before.known, cells[i]))
            for column, value in made.items():
                columns[column].append(value)
        numbers: Columns = {name: np.array(columns[name], dtype=np.float64) for name in _NUMBERS}
        texts: Columns = {name: np.array(columns[name], dtype=np.object_) for name in columns}
        return _places(alike) | texts | numbers


def _together(before: _Reference, same: Sequence[_Paired]) -> Differences | None:
    """Return the differences of cells over the same documents; None: one by one."""
    assert isinstance(before.known, Evidence)
    first = same[0]
    ours, theirs = [*first.pairing.reference], [*first.pairing.candidate]
    return paired_differences(
        first.like.primary.info,
        before.known.primary.rows[ours],
        np.concatenate([each.alike.numbers(each.like)[:, theirs] for each in same]),
        [first.like.clusters[i] for i in theirs],
        CONFIDENCE,
    )


def _columns(before: _Reference, paired: _Paired, found: Differences) -> Columns:
    comparability, info = paired.pairing.comparability, paired.like.primary.info
    count = len(found.value)
    words = _words(found, comparability.verdict, higher_is_better=info.higher_is_better)
    return {
        **_places(paired.alike),
        "reference": _same(before.known.identity.checkpoint, count),
        "delta": found.value,
        "delta_low": found.low,
        "delta_high": found.high,
        "p": found.p,
        "test": found.test,
        "comparability": _same(comparability.verdict, count),
        "reasons": _same(", ".join(map(str, comparability.reasons)), count),
        "wording": words,
    }


def _words(found: Differences, verdict: str, *, higher_is_better: bool) -> NDArray[np.object_]:
    """As :func:`harness.analysis.change.word`."""
    up, down = ("gained", "lost") if higher_is_better else ("lost", "gained")
    if verdict == "QUALIFIED":
        up = down = "changed"
    words = np.where(found.low > 0, up, down).astype(np.object_)
    words[~((found.low > 0) | (found.high < 0))] = "no clear change"
    return words


def _places(alike: Alike) -> Columns:
    count = len(alike.checkpoints)
    names = np.array(alike.checkpoints, dtype=np.object_)
    return {
        "family": _same(alike.family, count),
        "checkpoint": names,
        "row": _same(alike.row, count),
    }


def _same(text: str, count: int) -> NDArray[np.object_]:
    return np.full(count, text, dtype=np.object_)
