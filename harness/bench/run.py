"""The bench itself: each workload in turns, ours and theirs, and what their answers differ by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from harness.bench.measure import Usage, machine_limit, measured
from harness.bench.sides import Answer, Ours, Theirs
from harness.bench.unique import scored_positions, unique_tokens
from harness.checkpoint import Inspection
from harness.evaluate import prepare
from harness.plan import Cell
from harness.records import Request
from harness.results.bench import Bench, SideCost, Workload
from harness.spec import RunSpec
from harness.surroundings import machine

__all__ = ["Turns", "bench"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """How the bench is run."""

    repeats: int = 3
    batch_size: int = 8
    """Of HFLM; ours chooses its own."""
    other_batches: tuple[int, ...] = (1, 32)
    """Of HFLM, one turn each."""


def bench(spec: RunSpec, turns: Turns) -> Bench:
    """Compare both sides on the first checkpoint of a spec and all its tasks.

    Errors as :func:`harness.evaluate.prepare`; CheckpointError for weights that can't be loaded.
    """
    job = prepare(replace(spec, checkpoints=spec.checkpoints[:1]))
    checkpoint = spec.checkpoints[0]
    inspection = job.inspections[checkpoint.name]
    ours = Ours(spec.backend, checkpoint, inspection)
    theirs = Theirs(replace(spec.backend, batch_size=turns.batch_size), inspection)
    model = ours.model
    limit = machine_limit(model.dtype, model.device)
    pair = _Pair(ours, theirs, turns, limit, _Size.of(model), inspection, spec)
    return Bench(
        model=checkpoint.model.path,
        parameters=sum(p.numel() for p in model.parameters()),
        vocabulary=model.get_input_embeddings().weight.shape[0],
        settings={
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": str(model.device),
            "max_length": spec.backend.max_length,
            "repeats": turns.repeats,
        },
        machine=machine(),
        limit=limit,
        workloads=tuple(pair.workload(cell) for cell in job.plan.cells),
    )


@dataclass(frozen=True, slots=True)
class _Size:
    body: int
    """Parameters that every token goes through."""
    head: int
    """Parameters that every scored position goes through."""

    @classmethod
    def of(cls, model: Any) -> "_Size":
        embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
        tied = head is not None and head.weight is embedding.weight
        total = sum(p.numel() for p in model.parameters())
        outside = embedding.weight.numel() + (0 if head is None or tied else head.weight.numel())
        return cls(total - outside, 0 if head is None else head.weight.numel())


@dataclass(frozen=True, slots=True)
class _Pair:
    ours: Ours
    theirs: Theirs
    turns: Turns
    limit: float
    size: _Size
    inspection: Inspection
    spec: RunSpec

    def workload(self, cell: Cell) -> Workload:
        owners = [d.id for d in cell.documents for _ in cell.requests[d.id]]
        requests = [request for d in cell.documents for request in cell.requests[d.id]]
        mine: list[Usage] = []
        others: list[Usage] = []
        self.ours.answer(requests[:1])  # the probe is a matter of loading
        for _ in range(self.turns.repeats):
            usage, a = _turn(self.ours, requests)
            mine.append(usage)
            usage, b = _turn(self.theirs, requests)
            others.append(usage)
        batches = {size: self._other(size, requests) for size in self.turns.other_batches}
        unique = unique_tokens(requests, self.inspection, self.spec.backend, a)
        scored = scored_positions(requests, self.inspection, self.spec.backend, a)
        flops = 2 * (self.size.body * unique + self.size.head * scored)
        cost = _cost(mine)
        return Workload(
            row=cell.row,
            documents=len(cell.documents),
            requests=len(requests),
            ours=cost,
            theirs=_cost(others),
            batch_size=self.turns.batch_size,
            other_batches=batches,
            largest_difference=_largest(a, b),
            differing_choices=_choices(owners, a, b),
            differing_greedy=_greedy(a, b),
            differing_texts=_texts(a, b),
            unique_tokens=unique,
            share_of_limit=flops / cost.median / self.limit,
            notes=self.ours.notes(),
        )

    def _other(self, size: int, requests: Sequence[Request]) -> float:
        self.theirs.batches_of(size)
        usage, _ = _turn(self.theirs, requests)
        self.theirs.batches_of(self.turns.batch_size)
        return usage.seconds


def _turn(side: Ours | Theirs, requests: Sequence[Request]) -> tuple[Usage, list[Answer]]:
    with measured(side.model) as usage:
        answers = side.answer(requests)
    return usage, answers


def _cost(usages: Sequence[Usage]) -> SideCost:
    peaks = [usage.working_bytes for usage in usages if usage.working_bytes is not None]
    return SideCost(
        seconds=tuple(usage.seconds for usage in usages),
        median=median(usage.seconds for usage in usages),
        tokens=usages[-1].tokens,
        working_bytes=max(peaks, default=None),
    )


def _largest(ours: Sequence[Answer], theirs: Sequence[Answer]) -> float | None:
    gaps = [
        abs(a.logprob - b.logprob)
        for a, b in zip(ours, theirs, strict=True)
        if a.logprob is not None and b.logprob is not None
    ]
    return max(gaps, default=None)


def _choices(owners: Sequence[str], a: Sequence[Answer], b: Sequence[Answer]) -> int | None:
    """Count documents with several likelihoods of which another one is the largest."""
    by_document: dict[str, list[tuple[float, float]]] = {}
    for owner, x, y in zip(owners, a, b, strict=True):
        if x.logprob is not None and y.logprob is not None:
            by_document.setdefault(owner, []).append((x.logprob, y.logprob))
    several = [pairs for pairs in by_document.values() if len(pairs) > 1]
    if not several:
        return None
    return sum(_best(pairs, 0) != _best(pairs, 1) for pairs in several)


def _best(pairs: Sequence[tuple[float, float]], side: int) -> int:
    values = [pair[side] for pair in pairs]
    return values.index(max(values))


def _greedy(ours: Sequence[Answer], theirs: Sequence[Answer]) -> int | None:
    pairs = [(a.greedy, b.greedy) for a, b in zip(ours, theirs, strict=True)]
    known = [(a, b) for a, b in pairs if a is not None and b is not None]
    return sum(a != b for a, b in known) if known else None


def _texts(ours: Sequence[Answer], theirs: Sequence[Answer]) -> int | None:
    pairs = [(a.text, b.text) for a, b in zip(ours, theirs, strict=True) if a.text is not None]
    return sum(a != b for a, b in pairs) if pairs else None
