"""lm-eval's documents as ours, and back: its functions get the rows as its data has them."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from math import isfinite
from typing import Any

from harness.errors import DataError
from harness.records import JSON, Document

LARGEST_POOL = 64
"""Few-shot examples that are kept of a split, the first ones; a run can't ask for more."""


class Documents:
    """The documents of one task.

    ``scored`` are all of them. ``examples`` are the first rows of lm-eval's few-shot split, in its
    order; rows that are also scored are left out, so a task whose few-shot split is the evaluated
    one has none.
    """

    def __init__(self, name: str, task: Any) -> None:
        self._rows: dict[str, Mapping[str, Any]] = {}
        self.scored = self._keep(_scored(name, [dict(row) for row in task.eval_docs]))
        hashes = {document.hash for document in self.scored}
        sampler = getattr(task, "sampler", None)
        pool = sampler.fewshot_docs() if sampler is not None else []
        self.examples = self._keep(_examples((dict(row) for row in pool), hashes))

    def row(self, document: Document) -> dict[str, Any]:
        """Return lm-eval's row of a document, a copy, as tasks may change what they get.

        Values that aren't JSON (dates ...) are there as the data has them. A record of a document
        that the data no longer has is its fields.
        """
        row = self._rows.get(document.id)
        same = row is not None and plain(row) == document.fields
        return deepcopy(dict(row if same and row is not None else document.fields))

    def _keep(self, pairs: Iterable[tuple[Document, Mapping[str, Any]]]) -> tuple[Document, ...]:
        kept = list(pairs)
        self._rows |= {document.id: row for document, row in kept}
        return tuple(document for document, _ in kept)


def _scored(
    name: str, rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Document, Mapping[str, Any]]]:
    if not rows:
        raise DataError(f"{name}: its data has no documents to score")
    own = [row.get("id") for row in rows]
    usable = all(isinstance(i, str | int) and str(i).strip() for i in own)
    if not usable or len({str(i) for i in own}) < len(rows):
        own = [None] * len(rows)
    return [
        (_document(i, index, row), row)
        for index, (i, row) in enumerate(zip(own, rows, strict=True))
    ]


def _examples(
    rows: Iterable[Mapping[str, Any]], scored: set[str]
) -> list[tuple[Document, Mapping[str, Any]]]:
    kept: list[tuple[Document, Mapping[str, Any]]] = []
    for index, row in enumerate(rows):
        document = _document(f"example-{index}", index, row)
        if document.hash not in scored:
            kept.append((document, row))
        if len(kept) == LARGEST_POOL:
            break
    return kept


def _document(own: str | int | None, index: int, row: Mapping[str, Any]) -> Document:
    """Return a row's document; without an id of its own it has its index and its hash."""
    document = Document(id="", fields=plain(row))
    id_ = f"{index}-{document.hash[:8]}" if own is None else str(own)
    return Document(id=id_, fields=document.fields)


def plain(value: Any) -> JSON:
    """Return a value as JSON; what has no JSON (dates, NaN, bytes) as its text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    return str(value)
