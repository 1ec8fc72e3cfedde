"""A/A: the recorded documents are asked again, in other batches, and the difference is kept.

Records stay as they are: what is asked again has the same identity, so it can't be a record. The
documents are shuffled and handed to the backend in several portions, with another batch size, so
that each text meets other neighbours and other padding. A cell's floor is written when the cell is
done; a cell whose floor on this machine covers its answers isn't asked again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, count, groupby

from harness.again import Answered, ask_again, shuffled, sides
from harness.analysis.noise import measure_noise
from harness.backends import open_backend
from harness.backends.base import Backend, BackendSpec
from harness.checkpoint import Inspection
from harness.hardware import hardware, machine_hash
from harness.plan import Cell, Plan
from harness.records import JSON, Document, digest
from harness.results.noise import NoiseFloor
from harness.run import ERROR_SHARE, OpenBackend, Watcher
from harness.store import Asked, Store
from harness.store.pairs import noise_of, write_noise

__all__ = ["Machine", "Repeat", "incomplete", "repeat", "to_repeat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How one cell's repeat ended."""

    cell: Cell
    floor: NoiseFloor | None
    """None if the cell has no answers, or got none this time."""
    asked: int
    """Documents that a model was run on; 0 if the store had the floor."""
    failed: int = 0
    """Of them, those that got no answer this time."""
    failure: str | None = None
    """The reason that was given most often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where a repeat runs, and the runs that recorded what it repeats."""

    hardware: Mapping[str, JSON]
    run: str
    """Id of the run that the repeat belongs to."""
    runs: Sequence[Mapping[str, JSON]]
    """The accounts of all runs of the store."""

    @classmethod
    def here(cls, spec: BackendSpec, run: str, runs: Sequence[Mapping[str, JSON]]) -> "Machine":
        """Return this machine as a backend uses it; SpecError for a device that isn't there."""
        return cls(hardware=hardware(spec), run=run, runs=runs)

    @property
    def key(self) -> str:
        """The hash of the hardware."""
        return machine_hash(self.hardware)

    def batch_sizes(self, cells: Iterable[Cell]) -> tuple[int, ...]:
        """Return the batch sizes that cells were recorded with, as far as runs tell."""
        told = (run["spec"].get("backend", {}).get("batch_size") for run in self._askers(cells))
        return tuple(sorted({size for size in told if isinstance(size, int)}))

    def recorded(self, cell: Cell) -> bool | None:
        """Tell whether a cell was recorded on such a machine; None if no run says that it was.

        What a run doesn't tell of its machine counts as alike.
        """
        alike = [
            all(self.hardware.get(k, v) == v for k, v in _told(r)) for r in self._askers([cell])
        ]
        return all(alike) if alike else None

    def _askers(self, cells: Iterable[Cell]) -> list[Mapping[str, JSON]]:
        """Return the runs that asked cells; a run that was killed doesn't say what it asked."""
        keys = {cell.key for cell in cells}
        return [
            run
            for run in self.runs
            if any(cell["key"] in keys and cell.get("cost") for cell in run["cells"])
        ]


def _told(run: Mapping[str, JSON]) -> list[tuple[str, JSON]]:
    """Return what a run's account tells of its hardware."""
    machine, device = run.get("machine") or {}, run.get("device") or {}
    told = {
        "processor": machine.get("processor"),
        "cores": machine.get("cores"),
        "device": device.get("name"),
        "threads": device.get("threads"),
        "torch": run.get("versions", {}).get("torch"),
    }
    return [(name, value) for name, value in told.items() if value is not None]


def repeat(
    plan: Plan,
    inspections: Mapping[str, Inspection],
    store: Store,
    watcher: Watcher,
    machine: Machine,
    open_: OpenBackend = open_backend,
) -> list[Repeat]:
    """Measure the noise floors that a plan's cells lack on a machine; return all of them.

    Raises CheckpointError for weights that can't be loaded, StoreError when the disk says no; the
    floors that were finished until then are in the store.
    """
    found = []
    for checkpoint, group in groupby(plan.cells, key=lambda cell: cell.checkpoint):
        cells = list(group)
        usual = plan.spec.backend
        spec = replace(usual, batch_size=_other(usual.batch_size, machine.batch_sizes(cells)))
        with ExitStack() as stack:
            backend: Backend | None = None
            for cell in cells:
                # looked up only now: two checkpoints may share weights, and so cells
                documents = to_repeat(cell, store, machine.key)
                if documents and backend is None:
                    watcher.load(checkpoint.name)
                    backend = open_(spec, checkpoint, inspections[checkpoint.name])
                    stack.callback(backend.close)
                if not documents or backend is None:
                    floor = noise_of(store, cell.key, machine.key)
                    found.append(Repeat(cell=cell, floor=floor, asked=0))
                    continue
                watcher.begin(cell, len(documents))
                again = ask_again(cell, shuffled(cell, documents, plan.spec.seed), backend, watcher)
                how = _How(machine=machine, batch_size=spec.batch_size, seed=plan.spec.seed)
                found.append(_finished(cell, again, store, how))
    return found


def incomplete(repeats: Sequence[Repeat]) -> list[str]:
    """Return a line for each cell in which too many answers failed this time."""
    return [
        f"{r.cell.checkpoint.name} × {r.cell.row}: {r.failed} of {r.asked} failed when asked again:"
        f" {r.failure}"
        for r in repeats
        if r.failed > ERROR_SHARE * r.asked
    ]


def to_repeat(cell: Cell, store: Store, machine: str) -> tuple[Document, ...]:
    """Return the documents of a cell that have to be asked again; none if its floor covers them."""
    held = _compared(cell, store)
    floor = noise_of(store, cell.key, machine)
    if floor is not None and floor.compared.issuperset(held.values()):
        return ()
    return tuple(d for d in cell.documents if cell.stored(d) in held)


def _compared(cell: Cell, store: Store) -> dict[Asked, str]:
    """Return a hash of the scored answer that the store has of each document of a cell."""
    return {
        asked: digest([*asked, held.document_hash, held.response_hash])[:16]
        for asked, held in store.coverage(cell.key).items()
        if asked in cell.asked and held.status != "error"
    }


def _other(usual: int, recorded: Sequence[int]) -> int:
    """Return a batch size that no recorded one had: the half, or less, or more."""
    sizes = chain(range(usual // 2, 0, -1), count(2 * usual))
    return next(size for size in sizes if size not in recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How a cell was asked again."""

    machine: Machine
    batch_size: int
    seed: int


def _finished(cell: Cell, answered: Sequence[Answered], store: Store, how: _How) -> Repeat:
    """Compare the answers with the records, and write the floor if there is anything to compare."""
    failures = Counter(a.record.reason for a in answered if a.record.status == "error")
    recorded, repeated = sides(cell, [a for a in answered if a.record.status != "error"], store)
    noise = measure_noise(recorded, repeated)
    floor = None
    if noise is not None:
        hashes = _compared(cell, store)
        floor = NoiseFloor(
            cell=cell.key,
            machine=how.machine.key,
            hardware=how.machine.hardware,
            recorded_here=how.machine.recorded(cell),
            dtype=cell.identity["backend"].get("dtype"),
            batch_recorded=how.machine.batch_sizes([cell]),
            batch_repeated=how.batch_size,
            seed=how.seed,
            failed=failures.total(),
            compared=frozenset(
                hashes[record.document, record.request_hash] for record in repeated.records
            ),
            run=how.machine.run,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            noise=noise,
        )
        write_noise(store, floor)
    return Repeat(
        cell=cell,
        floor=floor,
        asked=len(answered),
        failed=failures.total(),
        failure=failures.most_common(1)[0][0] if failures else None,
    )
