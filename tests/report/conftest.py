"""Stores to report on: a branched toy family, and one full of texts that want to be markup."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from report_stores import CHECKPOINTS, notes, quiz
from runs import go
from toys import write_jsonl
from wards import Aligntax, Ward, write_ward

from harness import cli


@pytest.fixture
def family(write_spec: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Return a function that evaluates a family of four, and returns its store."""

    def evaluated(text: str = "", **changes: Any) -> Path:
        write_jsonl(tmp_path / "asked.jsonl", quiz(40, text))
        write_jsonl(tmp_path / "wished.jsonl", quiz(30, text))
        write_jsonl(tmp_path / "notes.jsonl", notes(12, text))
        choice: dict[str, Any] = {"kind": "multiple_choice"}
        summed = {"name": "notes", "kind": "generation", "capability": "domain"}
        tasks = [
            {"name": "asked", "capability": "general", "data": "asked.jsonl", **choice},
            {"name": "wished", "capability": "alignment", "data": "wished.jsonl", **choice},
            {**summed, "data": "notes.jsonl"},
        ]
        answers = {f"note {i}\n": f"PLANTEDANSWER {text} {i}" for i in range(12)}
        backend = {"name": "fake", "options": {"answers": answers}}
        spec: dict[str, Any] = {"checkpoints": CHECKPOINTS, "tasks": tasks, "backend": backend}
        go(write_spec(**(spec | changes)))
        return tmp_path / "evals"

    return evaluated


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
