"""Runs over a ward's data, and the command line."""

import sys
from functools import partial
from pathlib import Path

import pytest
from wards import Aligntax, Ward, write_ward

from harness import cli


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    """Return a function that writes a ward's data and its run.yaml for a privacy mode."""
    return partial(write_ward, tmp_path)


@pytest.fixture
def aligntax(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Aligntax:
    """Return a function that runs the command line: (exit code, stdout, stderr)."""

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run
