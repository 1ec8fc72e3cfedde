"""Rows become documents; some are kept as few-shot examples and never scored.

Where the examples come from, in this order:

1. The split that the data keeps for them. Rows of it that are also scored (the same fields) are
   left out of the examples.
2. Else, if the set has at least 24 documents, a pinned pool of the 8 with the smallest
   sha256(id). They, and documents with the same fields, are never scored, also not with 0 shots:
   n must not depend on the number of shots.
3. A smaller set has no examples, and all of it is scored: 8 documents would be too much of it.

Examples are ordered by sha256(id), so they depend neither on the order of the file nor on how
many documents a run is limited to.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import TypeAlias

from harness.data import Data, Row
from harness.errors import DataError
from harness.records import JSON, Document, digest

POOL = 8
"""Documents set aside for few-shot examples when the data has no split for them."""
SMALLEST_SPLIT = 24
"""The size from which on a set gives up documents for the pool."""

Parse: TypeAlias = Callable[[Row], Mapping[str, JSON] | None]
"""A row's fields as its kind has validated them (DataError if it can't); None leaves it out."""
Source: TypeAlias = Callable[[Path | None], Sequence[Document]]
"""From the run's data folder to documents."""


def scored_only(data: Data, parse: Parse) -> tuple[Source, Source]:
    """Return ``Task.documents`` and ``Task.examples`` of a kind that knows no examples."""

    @cache
    def documents(folder: Path | None) -> Sequence[Document]:
        return _read(data.rows(folder), parse)

    def examples(folder: Path | None) -> Sequence[Document]:
        return ()

    return documents, examples


def scored_and_examples(data: Data, parse: Parse) -> tuple[Source, Source]:
    """Return ``Task.documents`` and ``Task.examples``; each file is read once per folder.

    Both raise DataError for a bad row, an id that occurs twice, and a set of which nothing is
    left to score. A few-shot split that can't be read is an error of ``examples`` only: a run
    without shots doesn't need it.
    """

    @cache
    def shot_rows(folder: Path | None) -> Sequence[Row] | DataError | None:
        try:
            return data.shot_rows(folder)
        except DataError as error:
            return error  # raised by examples()

    @cache
    def divided(folder: Path | None) -> tuple[Sequence[Document], Sequence[Document]]:
        every = _read(data.rows(folder), parse)
        has_split = shot_rows(folder) is not None
        return (every, ()) if has_split or len(every) < SMALLEST_SPLIT else _set_aside(every)

    def documents(folder: Path | None) -> Sequence[Document]:
        return divided(folder)[0]

    @cache
    def examples(folder: Path | None) -> Sequence[Document]:
        rows = shot_rows(folder)
        if isinstance(rows, DataError):
            raise rows
        if rows is None:
            return divided(folder)[1]
        scored = {document.hash for document in documents(folder)}
        return tuple(d for d in _by_hash(_read(rows, parse)) if d.hash not in scored)

    return documents, examples


def _set_aside(every: Sequence[Document]) -> tuple[Sequence[Document], Sequence[Document]]:
    """Return the documents to score and the pool."""
    pool = _by_hash(every)[:POOL]
    shown = {document.hash for document in pool}
    return tuple(d for d in every if d.hash not in shown), pool


def _by_hash(documents: Iterable[Document]) -> tuple[Document, ...]:
    return tuple(sorted(documents, key=lambda d: hashlib.sha256(_utf8(d.id)).digest()))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _read(rows: Sequence[Row], parse: Parse) -> tuple[Document, ...]:
    lines: dict[str, int] = {}
    documents = []
    for row in rows:
        fields = parse(row)
        if fields is None:
            continue
        name = _name(row, "id") or _unnamed(fields, lines)
        if name in lines:
            raise row.error(f"id {name!r} is used twice, first in line {lines[name]}")
        lines[name] = row.line
        documents.append(Document(id=name, fields=fields, cluster=_name(row, "cluster")))
    if not documents:
        file = rows[0].file if rows else "the data"
        raise DataError(f"{file}: no document is left to score; a task needs at least one")
    return tuple(documents)


def _unnamed(fields: Mapping[str, JSON], taken: Mapping[str, int]) -> str:
    """Return an id for a row without one, from its content: editing one leaves the others."""
    start = digest(fields)[:12]
    copies = (f"{start}-{n}" for n in count(2))
    return next(name for name in chain([start], copies) if name not in taken)


def _name(row: Row, field: str) -> str | None:
    """Return a field that names something: text or a whole number; None if it isn't there."""
    value = row.fields.get(field)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise row.error(f"field {field!r} must be text or a whole number, not {value!r}")
    return value
