"""The loop: what the store doesn't cover is asked, scored and recorded, checkpoint by checkpoint.

A document that can't be answered becomes a record with the status ``error``, never a score.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from harness.account import Account
from harness.backends import open_backend
from harness.backends.base import Backend, BackendSpec
from harness.checkpoint import Inspection
from harness.cost import Meter
from harness.plan import Cell, Plan
from harness.recording import make_record
from harness.records import JSON, Checkpoint, Document, Response
from harness.scores import write_scores
from harness.store import Asked, Coverage, Store

ERROR_SHARE = 0.05  # of a cell's documents; above it the run is incomplete

OpenBackend = Callable[[BackendSpec, Checkpoint, Inspection], Backend]


class Watcher(Protocol):
    """Is told how a run goes on, e.g. to draw progress bars."""

    def load(self, checkpoint: str) -> None:
        """Weights are about to be loaded."""

    def begin(self, cell: Cell, documents: int) -> None:
        """A cell is about to be asked about so many documents."""

    def advance(self) -> None:
        """One more document is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What of a cell has to be done."""

    cell: Cell
    ask: tuple[Document, ...]
    """Documents without a current record."""
    rescore: tuple[Document, ...]
    """Documents asked just so before, whose key or cluster has changed since."""
    coverage: Mapping[Asked, Coverage] = field(repr=False)

    def held(self, document: Document) -> Coverage | None:
        """Return what the store has of a document, asked as the cell asks it."""
        return self.coverage.get((document.id, self.cell.request_hashes[document.id]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended."""

    run: Mapping[str, JSON]
    asked: int
    """Documents that a model was run on."""
    covered: int
    """Documents that the store already had."""
    incomplete: tuple[str, ...]
    """One line per cell with too many errors."""
    cut: tuple[str, ...] = ()
    """One line per cell with contexts that were too long and lost their beginnings."""


def run(
    plan: Plan,
    inspections: Mapping[str, Inspection],
    store: Store,
    watcher: Watcher,
    open_: OpenBackend = open_backend,
) -> Summary:
    """Do a plan's missing work and bring all score layers up to date.

    Raises CheckpointError for weights that can't be loaded, StoreError when the disk says no; what
    was finished until then is in the store.
    """
    for key in {cell.key for cell in plan.cells}:
        store.seal(key)
    account = Account(plan, store)
    account.write()
    asked = 0
    for checkpoint, group in groupby(plan.cells, key=lambda cell: cell.checkpoint):
        # compared only now: two checkpoints may share weights, and so cells
        work = [find_work(cell, store) for cell in group]
        asked += sum(len(w.ask) for w in work)
        with account.timed(checkpoint.name), ExitStack() as stack:
            backend = None
            if any(w.ask for w in work):
                watcher.load(checkpoint.name)
                backend = open_(plan.spec.backend, checkpoint, inspections[checkpoint.name])
                stack.callback(backend.close)
            for w in work:
                _rescore(w, store)
                meter = _ask(w, backend, store, watcher) if w.ask and backend else None
                account.add(w.cell, write_scores(store, w.cell), meter)
        account.write()
    account.write(finished=True)
    return Summary(
        run=account.content,
        asked=asked,
        covered=sum(len(cell.documents) for cell in plan.cells) - asked,
        incomplete=tuple(_incomplete(plan, store)),
        cut=tuple(_cut(account.content, plan.spec.backend.max_length)),
    )


def find_work(cell: Cell, store: Store) -> Work:
    """Compare what a cell wants with what the store covers."""
    coverage = store.coverage(cell.key)
    ask, rescore = [], []
    for document in cell.documents:
        held = coverage.get((document.id, cell.request_hashes[document.id]))
        if held is None or held.status == "error":
            ask.append(document)
        elif (held.document_hash, held.cluster) != (document.hash, document.cluster):
            rescore.append(document)
    return Work(cell=cell, ask=tuple(ask), rescore=tuple(rescore), coverage=coverage)


def _ask(work: Work, backend: Backend, store: Store, watcher: Watcher) -> Meter:
    """Ask a cell's missing documents; each goes to the journal as soon as it is complete."""
    cell, meter = work.cell, Meter(len(work.ask))
    watcher.begin(cell, len(work.ask))
    asked = [(document, cell.requests[document.id]) for document in work.ask]
    flat = [(d, i, request) for d, (_, rs) in enumerate(asked) for i, request in enumerate(rs)]
    answers: list[list[Response | None]] = [[None] * len(requests) for _, requests in asked]
    missing = [len(requests) for _, requests in asked]
    with store.open_cell(cell.key, cell.identity) as writer:
        for index, response in meter.answers(backend, [r for *_, r in flat]):
            d, i, _ = flat[index]
            answers[d][i] = response
            missing[d] -= 1
            if missing[d] == 0:
                responses = [r for r in answers[d] if r is not None]
                held = work.held(asked[d][0])
                writer.append([make_record(cell, asked[d][0], responses, held)])
                watcher.advance()
    return meter


def _rescore(work: Work, store: Store) -> None:
    """Record anew, with their old responses, documents whose key was corrected."""
    if not work.rescore:
        return
    held = {(r.document, r.request_hash): r.responses for r in store.records(work.cell.key)}
    asked = work.cell.request_hashes
    with store.open_cell(work.cell.key, work.cell.identity) as writer:
        writer.append(
            make_record(work.cell, d, held[d.id, asked[d.id]], work.held(d)) for d in work.rescore
        )


def _cut(account: Mapping[str, JSON], max_length: int) -> Iterator[str]:
    for cell in account["cells"]:
        if cell["cost"] and cell["cost"]["cut"]:
            yield (
                f"{cell['checkpoint']} × {cell['row']}: {cell['cost']['cut']} of "
                f"{cell['cost']['requests']} requests were longer than max_length {max_length} "
                "and lost their beginnings"
            )


def _incomplete(plan: Plan, store: Store) -> Iterator[str]:
    """Yield a line for each cell that lacks too much, with the reason given most often."""
    for cell in plan.cells:
        coverage = store.coverage(cell.key)
        wanted = [coverage.get(asked) for asked in cell.asked]
        errors = sum(held is None or held.status == "error" for held in wanted)
        if errors > ERROR_SHARE * len(wanted):
            records = (r for r in store.records(cell.key) if r.status == "error")
            failed = (r.reason for r in records if (r.document, r.request_hash) in cell.asked)
            why = Counter(failed).most_common(1)
            line = f"{cell.checkpoint.name} × {cell.row}: {errors} of {len(wanted)} failed"
            yield f"{line}: {why[0][0]}" if why else line
