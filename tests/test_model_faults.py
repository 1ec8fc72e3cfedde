"""Real models that run out of memory, answer with no numbers, or can't be loaded at all."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import POSITIONS, save, tiny_llama, tiny_model, tiny_tokenizer
from transformers import LlamaModel

from harness import cli
from harness.store import Store

Write = Callable[..., Path]
HF = {"name": "hf", "device": "cpu", "dtype": "float32", "max_length": 64, "batch_size": 8}
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = tiny_tokenizer(bos=True)
    return save(tmp_path_factory.mktemp("tiny"), tiny_llama(tokenizer), tokenizer)


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture
def aligntax(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """Return a function that runs the command line: (exit code, stderr)."""

    def run(*args: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        return code if isinstance(code, int) else 0, capsys.readouterr().err

    return run


Aligntax = Callable[..., tuple[int, str]]


def chain(*folders: Path) -> list[dict[str, str]]:
    return [{"name": f"c{i}", "stage": "sft", "model": str(f)} for i, f in enumerate(folders)]


def statuses(spec: Path) -> set[tuple[str, str | None]]:
    store = Store(spec.parent / "evals")
    records = (record for key in store.cells() for record in store.records(key))
    return {(record.status, record.reason) for record in records}


def test_too_little_memory_halves_the_batch_and_is_said_once(
    aligntax: Aligntax, write_spec: Write, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiz = {"kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}
    tasks = [{**quiz, "name": "quiz", "variants": ["cf", "mcf"]}, {**quiz, "name": "again"}]
    forward, sizes = LlamaModel.forward, []

    def small(self: LlamaModel, input_ids: Any = None, **options: Any) -> Any:
        sizes.append(input_ids.numel())
        if input_ids.numel() > 100:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, input_ids, **options)

    monkeypatch.setattr(LlamaModel, "forward", small)
    spec = write_spec(backend=HF, checkpoints=chain(model), tasks=tasks)
    code, err = aligntax("run", spec)
    assert code == 0
    (said,) = [line for line in err.splitlines() if "out of memory" in line]
    assert re.fullmatch(r"out of memory: batch halved to \d+", said)
    assert statuses(spec) <= {("ok", None), ("ok", "wrong")}
    assert max(sizes) > 100
    code, err = aligntax("run", spec)
    assert (code, "out of memory" in err) == (0, False)


def test_logits_that_are_no_numbers_are_errors_and_exit_4(
    aligntax: Aligntax, write_spec: Write, model: Path, copy: Path
) -> None:
    weights = load_file(copy / WEIGHTS)
    save_file({k: v * float("nan") for k, v in weights.items()}, copy / WEIGHTS, {"format": "pt"})
    spec = write_spec(backend=HF, checkpoints=chain(model, copy))
    code, err = aligntax("run", spec)
    assert code == 4
    incomplete = [line for line in err.splitlines() if line.startswith("incomplete")]
    assert len(incomplete) == 1
    assert "c1 × quiz:plain: 32 of 32 failed" in incomplete[0]
    assert "finite" in incomplete[0]
    assert {status for status, _ in statuses(spec)} == {"ok", "error"}


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def no_header(file: Path) -> None:
    file.write_bytes(b"\xff" * 64 + file.read_bytes()[64:])


def pointer(file: Path) -> None:
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


def shards_without_the_last(file: Path) -> None:
    tensors = sorted(load_file(file).items())
    first = dict(tensors[:3])
    places = {name: f"{1 + (name not in first)}.safetensors" for name, _ in tensors}
    save_file(first, file.with_name("1.safetensors"), {"format": "pt"})
    file.with_name("model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    file.unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, "model.safetensors: has "),
        (no_header, "model.safetensors: not a safetensors file"),
        (pointer, "model.safetensors: not a safetensors file"),
        (shards_without_the_last, "2.safetensors: is missing"),
    ],
)
@pytest.mark.parametrize("dry", [False, True])
def test_broken_weights_of_the_last_checkpoint_are_found_before_the_first_is_asked(
    aligntax: Aligntax,
    write_spec: Write,
    model: Path,
    copy: Path,
    damage: Callable[[Path], None],
    said: str,
    dry: bool,
) -> None:
    damage(copy / WEIGHTS)
    spec = write_spec(backend=HF, checkpoints=chain(model, copy))
    code, err = aligntax("run", spec, *(["--dry-run"] if dry else []))
    assert (code, err.count("\n")) == (2, 1)
    assert said in err
    assert not (spec.parent / "evals").exists()


def test_whole_shards_are_loaded(aligntax: Aligntax, write_spec: Write, copy: Path) -> None:
    tensors = sorted(load_file(copy / WEIGHTS).items())
    places = {}
    for number, part in enumerate((tensors[:5], tensors[5:])):
        save_file(dict(part), copy / f"{number}.safetensors", {"format": "pt"})
        places |= {name: f"{number}.safetensors" for name, _ in part}
    index = {"metadata": {"total_size": 1}, "weight_map": places}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    (copy / WEIGHTS).unlink()
    spec = write_spec(backend=HF, checkpoints=chain(copy))
    assert aligntax("run", spec, "--limit", 3)[0] == 0


def test_texts_longer_than_the_last_models_positions_are_found_before_the_first_is_asked(
    aligntax: Aligntax, write_spec: Write, model: Path, copy: Path
) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["max_position_embeddings"] = POSITIONS // 2
    (copy / "config.json").write_text(json.dumps(config))
    spec = write_spec(backend=HF, checkpoints=chain(model, copy))
    code, err = aligntax("run", spec, "--dry-run")
    assert (code, err.count("\n")) == (2, 1)
    assert f"the model has {POSITIONS // 2} positions, the run's max_length is 64" in err


def test_a_model_that_is_not_packed_is_said_once(
    aligntax: Aligntax, write_spec: Write, tmp_path: Path
) -> None:
    tokenizer = tiny_tokenizer(bos=True)
    folder = save(tmp_path / "mamba", tiny_model("mamba", tokenizer), tokenizer)
    quiz = {"kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}
    tasks = [{**quiz, "name": "quiz", "variants": ["cf", "mcf"]}, {**quiz, "name": "again"}]
    spec = write_spec(backend=HF, checkpoints=chain(folder), tasks=tasks)
    code, err = aligntax("run", spec)
    assert code == 0
    assert [line for line in err.splitlines() if "packing" in line] == [
        "note: c0: packing: off, the model keeps a state"
    ]
    assert "packing" not in aligntax("run", spec)[1]
