"""The next tokens of a batch: the likeliest, or a draw that no other text has a part in."""

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["NOT_FINITE", "Chance", "choose"]

NOT_FINITE = -1
"""Stands for a token where the logits aren't finite numbers."""

_SHORTEST = 2.0**-26  # half of the smallest wait that float32 draws; 0 would win whatever its odds


class Chance:
    """The random numbers of one text, from a generator of its own.

    Tokens race: each waits for a time that is exponentially distributed with its probability as
    the rate, and the first wins (Gumbel's trick: the largest of logit / temperature - log wait). A
    race is decided by the largest scores, so a logit that another batch rounds otherwise hardly
    ever changes the winner; inverting the distribution function would let the tail decide.
    """

    def __init__(self, temperature: float, seed: int, device: torch.device) -> None:
        self._temperature = temperature
        self._generator = torch.Generator(device).manual_seed(seed)

    def scores(self, logits: Tensor) -> Tensor:
        """Return (vocabulary,) numbers of which the largest is a draw's token."""
        waits = torch.empty_like(logits).exponential_(generator=self._generator)
        return logits / self._temperature - waits.clamp_min_(_SHORTEST).log_()


def choose(logits: Tensor, chances: Sequence[Chance | None]) -> list[int]:
    """Return a token for each row of float32 ``logits`` (rows, vocabulary); None is greedy.

    The logits are used up. A row with NaN, or with infinity as its largest, gets NOT_FINITE.
    """
    bad = ~logits.amax(dim=-1).isfinite()  # a maximum is NaN if any number is
    for row, chance in enumerate(chances):
        if chance is not None:
            logits[row] = chance.scores(logits[row])
    found: list[int] = torch.where(bad, NOT_FINITE, logits.argmax(dim=-1)).tolist()
    return found
