"""What comes from strangers and could do harm is refused in one line, with the exit code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runs import go

WEIGHTS = Path(__file__).parents[2] / "harness" / "demo" / "weights" / "base"
Run = Callable[..., Any]
Write = Callable[..., Path]


def one_line(ended: Any, code: int, *said: str) -> None:
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1), ended.err
    for part in said:
        assert part in ended.err


def family(write_spec: Write, folder: Path, **changes: Any) -> Path:
    backend = {"name": "hf", "device": "cpu", "dtype": "float32", "max_length": 64}
    entry = {"name": "base", "stage": "base", "model": str(folder)}
    return write_spec(checkpoints=[entry], **{"backend": backend, **changes})


@pytest.fixture
def store(write_spec: Write) -> Path:
    path = write_spec()
    go(path)
    return path.parent / "evals"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WEIGHTS, tmp_path / "checkpoint"))


def test_a_pickle_checkpoint(aligntax: Run, write_spec: Write, checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").unlink()
    # a pickle that would create a file, had anybody loaded it
    (checkpoint / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    spec = family(write_spec, checkpoint)
    one_line(aligntax("run", spec), 2, "pytorch_model.bin", "safetensors", "--allow-pickle")
    one_line(aligntax("run", spec, "--allow-pickle"), 2, "can't be loaded")
    assert not list(spec.parent.glob("ran"))
    assert not list(spec.parent.glob("evals/cells/*"))


def test_a_checkpoint_that_wants_remote_code(
    aligntax: Run, write_spec: Write, checkpoint: Path
) -> None:
    config = json.loads((checkpoint / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "own.Model", "AutoConfig": "own.Config"}
    (checkpoint / "config.json").write_text(json.dumps(config))
    (checkpoint / "own.py").write_text("import pathlib; pathlib.Path('ran').touch()\n")
    ended = aligntax("run", family(write_spec, checkpoint))
    one_line(ended, 2, "config.json", "own.Model", "--trust-remote-code")
    assert not list(checkpoint.parent.glob("ran"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("family: !!python/object/apply:os.system ['touch ran']", "not valid YAML"),
        ("family: !!python/name:os.system", "not valid YAML"),
        ("family: !function own.run", "not valid YAML"),
        ("trust_remote_code: true", "--trust-remote-code"),
        ("allow_pickle: true", "--allow-pickle"),
        ("allow_code: true", "--allow-code"),
        ("backend: {name: hf, trust_remote_code: true}", "--trust-remote-code"),
    ],
)
def test_a_spec_with_code_or_with_a_flag(
    aligntax: Run, write_spec: Write, line: str, said: str
) -> None:
    path = write_spec()
    key = line.partition(":")[0]
    kept = [each for each in path.read_text().splitlines() if not each.startswith(f"{key}:")]
    path.write_text("\n".join([*kept, line]))
    one_line(aligntax("run", path), 2, "run.yaml:", said)
    assert not list(path.parent.glob("ran"))


def test_a_task_with_code(aligntax: Run, write_spec: Write, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("import pathlib; pathlib.Path('ran').touch()\n")
    (tmp_path / "own.yaml").write_text(
        "task: own\ndataset_path: json\noutput_type: generate_until\ndoc_to_text: !function own.f\n"
    )
    quiz = {"name": "q", "kind": "generation", "capability": "general", "data": "quiz.jsonl"}
    script = {**quiz, "options": {"metrics": ["evaluate:./own.py"]}}
    for tasks in (["./own.py"], ["./own.yaml"], [script]):
        one_line(aligntax("run", write_spec(tasks=tasks)), 2, "own", "--allow-code")
    assert not list(tmp_path.rglob("ran"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "../../../escape"),
        ("key", "/etc/passwd"),
        ("layers", ["../../escape"]),
        ("layers", ["a\x00b"]),
        ("plans", ["../../../escape"]),
    ],
)
def test_a_results_file_whose_names_lead_elsewhere(
    aligntax: Run, store: Path, tmp_path: Path, field: str, value: Any
) -> None:
    (path,) = store.glob("runs/*.json")
    run = json.loads(path.read_text())
    run["cells"][0][field] = value
    path.write_text(json.dumps(run))
    outside = {p for p in tmp_path.rglob("*") if store not in p.parents}
    ended = aligntax("show", "--store", store)
    damaged, conclusion = ended.err.splitlines()
    assert (ended.code, ended.out) == (74, "")
    assert path.name in damaged
    assert f"cells.0.{field}" in damaged
    assert conclusion.endswith("no run in it")
    assert {p for p in tmp_path.rglob("*") if store not in p.parents} == outside


@pytest.mark.parametrize(
    "name", ["runs/20990101T000000-000000Z-ffffff.json", "runs/plans/*.json", "cells/*/cell.json"]
)
def test_a_results_file_of_two_gigabytes(aligntax: Run, store: Path, name: str) -> None:
    path = next(iter(sorted(store.glob(name))), store / name)
    with path.open("wb") as file:
        file.truncate(2 << 30)  # takes no room on the disk
    one_line(aligntax("show", "--store", store), 74, path.name, "2,147,483,648 bytes")
