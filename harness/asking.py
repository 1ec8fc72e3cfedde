"""Asking a cell's missing documents: each is recorded as soon as its last answer is there.

What a backend raises fails the documents concerned, not the run. It doesn't say which they are, so
the open ones are asked again in small groups, and those of a group that fails one by one. A backend
that fails three documents in a row even so loses the cell, and three cells in a row its checkpoint.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Protocol

from harness.backends.base import Backend, Batching
from harness.cost import Meter
from harness.guard import finite, reason_of
from harness.interrupt import Stop
from harness.plan import Cell
from harness.recording import make_record
from harness.records import Failure, Request, Response
from harness.store import CellWriter, Store
from harness.store.partial import PartialAnswers
from harness.work import Work

__all__ = ["Asker", "Watcher"]

GROUP = 64  # documents that are asked together after a failure
IN_A_ROW = 3


class Watcher(Protocol):
    """Is told how a run goes on, e.g. to draw progress bars."""

    def load(self, checkpoint: str) -> None:
        """Weights are about to be loaded."""

    def begin(self, cell: Cell, documents: int) -> None:
        """A cell is about to be asked about so many of its documents; the others are done."""

    def advance(self) -> None:
        """One more document is done."""


class Asker:
    """Asks one checkpoint's backend cell by cell, until it has failed too often."""

    def __init__(self, backend: Backend, store: Store, watcher: Watcher, stop: Stop) -> None:
        """Take a backend whose weights are loaded."""
        self._backend, self._store, self._watcher, self._stop = backend, store, watcher, stop
        self._cells_lost = 0  # in a row

    @property
    def gave_up(self) -> bool:
        """Whether the backend failed in so many cells in a row that it isn't asked any more."""
        return self._cells_lost >= IN_A_ROW

    def ask(self, work: Work, meter: Meter | None = None) -> Meter:
        """Record all documents that a cell lacks; a signal waits for the batch in flight.

        ``meter`` goes on counting where the cell was asked before; else a new one begins.
        Raises StoreError when the disk says no, Interrupted after the batch if a signal came; what
        was finished until then is in the store.
        """
        meter = meter or Meter(0)
        meter.expect(len(work.ask))
        with (
            self._stop.finishing(),
            self._store.open_cell(work.cell.key, work.cell.identity) as writer,
            PartialAnswers(self._store.cell_folder(work.cell.key)) as partial,
        ):
            cell = _OpenCell(work, writer, partial)
            for _ in cell.without_requests():
                self._watcher.advance()
            if self._ask_all(cell, meter):
                self._cells_lost = 0
            else:
                self._cells_lost += 1
        return meter

    def _ask_all(self, cell: "_OpenCell", meter: Meter) -> bool:
        """Ask all open documents; False if the backend failed so often that the rest is lost."""
        failure = self._attempt(cell, cell.open, meter) if cell.open else None
        if failure is None:
            return True
        if self._cells_lost and not cell.answered:  # it failed in the cell before, and still does
            return self._lose(cell, failure)
        lost = 0
        for group in _groups(cell.open):
            if self._attempt(cell, group, meter) is None:
                lost = 0
                continue
            for document in cell.still_open(group):
                failure = self._attempt(cell, [document], meter)
                lost = 0 if failure is None else lost + 1
                if failure is not None:
                    self._fail(cell, document, failure)
                if failure is not None and lost == IN_A_ROW:
                    return self._lose(cell, failure)
        return True

    def _attempt(self, cell: "_OpenCell", documents: Sequence[int], meter: Meter) -> Failure | None:
        """Ask about documents; return why it failed, if it did.

        Documents that a backend leaves without answers, saying nothing, are recorded as errors.
        """
        self._stop.check()
        places = cell.unanswered(documents)
        batching = self._backend if isinstance(self._backend, Batching) else None
        with closing(meter.answers(self._backend, [request for *_, request in places])) as answers:
            while True:
                try:
                    index, response = next(answers)
                    document, part, _ = places[index]
                    cell.expect(document, part)
                except StopIteration:
                    break
                except Exception as error:  # noqa: BLE001 - code of others
                    return Failure(f"the backend raised {reason_of(error)}")
                if cell.take(document, part, finite(response)):
                    self._watcher.advance()
                if batching is None or batching.batch_done:
                    if batching is not None:  # else the journal syncs itself, once a second
                        cell.sync()
                    self._stop.check()
        for document in cell.still_open(documents):
            self._fail(cell, document, Failure("the backend gave no answer"))
        return None

    def _lose(self, cell: "_OpenCell", failure: Failure) -> bool:
        for document in cell.open:
            self._fail(cell, document, failure)
        return False

    def _fail(self, cell: "_OpenCell", document: int, failure: Failure) -> None:
        cell.fail(document, failure)
        self._watcher.advance()


class _OpenCell:
    """A cell's missing documents, by their place in ``work.ask``, and the answers so far."""

    def __init__(self, work: Work, writer: CellWriter, partial: PartialAnswers) -> None:
        self._work, self._writer, self._partial = work, writer, partial
        self._requests = [work.cell.requests[document.id] for document in work.ask]
        self._hashes = [work.cell.request_hashes[document.id] for document in work.ask]
        self._answers: dict[int, list[Response | None]] = {
            d: [partial.known(self._hashes[d], i) for i in range(len(requests))]
            for d, requests in enumerate(self._requests)
        }
        self.answered = False
        """Whether the backend has answered anything."""

    @property
    def open(self) -> list[int]:
        """The documents that aren't recorded yet."""
        return [*self._answers]

    def still_open(self, documents: Iterable[int]) -> list[int]:
        """Return those of some documents that aren't recorded yet."""
        return [d for d in documents if d in self._answers]

    def unanswered(self, documents: Iterable[int]) -> list[tuple[int, int, Request]]:
        """Return (document, part, request) for all that has no answer yet."""
        return [
            (d, i, self._requests[d][i])
            for d in documents
            for i, answer in enumerate(self._answers.get(d, []))
            if answer is None
        ]

    def without_requests(self) -> Iterator[int]:
        """Record and yield the documents that need no model: none of their requests is open."""
        for d in [d for d, answers in self._answers.items() if None not in answers]:
            failure = self._work.cell.questions.unaskable.get(self._work.ask[d].id)
            self._record(d, [a for a in self._answers[d] if a] if failure is None else [failure])
            yield d

    def expect(self, document: int, part: int) -> None:
        """Raise ValueError for an answer that is there already: the backend breaks its contract."""
        if document not in self._answers or self._answers[document][part] is not None:
            raise ValueError("it answered a request twice")

    def take(self, document: int, part: int, response: Response) -> bool:
        """Take an answer; True if it was the last of its document, which is then recorded."""
        self.answered = True
        answers = self._answers[document]
        answers[part] = response
        if None in answers:
            self._partial.add(self._hashes[document], part, response)
            return False
        self._record(document, [answer for answer in answers if answer is not None])
        return True

    def fail(self, document: int, failure: Failure) -> None:
        """Record a document as an error, with the answers that came."""
        self._record(document, [answer or failure for answer in self._answers[document]])

    def sync(self) -> None:
        """Force what is finished to the disk."""
        self._partial.sync()
        self._writer.sync()

    def _record(self, d: int, responses: Sequence[Response]) -> None:
        document = self._work.ask[d]
        record = make_record(self._work.cell, document, responses, self._work.held(document))
        self._writer.append([record])
        self._work.note(record)
        del self._answers[d]


def _groups(documents: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(documents), GROUP):
        yield documents[begin : begin + GROUP]
