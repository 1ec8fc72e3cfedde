"""A machine is its hardware and kernels; what it is called plays no part."""

import platform
from typing import Any

import pytest
import torch

from harness.backends.base import BackendSpec
from harness.errors import SpecError
from harness.hardware import hardware, machine_hash


def key(**changes: Any) -> str:
    settings: dict[str, Any] = {"name": "hf", "device": "cpu", "dtype": "float32"}
    return machine_hash(hardware(BackendSpec(**settings | changes)))


def test_the_name_of_a_machine_plays_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    monkeypatch.setattr(platform, "node", lambda: "another")
    monkeypatch.setenv("HOSTNAME", "another")
    assert key() == before


def test_how_the_device_is_spelled_plays_no_part() -> None:
    assert key(device="cpu") == key(device="cpu:0")
    assert key(batch_size=3, max_length=99) == key()


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("harness.hardware._processor", lambda: "another"),
        ("os.cpu_count", lambda: 999),
        ("torch.get_num_threads", lambda: 999),
        ("torch.__version__", "99.0"),
    ],
)
def test_what_moves_sums_makes_another_machine(
    monkeypatch: pytest.MonkeyPatch, where: str, value: object
) -> None:
    before = key()
    monkeypatch.setattr(where, value)
    assert key() != before


def test_the_device_is_named_for_backends_that_compute_here_alone() -> None:
    found = hardware(BackendSpec(device="cpu", dtype="float32"))
    assert (found["device"], found["torch"]) == ("cpu", torch.__version__)
    assert "device" not in hardware(BackendSpec(name="fake"))


def test_a_device_that_isnt_there_is_a_mistake() -> None:
    with pytest.raises(SpecError, match=r"backend\.device"):
        hardware(BackendSpec(device="cuda:77", dtype="float32"))
