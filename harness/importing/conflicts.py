"""Several results for one cell: are they the same, and if not, which one counts?

None counts by itself. Two runs of one checkpoint on one task, asked alike, may still differ: that
is run-to-run noise, or one of them isn't what it says. The newest counts where they agree; of two
that agree on what they share, the one with more documents.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from harness.errors import DamageError
from harness.records import JSON
from harness.store import Store
from harness.store.bounds import is_number
from harness.store.layers import read_layer

__all__ = ["Entry", "Prefer", "Settled", "checked_entries", "settle"]

Prefer: TypeAlias = Literal["newest", "oldest"]
Entry: TypeAlias = Mapping[str, JSON]
"""One source of a cell, as an account has it: ``file``, ``date``, ``source``, ``n``, ``values``;
where it has records ``key``, ``plans``, ``layers``, ``limited``; ``numbers`` without."""

_RELATIVE, _ABSOLUTE = 1e-5, 1e-4  # of log-likelihoods: other batches, another device
_Rows: TypeAlias = Mapping[str, Mapping[tuple[str, str], tuple[float, ...]]]
_KEYS = {"file": str, "date": str, "source": str, "values": dict, "plans": list, "layers": list}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of the sources of one cell."""

    chosen: Entry | None
    """None where they differ and nobody said which one counts."""
    entries: tuple[Entry, ...]
    """All of them, the oldest first."""
    differences: tuple[str, ...]
    """What differs between the newest and others."""


def settle(store: Store, entries: Sequence[Entry], prefer: Prefer | None) -> Settled:
    """Return which of the sources of one cell counts; one that stands twice counts once."""
    once = {entry["source"]: entry for entry in entries}
    ordered = sorted(once.values(), key=lambda entry: (entry["date"], entry["file"]))
    newest = ordered[-1]
    others = ordered[:-1]
    found = [line for other in others for line in _differences(store, other, newest)]
    if prefer is not None:
        chosen: Entry | None = newest if prefer == "newest" else ordered[0]
    elif found:
        chosen = None
    else:
        chosen = max(ordered, key=lambda e: (bool(e["layers"]), e["n"] or 0, e["date"]))
    return Settled(chosen=chosen, entries=tuple(ordered), differences=tuple(found))


def checked_entries(cell: Mapping[str, JSON], file: str) -> list[Entry]:
    """Return the sources of an account's cell; DamageError for what are none."""
    entries = cell.get("imported", [])
    fit = isinstance(entries, list) and all(isinstance(e, dict) for e in entries)
    if not fit or not all(
        all(isinstance(e.get(key), kind) for key, kind in _KEYS.items())
        and all(map(is_number, e["values"].values()))
        and (e.get("n") is None or isinstance(e["n"], int))
        for e in entries
    ):
        raise DamageError(f"{file}: damaged (imported); restore it or remove it and import again")
    return list(entries)


def _differences(store: Store, old: Entry, new: Entry) -> list[str]:
    ours, theirs = _rows(store, old), _rows(store, new)
    said = f"{old['file']} and {new['file']}"
    found = []
    for name in sorted(old["values"].keys() & new["values"].keys()):
        mine, other = ours.get(name, {}), theirs.get(name, {})
        shared = [document for document in mine if document in other]
        if shared:
            count = sum(not _same(mine[d], other[d]) for d in shared)
            if count:
                found.append(f"{name} differs on {count} of {len(shared)} documents of {said}")
        elif old["n"] is None or new["n"] is None or old["n"] == new["n"]:
            a, b = old["values"][name], new["values"][name]
            if not math.isclose(a, b, rel_tol=_RELATIVE, abs_tol=1e-9):
                found.append(f"{name} is {a:.6g} in {old['file']}, {b:.6g} in {new['file']}")
    return found


def _same(a: Sequence[float], b: Sequence[float]) -> bool:
    return len(a) == len(b) and bool(np.allclose(a, b, rtol=_RELATIVE, atol=_ABSOLUTE))


def _rows(store: Store, entry: Entry) -> _Rows:
    """Return the rows of each metric by (document, hash of its fields)."""
    found = {}
    for name in entry["layers"]:
        layer = read_layer(store.scores_folder(entry["key"]) / f"{name}.parquet")
        documents = zip(layer.documents, layer.document_hashes, strict=True)
        found[layer.info.name] = dict(zip(documents, map(tuple, layer.rows.tolist()), strict=True))
    return found
