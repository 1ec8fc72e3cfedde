"""Backends by name: what enters a key, who is examined, what is refused."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from harness.backends import BackendSpec, examine, numerics, open_backend
from harness.backends.device import resolve_device, resolve_dtype
from harness.checkpoint import inspect
from harness.errors import CheckpointError, SpecError
from harness.records import Checkpoint, ModelRef


def at(path: Path | str) -> Checkpoint:
    return Checkpoint(name="c", stage="base", model=ModelRef(path=str(path)))


def test_a_misspelt_backend_is_named_with_its_neighbour() -> None:
    with pytest.raises(SpecError, match="'lm-eval'; did you mean lm_eval"):
        numerics(BackendSpec(name="lm-eval"))


def test_speed_settings_enter_no_key_and_numbers_do() -> None:
    here = BackendSpec(device="cpu", dtype="float32")
    faster = BackendSpec(device="cpu", dtype="float32", batch_size=64, device_map="auto")
    assert numerics(here) == numerics(faster)
    for other in (
        BackendSpec(device="cpu", dtype="bfloat16"),
        BackendSpec(device="cpu", dtype="float32", max_length=512),
        BackendSpec(device="cpu", dtype="float32", bos="never"),
    ):
        assert numerics(other) != numerics(here)


def test_lm_evals_arguments_enter_the_key_but_for_speed_and_secrets() -> None:
    def key(**args: Any) -> Any:
        options = {"model": "local-completions", "model_args": args}
        return numerics(BackendSpec(name="lm_eval", dtype="float32", options=options))

    assert key(model="m", batch_size=4, device="cuda:1", api_key="secret") == key(model="m")
    assert key(model="m", revision="2") != key(model="m")
    assert key(model="m", dtype="float16")["dtype"] == "float16"


def test_auto_is_the_resolved_dtype_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False})
    assert numerics(BackendSpec(device="cpu"))["dtype"] == "float32"


@pytest.mark.parametrize(
    ("abilities", "dtype"),
    [
        ({}, "float32"),
        ({"avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, "float32"),
        ({"avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True}, "bfloat16"),
    ],
)
def test_a_cpu_computes_bfloat16_only_where_it_has_units_for_it(
    abilities: dict[str, bool], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities)
    assert resolve_dtype("cpu", "auto") == dtype


@pytest.mark.parametrize(("native", "dtype"), [(True, "bfloat16"), (False, "float16")])
def test_a_gpu_without_bfloat16_units_computes_float16(
    native: bool, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = SimpleNamespace(
        is_available=lambda: True,
        device_count=lambda: 1,
        is_bf16_supported=lambda including_emulation: native,
    )
    monkeypatch.setattr(torch, "cuda", there)
    assert resolve_dtype("auto", "auto") == dtype


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert resolve_device("cuda:0").type == "cuda"
    with pytest.raises(SpecError, match="isn't on this machine"):
        resolve_device("cuda:1")
    with pytest.raises(SpecError, match="no device"):
        resolve_device("gpu")
    with pytest.raises(SpecError, match="none of auto, float32"):
        resolve_dtype("cpu", "fp8")


def test_backends_without_weights_take_checkpoints_that_are_not_here() -> None:
    fake = BackendSpec(name="fake")
    one, other = examine(fake, at("toy/one")), examine(fake, at("toy/other"))
    assert one.fingerprint != other.fingerprint
    assert one == examine(fake, at("toy/one"))
    remote = BackendSpec(name="lm_eval", options={"model_args": {"base_url": "http://x"}})
    assert examine(remote, at("served")).template is None
    with pytest.raises(CheckpointError, match="not a hub id"):
        examine(BackendSpec(name="hf"), at("/nowhere/at/all"))
    with pytest.raises(CheckpointError, match="not a hub id"):
        examine(BackendSpec(name="lm_eval"), at("/nowhere/at/all"))


def test_a_fake_asked_about_a_real_folder_knows_its_fingerprint(without_bos: Path) -> None:
    asked = at(without_bos)
    assert examine(BackendSpec(name="fake"), asked) == inspect(asked.model)


def test_planning_with_a_named_dtype_loads_no_torch() -> None:
    code = (
        "import sys; from harness.backends import BackendSpec, examine, numerics, open_backend;"
        "from harness.records import Checkpoint, ModelRef;"
        "numerics(BackendSpec(dtype='float32'));"
        "c = Checkpoint(name='c', stage='base', model=ModelRef(path='toy/c'));"
        "s = BackendSpec(name='fake'); open_backend(s, c, examine(s, c));"
        "print(sorted({'torch', 'transformers', 'lm_eval'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_opening_an_unknown_backend_is_refused(without_bos: Path) -> None:
    asked = at(without_bos)
    with pytest.raises(SpecError, match="no backend 'vllm'"):
        open_backend(BackendSpec(name="vllm"), asked, inspect(asked.model))
