"""A store that a toy run has filled, and processes that work on it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.evaluate import Overrides, prepare
from harness.spec import load_spec
from harness.store import Store


@pytest.fixture
def evaluate() -> Callable[..., Store]:
    """Return a function that runs a spec, changed by overrides, and returns its store."""

    def run(spec: Path, **over: object) -> Store:
        job = prepare(Overrides(**over).apply(load_spec(spec)))  # type: ignore[arg-type]
        job.run(Console(file=StringIO()))
        return job.store

    return run


@pytest.fixture
def toy(write_spec: Callable[..., Path], evaluate: Callable[..., Store]) -> Store:
    """A store with one run of three checkpoints on a quiz of 32 questions."""
    return evaluate(write_spec())


@pytest.fixture
def process(pytestconfig: pytest.Config) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Yield a function that starts Python on a text, with the tests' modules at hand."""
    paths = os.pathsep.join([str(pytestconfig.rootpath / "tests"), str(pytestconfig.rootpath)])
    with ExitStack() as stack:

        def start(code: str, *args: object) -> "subprocess.Popen[str]":
            started = subprocess.Popen(
                [sys.executable, "-c", code, *map(str, args)],
                env=os.environ | {"PYTHONPATH": paths},
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(started)
            stack.callback(started.kill)
            return started

        yield start
