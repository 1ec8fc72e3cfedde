"""The cells behind a board, from the index where it holds them, else from the store."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from harness.analysis.standing import Family, family_named, standing_of
from harness.evidence import Evidence, Known
from harness.metrics.metric import FloatArray
from harness.store import Store
from harness.store.index_answers import Answers, read_answers
from harness.store.index_board import Indexed

__all__ = ["Alike", "Asked", "Cells", "Who"]

Who: TypeAlias = tuple[str, str]
"""Family and checkpoint."""
Asked: TypeAlias = tuple[str, int]
"""A family, and the number of what cells of it were asked."""

_FAMILIES = 64  # whose scores stay in memory; some 10 MB for 5,000 cells of 100 documents


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Cells of one family and table row that were asked alike."""

    family: str
    row: str
    checkpoints: tuple[str, ...]
    like: Known
    """One of them, or one that was asked as they were."""
    asked: Asked | None = None
    """None: read from the store, and only one."""
    held: Answers | None = None
    at: tuple[int, ...] = ()
    """Where they stand among the places of ``held``."""

    def each(self) -> list[Known]:
        """Return them one by one."""
        if self.held is None:
            return [self.like]
        return [self.held.known(self.row, at) for at in self.at]

    def numbers(self, like: Evidence) -> FloatArray:
        """Return the primary metrics' rows, (M, n, k); ``like`` is theirs, and has records."""
        if self.held is None:
            return like.primary.rows[None]
        return self.held.stack(self.row, self.at)


class Cells:
    """Finds the cells that one state of the index speaks of."""

    def __init__(self, store: Store, indexed: Indexed) -> None:
        """Take what the index holds; scores are read when they are asked for."""
        self._store, self._indexed = store, indexed
        rows = indexed.checkpoints.select(["family", "checkpoint", "basis"]).to_pylist()
        self._bases = {(row["family"], row["checkpoint"]): row["basis"] for row in rows}
        self._answers = lru_cache(_FAMILIES)(self._read_answers)
        self._family = lru_cache(1)(lambda family: family_named(store, family))

    def on(self, row: str, wanted: Mapping[str, Collection[str]]) -> Iterator[Alike]:
        """Yield the cells of some checkpoints, by family, on a table row."""
        for family, names in wanted.items():
            held, shown = self._answers(family)
            found: set[str] = set()
            for alike in self._held(held, family, row, shown.intersection(names)):
                found.update(alike.checkpoints)
                yield alike
            for name in names:
                if name not in found and (known := self._read(family, name, row)) is not None:
                    yield Alike(family, row, (name,), known)

    def one(self, who: Who, row: str) -> tuple[Known, Asked | None] | None:
        """Return a checkpoint's cell on a row, and what it was asked; None if it has none."""
        for alike in self.on(row, {who[0]: (who[1],)}):
            return alike.each()[0], alike.asked
        return None

    def _held(
        self, held: Answers | None, family: str, row: str, names: Collection[str]
    ) -> Iterator[Alike]:
        if held is None or row not in held.rows:
            return
        places = held.rows[row]
        at = np.array([i for i, name in enumerate(places.checkpoints) if name in names], dtype=int)
        asked: NDArray[np.int64] = places.asked[at]
        for number in np.unique(asked):
            these = tuple(at[asked == number].tolist())
            yield Alike(
                family=family,
                row=row,
                checkpoints=tuple(places.checkpoints[i] for i in these),
                like=held.alike[int(number)],
                asked=(family, int(number)),
                held=held,
                at=these,
            )

    def _read_answers(self, family: str) -> tuple[Answers | None, frozenset[str]]:
        """Return a family's scores, and which checkpoints' are of the state that is shown."""
        held = read_answers(self._store, family)
        bases = held.bases if held else {}
        return held, frozenset(n for n, b in bases.items() if self._bases.get((family, n)) == b)

    def _read(self, family: str, checkpoint: str, row: str) -> Known | None:
        """Return a cell that the index doesn't hold."""
        if (family, checkpoint, row) not in self._evaluated:
            return None
        found: Family | None = self._family(family)
        if found is None or checkpoint not in found.checkpoints:
            return None
        return standing_of(self._store, found, checkpoint, [row]).rows.get(row)

    @cached_property
    def _evaluated(self) -> set[tuple[str, str, str]]:
        entries = self._indexed.entries
        some = entries.filter(pc.greater(entries["planned"], 0))
        columns = (some[name].to_pylist() for name in ("family", "checkpoint", "row"))
        return set(zip(*columns, strict=True))
