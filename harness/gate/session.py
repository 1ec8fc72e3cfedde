"""A candidate while it is asked for a sequential gate: rows in turns, until every trial is decided.

How far a turn goes depends on the order of its row alone, not on what the store covers already: a
session that goes on after a kill takes the turns of one that was never killed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from harness.account import Account
from harness.asking import IN_A_ROW, Asker, Watcher
from harness.checkpoint import Inspection
from harness.gate.answers import Answers
from harness.gate.orders import Order
from harness.gate.trial import Judged, Trial
from harness.interrupt import Interrupted, Stop
from harness.plan import Cell, Plan
from harness.run import OpenBackend
from harness.store import Store
from harness.store.damage import set_aside_damage
from harness.store.place import Place, naming

__all__ = ["BATCH", "Candidate", "Session"]

BATCH = 32
"""Documents between two looks, at least; later an eighth of those that a row was asked."""

_DECISIVE = ("REGRESSED", "INCOMPARABLE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A checkpoint of a run.yaml that is judged while it is asked."""

    name: str
    plan: Plan
    inspections: Mapping[str, Inspection]
    store: Store


@dataclass(slots=True, kw_only=True)
class _Row:
    """One row and where in its order it is."""

    answers: Answers
    trials: Sequence[int]
    """Indices into the session's."""
    turns: Iterator[int]
    place: int = 0


class Session:
    """Asks what open trials need and judges them after every batch."""

    def __init__(
        self, candidate: Candidate, trials: Sequence[Trial], watcher: Watcher, open_: OpenBackend
    ) -> None:
        """Take trials whose orders are stored; nothing is read or asked yet."""
        self._candidate, self._trials, self._watcher = candidate, trials, watcher
        self._open = open_
        rows = {trial.subject.about.row for trial in trials}
        self._cells = [
            cell
            for cell in candidate.plan.cells
            if cell.checkpoint.name == candidate.name and cell.row in rows
        ]
        self._asker: Asker | None = None
        self.judged = [trial.judge({}, 0) for trial in trials]
        """What is known of each trial."""
        self.notes: list[str] = []
        """What a user should know besides."""

    def run(self, stop: Stop) -> None:
        """Ask until all is decided.

        Raises CheckpointError for weights that can't be loaded, StoreError when the disk says no,
        EvidenceError for a metric that raises, Interrupted when ``stop`` was asked to; what was
        finished until then is in the store, and the same gate goes on.
        """
        store = self._candidate.store
        account = Account(replace(self._candidate.plan, cells=tuple(self._cells)), store)
        with naming(store.root), ExitStack() as stack:
            place = self._begin(account)
            try:
                rows = [self._row(cell, stop) for cell in self._cells]
                with account.timed(self._candidate.name):
                    self._take_turns(rows, stop, place, stack)
                self.notes += [note for row in rows if (note := row.answers.finish(account))]
                account.write(finished=True)
            except (Interrupted, KeyboardInterrupt):
                account.write()
                raise

    def _begin(self, account: Account) -> Place:
        """Set damaged files aside, seal what dead writers left, write that a run has begun."""
        store = self._candidate.store
        for cell in self._cells:
            for path in set_aside_damage(store, cell.key, cell.identity):
                self.notes.append(f"damaged: {path}: set aside; what it held is asked again")
            store.seal(cell.key)
        account.write()
        place = Place(store.root)
        place.keep()
        return place

    def _row(self, cell: Cell, stop: Stop) -> _Row:
        mine = [i for i, t in enumerate(self._trials) if t.subject.about.row == cell.row]
        first = self._trials[mine[0]]
        signature = first.subject.scores.info.signature
        batch = max(BATCH, self._candidate.plan.spec.backend.batch_size)
        answers = Answers(cell, signature, self._candidate.store, stop)
        return _Row(answers=answers, trials=mine, turns=_turns(first.order, batch))

    def _take_turns(self, rows: Sequence[_Row], stop: Stop, place: Place, stack: ExitStack) -> None:
        while waiting := [row for row in rows if self._open_trials(row)]:
            for row in waiting:
                stop.check()
                place.check()
                begin, row.place = row.place, next(row.turns)
                self._ask(row, begin, stop, stack)
                for i in self._open_trials(row):
                    self.judged[i] = self._trials[i].judge(row.answers.values, row.place)
                if self._decisive():
                    return

    def _ask(self, row: _Row, begin: int, stop: Stop, stack: ExitStack) -> None:
        """Ask what the open trials of a row need of one turn and the store lacks."""
        trials = [self._trials[i] for i in self._open_trials(row)]
        wanted = [*dict.fromkeys(d for t in trials for d in t.asked(begin, row.place))]
        lacking = row.answers.lacking(wanted)
        self._watcher.begin(row.answers.cell, len(lacking))
        for _ in range(len(wanted) - len(lacking)):
            self._watcher.advance()
        if not lacking:
            return
        if self._asker is None:
            self._asker = self._load(stop, stack)
        if self._asker.gave_up:
            why = f"{self._candidate.name} failed in {IN_A_ROW} batches in a row"
            for i in self._open_trials(row):
                about = replace(self.judged[i].rule, decision="INCOMPARABLE", reasons=(why,))
                self.judged[i] = Judged(about, open=False)
            return
        row.answers.ask(self._asker, lacking)

    def _load(self, stop: Stop, stack: ExitStack) -> Asker:
        candidate = self._candidate
        self._watcher.load(candidate.name)
        checkpoint = self._cells[0].checkpoint
        found = candidate.inspections[candidate.name]
        backend = self._open(candidate.plan.spec.backend, checkpoint, found)
        stack.callback(backend.close)
        return Asker(backend, candidate.store, self._watcher, stop)

    def _open_trials(self, row: _Row) -> list[int]:
        return [i for i in row.trials if self.judged[i].open]

    def _decisive(self) -> bool:
        """Say whether a rule is decided so that no other can change the verdict; say so of them."""
        decided = [j.rule for j in self.judged if not j.open and j.rule.decision in _DECISIVE]
        if not decided:
            return False
        first = decided[0]
        why = f"left open: {first.row} is {first.decision}"
        for i, judged in enumerate(self.judged):
            if judged.open:
                self.judged[i] = Judged(replace(judged.rule, reasons=(why,)), open=False)
        return True


def _turns(order: Order, batch: int) -> Iterator[int]:
    """Yield the places up to which an order is asked, turn by turn."""
    done = waiting = 0
    for place, unit in enumerate(order.units, 1):
        waiting += len(unit)
        if waiting >= max(batch, done // 8) or place == len(order.units):
            done, waiting = done + waiting, 0
            yield place
