"""Backends whose answers don't or do depend on their neighbours, and a repeat with them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.backends.base import Backend, BackendSpec
from harness.backends.fake import FakeBackend
from harness.checkpoint import Inspection
from harness.evaluate import Job, Overrides, prepare
from harness.plan import Cell
from harness.records import Checkpoint, Likelihood, Request, Response
from harness.repeat import Machine, Repeat, repeat
from harness.results.noise import NoiseFloor
from harness.run import run
from harness.spec import load_spec

Write = Callable[..., Path]
QUIZ = {"name": "quiz", "kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}
ALONE = [{"name": "a", "stage": "sft", "model": "toy/a"}]
TWO = [*ALONE, {"name": "b", "stage": "sft", "model": "toy/b"}]


class Silent:
    def load(self, checkpoint: str) -> None:
        pass

    def begin(self, cell: Cell, documents: int) -> None:
        pass

    def advance(self) -> None:
        pass


class Jittery(FakeBackend):
    """Its numbers depend on the neighbours of a text: on the place of its request."""

    def __init__(self, seed: str, jitter: float) -> None:
        super().__init__(seed=seed)
        self.jitter = jitter

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        for index, response in super().respond(requests):
            assert isinstance(response, Likelihood)
            moved = response.logprob + self.jitter * (index % 7)
            yield index, replace(response, logprob=moved)


class Opened:
    """Opens backends of one kind and remembers how and what they were asked."""

    def __init__(self, make: Callable[[str], Backend]) -> None:
        self.make = make
        self.specs: list[BackendSpec] = []
        self.backends: list[Any] = []

    def __call__(self, spec: BackendSpec, _: Checkpoint, inspection: Inspection) -> Backend:
        self.specs.append(spec)
        self.backends.append(self.make(inspection.fingerprint))
        backend: Backend = self.backends[-1]
        return backend

    @property
    def requests(self) -> list[Request]:
        return [request for backend in self.backends for request in backend.asked]


def fake() -> Opened:
    return Opened(lambda seed: FakeBackend(seed=seed))


def jittery(jitter: float) -> Opened:
    return Opened(lambda seed: Jittery(seed, jitter))


def job_of(path: Path, **over: Any) -> Job:
    return prepare(Overrides(**over).apply(load_spec(path)))


def again(job: Job, opened: Opened, first: Opened | None = None) -> list[Repeat]:
    """Run a job with ``first``, then repeat it."""
    open_ = first or fake()
    summary = run(job.plan, job.inspections, job.store, Silent(), open_)
    machine = Machine.here(job.plan.spec.backend, summary.run["id"], job.store.runs())
    return repeat(job.plan, job.inspections, job.store, Silent(), machine, opened)


def floors(repeats: Sequence[Repeat]) -> list[NoiseFloor]:
    found = [each.floor for each in repeats if each.floor]
    assert len(found) == len(repeats)
    return found


def contents(*folders: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for f in folders for p in sorted(f.rglob("*")) if p.is_file()}
