"""Noise floors, one line a cell."""

from collections.abc import Sequence

from harness.render.lists import columns_text
from harness.render.numbers import MISSING, estimate_text, noise_text
from harness.results.noise import Noise, NoiseFloor

_HEADS = ("checkpoint", "task", "n", "flips", "answers", "max |Δ log p|", "metric", "Δ metric")


def noise_floors_text(floors: Sequence[tuple[str, str, NoiseFloor | None]]) -> str:
    """Return checkpoint, row and floor as a list: what asking again changed.

    ``flips`` are documents that matched one time and not the other, ``answers`` those with another
    text or likeliest choice, log-likelihoods are in nats, the metric is the primary one. Dashes
    where a task has no such thing, or a cell no floor.
    """
    rows = [
        [checkpoint, row, *(_cells(floor.noise) if floor else [MISSING] * (len(_HEADS) - 2))]
        for checkpoint, row, floor in floors
    ]
    return columns_text(_HEADS, rows)


def _cells(noise: Noise) -> list[str | int]:
    primary = noise.metrics[0] if noise.metrics else None
    flips, moved = noise.flips, noise.logprobs
    return [
        noise.n,
        MISSING if flips is None else f"{len(noise.flipped)}: {estimate_text(flips, '%')}",
        MISSING if noise.differing_answers is None else noise.differing_answers,
        MISSING if moved is None else f"{moved.largest:.2g}",
        MISSING if primary is None else primary.name,
        MISSING
        if primary is None or primary.delta is None
        else noise_text(primary.delta, primary.unit),
    ]
