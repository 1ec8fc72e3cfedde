"""Real runs of the bundled family are killed at random points; no answer is lost."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.records import Generation, Likelihood, Response, SampleRecord
from harness.store import Store

BATCH = 4
LIMIT = 16
TASKS = [
    {"task": "medical_qa_en", "variants": ["cf", "mcf"], "limit": LIMIT},
    {"task": "note_summary_en", "limit": LIMIT},
    {"task": "perplexity_general_en", "limit": LIMIT},
]


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """A run of two bundled checkpoints, in small batches."""
    weights = pytestconfig.rootpath / "harness" / "demo" / "weights"
    content = {
        "family": "killed",
        "checkpoints": [
            {"name": "base", "stage": "base", "model": str(weights / "base")},
            {"name": "sft", "stage": "sft", "parent": "base", "model": str(weights / "sft")},
        ],
        "tasks": TASKS,
        "formats": ["plain"],
        "backend": {"name": "hf", "device": "cpu", "dtype": "float32", "batch_size": BATCH},
    }
    content["backend"]["max_length"] = 1024  # type: ignore[index]
    path = tmp_path_factory.mktemp("spec") / "run.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


class Run:
    """A process of its own that runs the command line and notes what the model answered."""

    def __init__(self, spec: Path, store: Path) -> None:
        self.store, self.notes = store, store.parent / "notes"
        script = Path(__file__).with_name("noted_run.py")
        command = [sys.executable, str(script), str(self.notes), "run", str(spec)]
        self.before = self.answered()
        self.process = subprocess.Popen(
            [*command, "--store", str(store)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answered(self) -> int:
        return self.notes.read_bytes().count(b"\n") if self.notes.exists() else 0

    def wait_for(self, answers: int) -> None:
        """Return when the model has given so many answers, or the run has ended."""
        while self.process.poll() is None and self.answered() < self.before + answers:
            time.sleep(0.001)

    def end(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=120)
        return self.process.returncode, said


@pytest.fixture(scope="module")
def whole(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that nobody disturbs."""
    run = Run(spec, tmp_path_factory.mktemp("whole") / "evals")
    assert run.end()[0] == 0
    return run


def kill_until_done(spec: Path, folder: Path, kills: int, total: int) -> Run:
    """Kill runs at random points until so many were, then let one end."""
    draw = random.Random(kills)
    for left in range(kills, 0, -1):
        run = Run(spec, folder / "evals")
        room = max(1, 2 * (total - run.before) // (left + 1))
        run.wait_for(draw.randint(0, room))
        time.sleep(draw.random() * 0.02)
        run.process.kill()
        run.end()
    run = Run(spec, folder / "evals")
    assert run.end()[0] == 0
    return run


def close(one: Response, other: Response) -> bool:
    match one, other:
        case Likelihood(), Likelihood():
            same = (one.tokens, one.greedy) == (other.tokens, other.greedy)
            return same and abs(one.logprob - other.logprob) <= 1e-4
        case Generation(), Generation():
            return one == other
    return False


def best(record: SampleRecord) -> int:
    logprobs = [r.logprob for r in record.responses if isinstance(r, Likelihood)]
    return logprobs.index(max(logprobs)) if logprobs else 0


def assert_same(one: Store, other: Store) -> None:
    assert one.cells() == other.cells()
    for key in one.cells():
        pairs = zip(one.records(key), other.records(key), strict=True)
        for a, b in pairs:
            assert (a.document, a.request_hash, a.status) == (b.document, b.request_hash, b.status)
            assert a.reason == b.reason
            assert best(a) == best(b)
            assert all(map(close, a.responses, b.responses))


def account(store: Path) -> Any:
    return json.loads(max(store.glob("runs/*.json")).read_text())


def left_over(store: Path) -> Iterator[Path]:
    yield from store.glob("cells/*/journal-*")
    yield from store.glob("cells/*/partial-*")


@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_runs_end_as_an_undisturbed_one_and_repeat_less_than_a_batch_each(
    spec: Path, whole: Run, tmp_path: Path, kills: int
) -> None:
    total = whole.answered()
    last = kill_until_done(spec, tmp_path, kills, total)
    assert_same(Store(last.store), Store(whole.store))
    assert [*left_over(last.store)] == []
    assert last.answered() - total <= kills * BATCH
    assert last.before > total // 2  # the kills met runs at work


def test_a_signal_finishes_the_batch_seals_and_says_how_to_go_on(
    spec: Path, whole: Run, tmp_path: Path
) -> None:
    for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        run = Run(spec, tmp_path / "evals")
        run.wait_for(BATCH + 1)
        run.process.send_signal(number)
        found, said = run.end()
        assert found == code
        assert said.splitlines()[-1] == (
            "aligntax: interrupted; what was finished is stored, the same command goes on"
        )
        assert not account(run.store)["finished"]
        assert [*run.store.glob("cells/*/journal-*")] == []
    again = Run(spec, tmp_path / "evals")
    assert again.before > 0
    assert again.end()[0] == 0
    assert again.answered() == whole.answered()  # not one request was answered twice
    assert_same(Store(again.store), Store(whole.store))
