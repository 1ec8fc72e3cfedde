"""A noise floor is read as it was written, and what isn't one is said, not guessed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import StoreError
from harness.records import Estimate
from harness.results.noise import Flip, LogprobNoise, MetricNoise, Noise, NoiseFloor
from harness.store import Store
from harness.store.pairs import noise_of, read_noise, write_noise


def floor(cell: str = "c1", machine: str = "m1", **changes: Any) -> NoiseFloor:
    settings: dict[str, Any] = {
        "cell": cell,
        "machine": machine,
        "hardware": {"processor": "P", "cores": 2, "device": "cpu"},
        "recorded_here": True,
        "dtype": "float32",
        "batch_recorded": (8, 32),
        "batch_repeated": 4,
        "seed": 1234,
        "failed": 1,
        "compared": frozenset({"aa", "bb"}),
        "run": "r1",
        "time": "2026-01-02T03:04:05+00:00",
        "noise": Noise(
            n=2,
            flips=Estimate(value=0.5, low=0.1, high=0.9, n=2, method="Wilson"),
            flipped=(Flip(document="题一", lost=True),),
            differing_answers=1,
            logprobs=LogprobNoise(count=8, mean=1e-7, largest=0.25),
            metrics=(
                MetricNoise(
                    name="acc", signature="acc|v1", unit="%", recorded=1, repeated=0.5, differing=1
                ),
                MetricNoise(
                    name="f1", signature="f1", unit="%", recorded=None, repeated=None, differing=0
                ),
            ),
        ),
    }
    return NoiseFloor(**settings | changes)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evals")


def test_a_floor_is_read_as_it_was_written(store: Store) -> None:
    bare = Noise(n=1, flips=None, differing_answers=None, logprobs=None, metrics=())
    written = [floor(), floor("c2", noise=bare, recorded_here=None, dtype=None)]
    for each in written:
        write_noise(store, each)
    assert read_noise(store) == written
    assert noise_of(store, "c1", "m1") == written[0]


def test_a_store_without_pairs_has_no_floors(store: Store) -> None:
    assert read_noise(store) == []
    assert noise_of(store, "c1", "m1") is None


def test_machines_dont_overwrite_each_other_and_a_later_time_replaces(store: Store) -> None:
    for each in (floor(), floor(machine="m2"), floor(seed=9)):
        write_noise(store, each)
    assert [(f.machine, f.seed) for f in read_noise(store)] == [("m1", 9), ("m2", 1234)]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace('"differing_answers"', '"different"'), "differing_answers"),
        (lambda text: text.replace('"format_version": 1', '"format_version": 99'), "newer"),
        (lambda text: text.replace('"cell": "c1"', '"cell": "c9"'), "another cell"),
        (lambda text: text.replace('"seed": 1234', '"seed": "x"'), "seed: Input"),
        (lambda text: text.replace('"count": 8', '"count": null'), "noise.logprobs.count"),
        (lambda text: json.dumps({"format_version": 1}), "damaged noise floor"),
        (lambda text: "[]", "damaged"),
    ],
)
def test_a_file_that_is_no_floor_is_one_line(
    store: Store, damage: Callable[[str], str], expected: str
) -> None:
    write_noise(store, floor())
    (path,) = (store.root / "pairs").iterdir()
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(StoreError, match=expected) as caught:
        read_noise(store)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "a.b", "a\n"])
def test_no_name_leaves_the_folder(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="no key"):
        noise_of(store, name, "m1")
    with pytest.raises(StoreError, match="no key"):
        noise_of(store, "c1", name)


def test_a_number_that_is_none_is_refused_before_it_is_written(store: Store) -> None:
    moved = LogprobNoise(count=1, mean=float("nan"), largest=0.0)
    noise = Noise(n=1, flips=None, differing_answers=None, logprobs=moved, metrics=())
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_noise(store, floor(noise=noise))
    assert not (store.root / "pairs").exists()
