"""Sequential gates that are really killed end with the verdict of one that wasn't."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from planted import Family, Planted

from harness.store import Store

QUESTIONS = 400
TASKS: dict[str, Any] = {"a": {}, "b": {"variants": ["mcf"]}}
SCRIPT = Path(__file__).parents[1] / "gated_run.py"


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tasks that ``sft`` has answered."""
    family = Family(tmp_path_factory.mktemp("answered"), QUESTIONS, TASKS)
    family.plant("sft", Planted())
    family.run("sft")
    return family.folder


class Gate:
    """A process that judges ``dpo``."""

    def __init__(self, folder: Path, wrong: list[int]) -> None:
        self.folder = folder
        self.before = len(self.notes())
        command = [sys.executable, str(SCRIPT), str(folder), str(QUESTIONS)]
        self.process = subprocess.Popen([*command, ",".join(map(str, wrong))])

    def notes(self) -> list[str]:
        path = self.folder / "notes"
        return path.read_text().split() if path.exists() else []

    def wait_for(self, answers: int) -> None:
        while self.process.poll() is None and len(self.notes()) < self.before + answers:
            time.sleep(0.001)

    def verdict(self) -> Any:
        assert self.process.wait(timeout=120) == 0
        return json.loads((self.folder / "verdict.json").read_text())


def copied(answered: Path, folder: Path) -> Path:
    shutil.copytree(answered, folder)
    return folder


@pytest.mark.parametrize(("share", "decision"), [(0.04, "PASS"), (0.25, "REGRESSED")])
def test_a_killed_gate_ends_as_an_undisturbed_one(
    answered: Path, tmp_path: Path, share: float, decision: str
) -> None:
    numbers = Family(answered, QUESTIONS, TASKS).numbers()
    wrong = random.Random(1).sample(numbers, int(share * QUESTIONS))
    whole = Gate(copied(answered, tmp_path / "whole"), wrong)
    expected = whole.verdict()
    assert expected[0] == decision
    total, killed, draw = len(whole.notes()), tmp_path / "killed", random.Random(2)
    copied(answered, killed)
    for _ in range(3):
        gate = Gate(killed, wrong)
        gate.wait_for(draw.randint(1, total // 3))
        gate.process.kill()
        gate.process.wait()
    assert not (killed / "verdict.json").exists()
    last = Gate(killed, wrong)
    assert last.verdict() == expected
    assert len(last.notes()) - total <= 3 * 8  # each kill costs at most the documents in flight
    assert [*(killed / "evals").glob("cells/*/journal-*")] == []


def test_a_signal_stops_in_good_order_and_the_gate_goes_on(answered: Path, tmp_path: Path) -> None:
    numbers = Family(answered, QUESTIONS, TASKS).numbers()
    wrong = random.Random(1).sample(numbers, 16)
    expected = Gate(copied(answered, tmp_path / "whole"), wrong).verdict()
    folder = copied(answered, tmp_path / "stopped")
    gate = Gate(folder, wrong)
    gate.wait_for(200)
    gate.process.send_signal(signal.SIGTERM)
    assert gate.process.wait(timeout=60) == 143
    [*_, account] = Store(folder / "evals").runs()
    assert not account["finished"]
    assert [*(folder / "evals").glob("cells/*/journal-*")] == []
    again = Gate(folder, wrong)
    assert again.before > 0
    assert again.verdict() == expected
    assert set(Counter(again.notes()).values()) <= {4, 8}  # no answer was asked for twice
