"""A text that is asked for, and the same while it is written."""

from dataclasses import dataclass
from typing import TypeAlias

import torch

from harness.backends.choosing import NOT_FINITE, Chance
from harness.backends.stopping import Answer, Ending, Reader
from harness.records import Failure

__all__ = ["Ended", "Text", "Wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A text that is asked for; a request for several texts is several of these."""

    key: int
    """Of the request."""
    copy: int = 0
    prompt: tuple[int, ...]
    """At least one token."""
    max_tokens: int
    ending: Ending
    temperature: float = 0.0
    seed: int = 0

    @property
    def length(self) -> int:
        """How many tokens the model reads at most; the last one it only predicts."""
        return len(self.prompt) + self.max_tokens - 1


Ended: TypeAlias = tuple[Wanted, Answer | Failure]
"""A text that was asked for, and what came of it."""


class Text:
    """A wanted text while it is written."""

    def __init__(self, wanted: Wanted, device: torch.device) -> None:
        self.wanted = wanted
        self.outcome: Answer | Failure | None = None
        """None while it goes on."""
        self.chance: Chance | None = None
        """None if it is greedy."""
        if wanted.temperature > 0:
            self.chance = Chance(wanted.temperature, wanted.seed, device)
        self._reader = Reader(wanted.ending)

    @property
    def newest(self) -> int:
        """The token that the model reads next."""
        made = self._reader.tokens
        return made[-1] if made else self.wanted.prompt[-1]

    @property
    def column(self) -> int:
        """That token's position."""
        return len(self.wanted.prompt) - 1 + len(self._reader.tokens)

    def take(self, token: int) -> None:
        """Add the next token; it may bring the outcome."""
        ending, made = self.wanted.ending, self._reader.tokens
        if token == NOT_FINITE:
            self.outcome = Failure("the model's logits aren't finite numbers")
        elif token in ending.eos or self._reader.completes(token):
            self.outcome = ending.answer(made, ended=True)
        elif len(made) == self.wanted.max_tokens:
            self.outcome = ending.answer(made, ended=False)
