"""A candidate's values of one row: those that the store holds, and those that are asked now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.account import Account
from harness.asking import Asker
from harness.cost import Meter
from harness.errors import EvidenceError
from harness.guard import reason_of
from harness.interrupt import Stop
from harness.metrics.metric import Metric
from harness.plan import Cell
from harness.records import SampleRecord
from harness.run import rescore
from harness.scores import LayerError, layer_rows, metrics_of, score_records, write_scores
from harness.store import Asked, Store
from harness.work import Work, find_work

__all__ = ["Answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch(Work):
    """Some of a cell's missing documents; keeps their records as they come."""

    records: list[SampleRecord] = field(default_factory=list, repr=False)

    def note(self, record: SampleRecord) -> None:
        Work.note(self, record)
        self.records.append(record)


class Answers:
    """What one cell answers; what is asked goes to the store as a run's answers do."""

    def __init__(self, cell: Cell, metric: str, store: Store, stop: Stop) -> None:
        """Read what the store holds of a cell; ``metric`` is the signature of the one that counts.

        Raises StoreError, and EvidenceError if the metric does.
        """
        self.cell, self._store = cell, store
        self._metric: Metric = next(m for m in metrics_of(cell) if m.info.signature == metric)
        work = find_work(cell, store)
        rescore(work, store, stop)
        self._coverage = work.coverage
        self._open = {cell.stored(document): document for document in work.ask}
        self._meter: Meter | None = None
        self._values: dict[Asked, float] = {}
        asked = (r for r in store.records(cell.key) if (r.document, r.request_hash) in cell.asked)
        self._take([r for r in asked if (r.document, r.request_hash) not in self._open])

    @property
    def values(self) -> Mapping[Asked, float]:
        """By document the metric's value; documents without one are missing."""
        return self._values

    def lacking(self, documents: Sequence[Asked]) -> list[Asked]:
        """Return the documents that weren't asked yet; what failed is asked again once."""
        return [asked for asked in documents if asked in self._open]

    def ask(self, asker: Asker, documents: Sequence[Asked]) -> None:
        """Ask documents that are lacking and keep their values; raises as :meth:`Asker.ask`."""
        batch = _Batch(
            cell=self.cell,
            ask=tuple(self._open.pop(asked) for asked in documents),
            rescore=(),
            coverage=self._coverage,
        )
        self._meter = asker.ask(batch, self._meter)
        self._take(batch.records)

    def finish(self, account: Account) -> str | None:
        """Bring the cell's score layers up to date and add it to an account.

        Return a line about the metrics that raise, if any do.
        """
        raised = None
        try:
            layers = write_scores(self._store, self.cell, self._coverage)
        except LayerError as error:
            layers, raised = error.layers, str(error)
        account.add(self.cell, layers, self._meter)
        return raised

    def _take(self, records: Sequence[SampleRecord]) -> None:
        try:
            rows = layer_rows(self._metric, score_records(self.cell, records), self.cell.asked)
        except Exception as error:  # noqa: BLE001 - code of others
            name = self._metric.info.name
            raise EvidenceError(
                f"{self.cell.title}: metric {name} raised {reason_of(error)}"
            ) from None
        for (record, _), row in zip(rows.scored, rows.matrix, strict=True):
            if row[1] == 1.0:
                self._values[record.document, record.request_hash] = float(row[0])
