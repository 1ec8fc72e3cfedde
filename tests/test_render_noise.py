"""A noise floor as text: what isn't known is a dash, and nothing small is rounded to nothing."""

from dataclasses import replace

import pytest

from harness.records import Estimate
from harness.render import noise_floors_text
from harness.render.numbers import noise_text
from harness.results.noise import Flip, LogprobNoise, MetricNoise, Noise, NoiseFloor

ACC = MetricNoise(name="acc", signature="a", unit="%", recorded=0.5, repeated=0.475, differing=1)
NOISE = Noise(
    n=1040,
    flips=Estimate(value=0.025, low=0.004, high=0.129, n=1040, method="Wilson"),
    flipped=(Flip(document="d", lost=True),),
    differing_answers=2,
    logprobs=LogprobNoise(count=4, mean=1e-6, largest=0.00123),
    metrics=(ACC,),
)
FLOOR = NoiseFloor(
    cell="c",
    machine="m",
    hardware={},
    recorded_here=True,
    dtype=None,
    batch_recorded=(),
    batch_repeated=4,
    seed=1,
    failed=0,
    compared=frozenset(),
    run="r",
    time="t",
    noise=NOISE,
)


def line(floor: NoiseFloor | None, name: str = "sft") -> list[str]:
    _, row = noise_floors_text([(name, "quiz:mcf", floor)]).splitlines()
    return [part.strip() for part in row.split("  ") if part.strip()]


def test_a_floor_is_one_line() -> None:
    assert line(FLOOR) == [
        "sft",
        "quiz:mcf",
        "1,040",
        "1: 2.5 [0.4, 12.9] %",
        "2",
        "0.0012",
        "acc",
        "−2.5 pt",
    ]


def test_what_isnt_known_is_a_dash() -> None:
    nothing = replace(NOISE, flips=None, differing_answers=None, logprobs=None, metrics=())
    assert line(replace(FLOOR, noise=nothing))[3:] == ["—"] * 5
    assert line(None)[2:] == ["—"] * 6


def test_names_cant_steer_a_terminal() -> None:
    assert "\x1b" not in noise_floors_text([("a\x1b[2J", "b\r", FLOOR)])


@pytest.mark.parametrize(
    ("delta", "unit", "expected"),
    [
        (0.0, "%", "0 pt"),
        (-0.025, "%", "−2.5 pt"),
        (1.2e-7, "bits/byte", "+1.2e−07 bits/byte"),
        (0.5, "points", "+0.5 pt"),
        (-3.0, "", "−3"),
    ],
)
def test_a_small_difference_keeps_two_digits(delta: float, unit: str, expected: str) -> None:
    assert noise_text(delta, unit) == expected
