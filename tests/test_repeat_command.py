"""``--repeat`` on the command line, and on real checkpoints."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM

import pytest
from repeats import (
    Silent,
    Write,
    floors,
    job_of,
)

import harness.demo
from harness import cli
from harness.repeat import Machine, repeat
from harness.results.noise import NoiseFloor
from harness.run import run


@pytest.fixture
def aligntax(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    """Return a function that runs the command line: (exit code, stdout, stderr)."""

    def command(*args: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code, *capsys.readouterr()

    return command


def test_the_command_prints_the_floor_and_asks_once(
    write_spec: Write, aligntax: Callable[..., tuple[object, str, str]]
) -> None:
    code, out, err = aligntax("run", write_spec(), "--repeat")
    assert code in (None, 0)
    table = out[out.index("max |Δ log p|") :]
    for checkpoint in ("base", "sft", "dpo"):
        assert re.search(
            rf"{checkpoint} +quiz:plain +32 +0: 0\.0 \[0\.0, 10\.7\] % +0 +0 +acc_norm +0 pt", table
        )
    assert "96 documents asked again" in err
    code, again, err = aligntax("run", write_spec(), "--repeat")
    assert again == out
    assert "the noise floor was already in" in err
    failing = {"name": "fake", "options": {"failures": ["number is 1"]}}
    code, _, err = aligntax("run", write_spec(backend=failing), "--repeat")
    assert code == 4
    assert "incomplete: base × quiz" in err


def test_a_signal_ends_a_repeat_as_it_ends_a_run(
    write_spec: Write,
    aligntax: Callable[..., tuple[object, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_spec()
    assert aligntax("run", path)[0] in (None, 0)
    monkeypatch.setattr("harness.repeat.ask_again", lambda *_: os.kill(os.getpid(), SIGTERM))
    code, _, err = aligntax("run", path, "--repeat")
    assert code == 143
    assert "the same command goes on" in err


WEIGHTS = Path(harness.demo.__file__).parent / "weights"


bundled = pytest.mark.skipif(
    not (WEIGHTS / "sft" / "model.safetensors").is_file(),
    reason="the bundled weights (harness/demo/weights) are not there",
)


def real_floors(folder: Path, tasks: str, **backend: object) -> list[NoiseFloor]:
    """Repeat a few documents of the bundled family on this machine's CPU."""
    settings = {"name": "hf", "device": "cpu", "max_length": 512, "batch_size": 6, **backend}
    (folder / "run.yaml").write_text(f"""
family: real
checkpoints: [{{name: sft, stage: sft, model: {WEIGHTS / "sft"}}}]
tasks: {tasks}
formats: [plain]
backend: {json.dumps(settings)}
store: evals
""")
    job = job_of(folder / "run.yaml", limit=5)
    summary = run(job.plan, job.inspections, job.store, Silent())
    machine = Machine.here(job.plan.spec.backend, summary.run["id"], job.store.runs())
    return floors(repeat(job.plan, job.inspections, job.store, Silent(), machine))


@bundled
def test_a_real_checkpoint_flips_nothing_in_float32_and_hardly_moves(tmp_path: Path) -> None:
    tasks = "[{task: medical_qa_en, variants: [cf, mcf]}, perplexity_medical_en, note_summary_en]"
    found = real_floors(tmp_path, tasks, dtype="float32")
    assert [floor.noise.n for floor in found] == [5, 5, 5, 5]
    assert {(floor.hardware["device"], floor.dtype) for floor in found} == {("cpu", "float32")}
    assert {floor.recorded_here for floor in found} == {True}
    moved = [floor.noise.logprobs for floor in found]
    assert [each is None for each in moved] == [False, False, False, True]
    assert all(each.largest < 1e-3 for each in moved if each)
    assert [floor.noise.flipped for floor in found] == [(), (), (), ()]
    assert [floor.noise.differing_answers for floor in found] == [0, 0, None, 0]


@bundled
def test_bfloat16_has_a_floor_that_isnt_zero(tmp_path: Path) -> None:
    (floor,) = real_floors(tmp_path, "[preference_en]", dtype="bfloat16")
    assert floor.noise.logprobs is not None
    assert floor.noise.logprobs.largest > 1e-3
    assert any(metric.delta for metric in floor.noise.metrics)


@bundled
def test_the_demo_repeats_on_real_checkpoints(
    aligntax: Callable[..., tuple[object, str, str]], tmp_path: Path
) -> None:
    args = ("demo", "--tasks", "preference_en", "--limit", "2", "--store", tmp_path, "--repeat")
    code, out, err = aligntax(*args)
    assert code in (None, 0)
    found = re.findall(r"^(\w+) +preference_en:(?:plain|chat) +2 +0: 0 \[", out, re.MULTILINE)
    assert found == ["base", "base", "sft", "sft", "aligned", "aligned"]
    assert "12 documents asked again" in err
