"""The loop: what the store doesn't cover is asked, scored and recorded, checkpoint by checkpoint.

A document that can't be answered becomes a record with the status ``error``, never a score.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from harness.account import Account
from harness.asking import IN_A_ROW, Asker, Watcher
from harness.backends import open_backend
from harness.backends.base import Backend, BackendSpec
from harness.checkpoint import Inspection
from harness.cost import Meter
from harness.errors import StoreError
from harness.interrupt import Interrupted, Stop
from harness.plan import Cell, Plan
from harness.recording import make_record
from harness.records import JSON, Checkpoint
from harness.scores import LayerError, left_out, write_scores
from harness.store import Store
from harness.store.damage import set_aside_damage
from harness.store.partial import drop_answers
from harness.store.place import Place, naming
from harness.work import Work, find_work

__all__ = ["ERROR_SHARE", "OpenBackend", "Summary", "Watcher", "rescore", "run"]

ERROR_SHARE = 0.05  # of a cell's documents; above it the run is incomplete

OpenBackend = Callable[[BackendSpec, Checkpoint, Inspection], Backend]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended."""

    run: Mapping[str, JSON]
    asked: int
    """Documents that a model was run on."""
    covered: int
    """Documents that the store already had."""
    incomplete: tuple[str, ...]
    """One line per cell with too many errors, or with a metric that can't be computed."""
    damaged: tuple[Path, ...] = ()
    """Files of the cells that were damaged, as they are called since they were set aside."""
    cut: tuple[str, ...] = ()
    """One line per cell with contexts that were too long and lost their beginnings."""
    halved: int | None = None
    """The smallest batch that was left after halving for lack of memory; None if none was."""
    notes: tuple[str, ...] = ()
    """One line for each thing that a user should know of how a checkpoint was computed."""
    left_out: tuple[str, ...] = ()
    """One line per private task with metrics that can't be computed without its texts."""
    unwritten: str | None = None
    """Why the account couldn't be written to a store that covered everything already."""


def run(
    plan: Plan,
    inspections: Mapping[str, Inspection],
    store: Store,
    watcher: Watcher,
    open_: OpenBackend = open_backend,
    stop: Stop | None = None,
) -> Summary:
    """Do a plan's missing work and bring all score layers up to date.

    Raises CheckpointError for weights that can't be loaded, StoreError when the disk says no,
    Interrupted when ``stop`` was asked to; what was finished until then is in the store, and the
    account says that the run isn't finished. A store that can't be written but covers everything
    is enough.
    """
    with naming(store.root):
        loop = _Loop(plan, store, watcher, stop or Stop())
        try:
            loop.begin()
            for checkpoint, group in groupby(plan.cells, key=lambda cell: cell.checkpoint):
                found = inspections[checkpoint.name]
                load = partial(open_, plan.spec.backend, checkpoint, found)
                loop.evaluate(checkpoint, list(group), load)
            return loop.end()
        except (Interrupted, KeyboardInterrupt):
            loop.write()
            raise


class _Loop:
    """A run that goes on."""

    def __init__(self, plan: Plan, store: Store, watcher: Watcher, stop: Stop) -> None:
        self.plan, self.store, self.watcher, self.stop = plan, store, watcher, stop
        self.account = Account(plan, store)
        self.place = Place(store.root)
        self.asked, self.covered = 0, 0
        self.incomplete: list[str] = []
        self.damaged: list[Path] = []
        self.notes: list[str] = []
        self.left_out: dict[str, None] = {}  # each line once, for all checkpoints
        self.unwritten: str | None = None

    def begin(self) -> None:
        """Set damaged files aside, seal what dead writers left, write that a run has begun."""
        try:
            with naming(self.store.root):
                for key, identity in {c.key: c.identity for c in self.plan.cells}.items():
                    self.damaged += set_aside_damage(self.store, key, identity)
                    self.store.seal(key)
                self.account.write()
        except StoreError as error:
            found = (find_work(cell, self.store) for cell in self.plan.cells)
            if any(work.ask or work.rescore for work in found):
                raise
            self.unwritten = str(error).partition("; ")[0]
        self.place.keep()

    def evaluate(
        self, checkpoint: Checkpoint, cells: Sequence[Cell], load: Callable[[], Backend]
    ) -> None:
        """Do what the cells of one checkpoint lack."""
        self.stop.check()
        self.place.check()
        # compared only now: two checkpoints may share weights, and so cells
        work = [find_work(cell, self.store) for cell in cells]
        with self.account.timed(checkpoint.name), ExitStack() as stack:
            asker = None
            if any(w.ask for w in work):
                self.watcher.load(checkpoint.name)
                backend = load()
                stack.callback(backend.close)
                asker = Asker(backend, self.store, self.watcher, self.stop)
            for w in work:
                self._evaluate(w, asker)
        self.write()

    def end(self) -> Summary:
        """Write that the run is finished."""
        self.write(finished=True)
        content = self.account.content
        costs = [cell["cost"] for cell in content["cells"] if cell["cost"]]
        return Summary(
            run=content,
            asked=self.asked,
            covered=self.covered,
            incomplete=tuple(self.incomplete),
            damaged=tuple(self.damaged),
            cut=tuple(_cut(content, self.plan.spec.backend.max_length)),
            halved=min((c["halved"] for c in costs if c["halved"] is not None), default=None),
            notes=tuple(self.notes),
            left_out=tuple(self.left_out),
            unwritten=self.unwritten,
        )

    def write(self, *, finished: bool = False) -> None:
        """Write the account as it stands, unless the store can't be written and needn't be."""
        if self.unwritten is None:
            self.account.write(finished=finished)

    def _evaluate(self, work: Work, asker: Asker | None) -> None:
        self.stop.check()
        self.place.check()
        meter = None
        self.watcher.begin(work.cell, len(work.ask))
        for _ in range(len(work.cell.documents) - len(work.ask)):
            self.watcher.advance()
        rescore(work, self.store, self.stop)
        if work.ask and asker is not None and not asker.gave_up:
            meter = asker.ask(work)
            self.notes += [f"{work.cell.checkpoint.name}: {note}" for note in meter.notes]
            self.asked += len(work.ask)
        elif not work.ask and self.unwritten is None:
            drop_answers(self.store.cell_folder(work.cell.key))
        self.covered += len(work.cell.documents) - len(work.ask)
        self.place.check()
        try:
            layers = write_scores(self.store, work.cell, work.coverage)
        except LayerError as error:
            layers = error.layers
            self.incomplete.append(str(error))
        if work.cell.private and (names := left_out(work.cell, layers)):
            self.left_out[f"{work.cell.row}: {', '.join(names)}"] = None
        self.account.add(work.cell, layers, meter)
        if work.lacking > ERROR_SHARE * len(work.cell.documents):
            self.incomplete.append(_incomplete(work, self.store, meter))


def rescore(work: Work, store: Store, stop: Stop) -> None:
    """Record anew, with their old responses, documents whose key was corrected."""
    if not work.rescore:
        return
    cell, asked = work.cell, work.cell.request_hashes
    held = {(r.document, r.request_hash): r.responses for r in store.records(cell.key)}
    with stop.finishing(), store.open_cell(cell.key, cell.identity) as writer:
        for d in work.rescore:
            record = make_record(cell, d, held[d.id, asked[d.id]], work.held(d))
            writer.append([record])
            work.note(record)


def _cut(account: Mapping[str, JSON], max_length: int) -> Iterator[str]:
    for cell in account["cells"]:
        if cell["cost"] and cell["cost"]["cut"]:
            yield (
                f"{cell['checkpoint']} × {cell['row']}: {cell['cost']['cut']} of "
                f"{cell['cost']['requests']} requests were longer than max_length {max_length} "
                "and lost their beginnings"
            )


def _incomplete(work: Work, store: Store, meter: Meter | None) -> str:
    """Return the line of a cell that lacks too much, with the reason given most often."""
    cell, total = work.cell, len(work.cell.documents)
    where = f"{cell.checkpoint.name} × {cell.row}"
    if meter is None:
        return (
            f"{where}: {work.lacking} of {total} not asked, because {cell.checkpoint.name} failed "
            f"in {IN_A_ROW} cells in a row; the same command tries again"
        )
    errors = (r for r in store.records(cell.key) if r.status == "error")
    failed = (r.reason for r in errors if (r.document, r.request_hash) in cell.asked)
    why = Counter(failed).most_common(1)
    line = f"{where}: {work.lacking} of {total} failed"
    return f"{line}: {why[0][0]}" if why else line
