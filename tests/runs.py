"""Runs inside the test's own process, with a backend of the test's making."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.backends.base import Backend
from harness.evaluate import Job, Overrides, prepare
from harness.plan import Cell
from harness.run import Summary, run
from harness.spec import load_spec


class Silent:
    """A watcher that only counts."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.done = 0

    def load(self, checkpoint: str) -> None:
        self.loaded.append(checkpoint)

    def begin(self, cell: Cell, documents: int) -> None:
        pass

    def advance(self) -> None:
        self.done += 1


def go(path: Path, backend: Callable[..., Backend] | None = None, **over: Any) -> Summary:
    return go_on(prepare(Overrides(**over).apply(load_spec(path))), backend)


def go_on(job: Job, backend: Callable[..., Backend] | None = None) -> Summary:
    extra = [backend] if backend else []
    return run(job.plan, job.inspections, job.store, Silent(), *extra)
