"""The scores of a family by checkpoint, table row and document, in the index.

    <store>/index/answers/<hash of the family's name>.parquet

One row per cell with its primary metric's numbers document by document. What was asked is written
once for all cells that were asked alike, with the first of them. The file notes the basis of each
checkpoint in it, as in :mod:`harness.store.index_board`. Cells of very many documents aren't held.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from sys import intern
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.errors import StoreError
from harness.evidence import Aggregate, Evidence, Identity, Known, Scores
from harness.metrics.metric import FloatArray
from harness.records import JSON, Status, Variant, canonical, digest
from harness.store.bounds import strict_json
from harness.store.files import listing
from harness.store.index_board import VERSION
from harness.store.index_files import read_index, write_index
from harness.store.metric_shape import info_from_json
from harness.store.store import Store

__all__ = ["Answers", "AnswersWriter", "Places", "forget_answers", "read_answers"]

_MOST = 200_000  # numbers of one cell: 1.6 MB
_UNKNOWN: Status = "ok"  # a status has to be there
_OWN = ("cell", "checkpoint", "stage", "parent", "fingerprint")  # not shared by all asked alike
_TEXTS = ("documents", "document_hashes", "request_hashes", "clusters")
_LISTS = [(name, pa.list_(pa.string())) for name in _TEXTS]
_NAMES = [(name, pa.string()) for name in ("checkpoint", "row", "cell")]
_ABOUT = [("asked", pa.int64()), ("values", pa.list_(pa.float64())), ("about", pa.string())]
_SCHEMA = pa.schema([*_NAMES, *_ABOUT, *_LISTS])

Asked: TypeAlias = tuple[JSON, ...]
"""What cells that were asked alike have in common: ``about`` and the columns of texts."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The cells of one table row."""

    checkpoints: Sequence[str]
    cells: Sequence[str]
    asked: NDArray[np.int64]
    """The number of what each was asked, an index into :attr:`Answers.alike`."""
    starts: NDArray[np.int64]
    """Where each one's numbers begin."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """A family's scores; cells that were asked alike share what they were asked."""

    alike: Sequence[Known]
    """The first cell of each way of asking; its statuses and lineage aren't known."""
    rows: Mapping[str, Places]
    """By table row."""
    values: FloatArray
    bases: Mapping[str, str]
    """Of the checkpoints that are held."""

    def known(self, row: str, at: int) -> Known:
        """Return a cell, the one at an index of a row's places."""
        places = self.rows[row]
        like = self.alike[int(places.asked[at])]
        identity = replace(like.identity, cell=places.cells[at], checkpoint=places.checkpoints[at])
        start = int(places.starts[at])
        if isinstance(like, Aggregate):
            value, error = self.values[start : start + 2]
            error = None if np.isnan(error) else float(error)
            return replace(like, identity=identity, value=float(value), error=error)
        scores = Scores(info=like.primary.info, rows=self.stack(row, [at])[0])
        return replace(like, identity=identity, metrics=(scores,))

    def stack(self, row: str, at: Sequence[int]) -> FloatArray:
        """Return the numbers (M, n, k) of cells with records that were asked alike."""
        places = self.rows[row]
        like = self.alike[int(places.asked[at[0]])]
        assert isinstance(like, Evidence)
        shape = like.primary.rows.shape
        spread = np.arange(shape[0] * shape[1])
        return self.values[places.starts[[*at]][:, None] + spread].reshape(len(at), *shape)


class AnswersWriter:
    """Collects a family's cells and writes them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._columns: dict[str, list[JSON]] = {field.name: [] for field in _SCHEMA}
        self._numbers: dict[Asked, int] = {}
        self._bases: dict[str, str] = {}

    def add(self, checkpoint: str, basis: str, rows: Mapping[str, Known]) -> None:
        """Add a checkpoint's cells by table row; of what was asked one copy is kept."""
        self._bases[checkpoint] = basis
        for row, known in rows.items():
            values = _values(known)
            if len(values) > _MOST:
                continue
            asked, ways = _asked(known), len(self._numbers)
            number = self._numbers.setdefault(asked, ways)
            if number < ways:
                asked = (None,) * len(asked)
            who = (checkpoint, row, known.identity.cell, number, values)
            for name, value in zip(_SCHEMA.names, (*who, *asked), strict=True):
                self._columns[name].append(value)

    def keep(self, held: Answers, checkpoints: Collection[str]) -> None:
        """Add some of the checkpoints that are held already."""
        cells: dict[str, dict[str, Known]] = {name: {} for name in checkpoints}
        for row, places in held.rows.items():
            for at, name in enumerate(places.checkpoints):
                if name in cells:
                    cells[name][row] = held.known(row, at)
        for name, rows in cells.items():
            self.add(name, held.bases[name], rows)

    def write(self, store: Store, family: str) -> None:
        """Write them as all that is held of a family."""
        values = self._columns["values"]
        offsets = np.cumsum([0, *map(len, values)])
        flat = np.concatenate(values) if values else np.empty(0)
        lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(flat))
        arrays = [
            lists if field.name == "values" else pa.array(self._columns[field.name], field.type)
            for field in _SCHEMA
        ]
        table, notes = (
            pa.Table.from_arrays(arrays, schema=_SCHEMA),
            {"bases": canonical(self._bases)},
        )
        write_index(_path(store, family), table, VERSION, notes)


def read_answers(store: Store, family: str) -> Answers | None:
    """Return what is held of a family; None if there is nothing usable."""
    table = read_index(_path(store, family), _SCHEMA, VERSION)
    if table is None:
        return None
    try:
        return _answers(table.combine_chunks(), strict_json(table.schema.metadata[b"bases"]))
    except (LookupError, TypeError, ValueError):
        return None


def forget_answers(store: Store, families: Collection[str]) -> None:
    """Remove what is held of any other than these families."""
    kept = {_path(store, family).name for family in families}
    with suppress(StoreError, OSError):
        for entry in listing(store.root / "index" / "answers"):
            if entry.name not in kept:
                Path(entry.path).unlink()


def _path(store: Store, family: str) -> Path:
    return store.root / "index" / "answers" / f"{digest(family)[:32]}.parquet"


def _values(known: Known) -> FloatArray:
    if isinstance(known, Aggregate):
        return np.array([known.value, np.nan if known.error is None else known.error])
    return known.primary.rows.ravel()


def _asked(known: Known) -> Asked:
    identity = {k: v for k, v in asdict(known.identity).items() if k not in _OWN}
    if isinstance(known, Aggregate):
        about = {"info": asdict(known.info), "n": known.n, "source": known.source}
        return (canonical({"identity": identity, **about}), None, None, None, None)
    about = {"info": asdict(known.primary.info), "planned": known.planned}
    columns = tuple(getattr(known, name) for name in _TEXTS)
    return (canonical({"identity": identity, **about}), *columns)


def _answers(table: pa.Table, bases: Mapping[str, str]) -> Answers:
    """ValueError (or such) for a table that doesn't fit itself."""
    asked = table["asked"].to_numpy()
    first = table.filter(table["about"].is_valid())
    if first["asked"].to_pylist() != list(range(len(first))):
        raise ValueError("not each way of asking is there once")
    alike = [_alike(row) for row in first.select(["about", *_TEXTS]).to_pylist()]
    lists = table["values"].chunk(0) if len(table) else pa.array([], _SCHEMA.field("values").type)
    starts, values = lists.offsets.to_numpy(), lists.values.to_numpy()
    lengths = np.array([_length(one) for one in alike])[asked] if len(table) else np.empty(0)
    if not np.array_equal(np.diff(starts), lengths):
        raise ValueError("not as many numbers as documents")
    by_row: dict[str, list[int]] = {}
    for at, row in enumerate(table["row"].to_pylist()):
        by_row.setdefault(row, []).append(at)
    checkpoints, cells = (table[name].to_pylist() for name in ("checkpoint", "cell"))
    picked = {
        row: Places(
            checkpoints=[checkpoints[i] for i in at],
            cells=[cells[i] for i in at],
            asked=asked[at],
            starts=starts[at],
        )
        for row, at in by_row.items()
    }
    return Answers(alike=alike, rows=picked, values=values, bases=dict(bases))


def _length(known: Known) -> int:
    return 2 if isinstance(known, Aggregate) else known.primary.rows.size


def _shared(texts: Sequence[str | None]) -> tuple[Any, ...]:
    """Return texts that lie in memory once: families ask the same documents."""
    return tuple(None if text is None else intern(text) for text in texts)


def _alike(row: Mapping[str, JSON]) -> Known:
    about = strict_json(row["about"].encode())
    named = about["identity"]
    variant = Variant(**named.pop("variant"))
    identity = Identity(
        cell="", checkpoint="", stage="base", fingerprint="", variant=variant, **named
    )
    info = info_from_json(about["info"])
    if "source" in about:
        aggregate = {"n": about["n"], "source": about["source"]}
        return Aggregate(identity=identity, info=info, value=0.0, error=None, **aggregate)
    documents, document_hashes, request_hashes, clusters = (_shared(row[n]) for n in _TEXTS)
    n = len(documents)
    return Evidence(
        identity=identity,
        documents=documents,
        document_hashes=document_hashes,
        request_hashes=request_hashes,
        clusters=clusters,
        statuses=tuple(_UNKNOWN for _ in documents),
        metrics=(Scores(info=info, rows=np.zeros((n, len(info.columns)))),),
        planned=about["planned"],
    )
