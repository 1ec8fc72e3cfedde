"""What of a cell has to be done: the documents that it wants less those that the store covers."""

from dataclasses import dataclass, field

from harness.plan import Cell
from harness.privacy.policy import is_private
from harness.records import Document, SampleRecord
from harness.store import Asked, Coverage, Store

__all__ = ["Work", "find_work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What of a cell has to be done."""

    cell: Cell
    ask: tuple[Document, ...]
    """Documents without a current record."""
    rescore: tuple[Document, ...]
    """Documents asked just so before, whose key or cluster has changed since."""
    coverage: dict[Asked, Coverage] = field(repr=False)
    """What the store held when it was read, and what was recorded since by :meth:`note`."""

    def held(self, document: Document) -> Coverage | None:
        """Return what the store has of a document, asked as the cell asks it."""
        return self.coverage.get(self.cell.stored(document))

    def note(self, record: SampleRecord) -> None:
        """Count a record that was just written, so that the disk needn't be read again."""
        self.coverage[record.document, record.request_hash] = Coverage.of(record)

    @property
    def lacking(self) -> int:
        """How many documents have no answer: an error, or no record at all."""
        wanted = [self.coverage.get(asked) for asked in self.cell.asked]
        return sum(held is None or held.status == "error" for held in wanted)


def find_work(cell: Cell, store: Store) -> Work:
    """Compare what a cell wants with what the store covers.

    The texts of a private cell are gone: a document whose key was corrected is asked again.
    """
    coverage, veil = store.coverage(cell.key), cell.veil
    ask: list[Document] = []
    rescore: list[Document] = []
    for document in cell.documents:
        held = coverage.get(cell.stored(document))
        if held is None or held.status == "error":
            ask.append(document)
        elif (held.document_hash, held.cluster) != veil.content(document):
            (ask if is_private(veil.mode) else rescore).append(document)
    return Work(cell=cell, ask=tuple(ask), rescore=tuple(rescore), coverage=coverage)
