"""Which documents a cell wants, asked how, by column: there may be a million of them.

A plan that lies as it was written is split at its quotes rather than parsed: the texts between
them are the columns, if what stands between the texts is what stands there in every plan. Anything
else (an escape, other blanks, damage) is read as the JSON that it has to be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.records import FORMAT_VERSION, JSON
from harness.store.bounds import PLAN, read_whole
from harness.store.files import disk
from harness.store.json_files import read_plan
from harness.store.layers import Layer
from harness.store.store import Asked, Store

__all__ = ["Wanted", "wanted"]

_HEAD = ["{\n ", "documents", ": [\n  [\n   "]
_TAIL = ["\n  ]\n ],\n ", "format_version", f": {FORMAT_VERSION}\n}}\n"]
_BETWEEN = [",\n   ", ",\n   ", "\n  ],\n  [\n   "]

Columns = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Wanted:
    """The documents that a cell wants; aligned, each id once."""

    documents: tuple[str, ...]
    request_hashes: tuple[str, ...]
    document_hashes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.documents)

    @cached_property
    def hash_of(self) -> Mapping[Asked, str]:
        """The hash of each document by its identity."""
        asked = zip(self.documents, self.request_hashes, strict=True)
        return dict(zip(asked, self.document_hashes, strict=True))

    def places(self, layer: Layer) -> Sequence[int]:
        """Return the indices of a layer's rows that are wanted."""
        columns = (layer.documents, layer.request_hashes, layer.document_hashes)
        if columns == (self.documents, self.request_hashes, self.document_hashes):
            return range(len(self))
        known = map(self.hash_of.get, zip(*columns[:2], strict=True))
        pairs = zip(known, layer.document_hashes, strict=True)
        found = [i for i, (wanted, held) in enumerate(pairs) if wanted == held]
        return found if len(found) < len(layer.documents) else range(len(found))


def wanted(store: Store, cell: Mapping[str, JSON]) -> Wanted:
    """Return what a run's account says that a cell wants.

    A cell merged from several runs names several plans; the later one wins for a document.
    """
    plans = [_columns(store.plan_path(name)) for name in cell["plans"]]
    if len(plans) == 1 and len(set(plans[0][0])) == len(plans[0][0]):
        return Wanted(*plans[0])
    latest = {row[0]: row for plan in plans for row in zip(*plan, strict=True)}
    return Wanted(*_transposed([*latest.values()]))


def _columns(path: Path) -> Columns:
    with disk(path, "read"):
        content = read_whole(path, PLAN)
    return _split(content) or _transposed(read_plan(path))


def _split(content: bytes) -> Columns | None:
    """Return a plan's columns; None if it isn't spelled as plans are written."""
    if b"\\" in content:
        return None
    try:
        parts = content.decode().split('"')
    except UnicodeDecodeError:
        return None
    body, rows = parts[3:-3], (len(parts) - 5) // 6
    if parts[:3] != _HEAD or parts[-3:] != _TAIL or body[1::2] != (_BETWEEN * rows)[:-1]:
        return None
    return tuple(body[0::6]), tuple(body[2::6]), tuple(body[4::6])


def _transposed(rows: Sequence[tuple[str, str, str]]) -> Columns:
    documents, request_hashes, document_hashes = zip(*rows, strict=True) if rows else ((), (), ())
    return documents, request_hashes, document_hashes
