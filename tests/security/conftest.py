"""The command line as its user calls it: a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def aligntax(tmp_path: Path) -> Callable[..., Ended]:
    """Return a function that runs a command in a folder of its own."""

    def run(*args: object) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "harness", *map(str, args)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            timeout=120,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
