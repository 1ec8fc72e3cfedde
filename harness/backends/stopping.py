"""What ends a generated text, and what of it counts."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import LogitsProcessor, StoppingCriteria

__all__ = ["Answer", "Ending", "StopStrings", "Watch", "end_tokens"]

_SLACK = 4  # tokens


@dataclass(frozen=True, slots=True)
class Answer:
    """One generated text without EOS and stop string."""

    text: str
    finish: Literal["stop", "length"]
    tokens: int
    """Generated before EOS; those of a stop string count."""


class Ending:
    """The ends of one batch's texts: EOS tokens and stop strings.

    A stop string that is a special token (``<|im_end|>``) ends the text as EOS does: as text it
    would never be seen, decoding drops it.
    """

    def __init__(self, tokenizer: Any, eos: Iterable[int], stop: Sequence[str]) -> None:
        special = dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))
        self.eos = sorted({*eos, *(special[text] for text in stop if text in special)})
        self.strings = [text for text in stop if text and text not in special]
        self._tokenizer = tokenizer

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text as it is: no special tokens, blanks before punctuation kept."""
        text: str = self._tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def cut(self, row: Sequence[int], stopped_at: int | None) -> Answer:
        """Return what counts of a row of generated tokens (padding may follow its end)."""
        end = next((i for i, token in enumerate(row) if token in self.eos), None)
        if stopped_at is not None:
            end = stopped_at if end is None else min(end, stopped_at)
        tokens = row[:end]
        text = self.decode(tokens)
        found = [where for stop in self.strings if (where := text.find(stop)) >= 0]
        done = end is not None or bool(found)
        kept = text[: min(found)] if found else text
        return Answer(kept, "stop" if done else "length", len(tokens))


class StopStrings(StoppingCriteria):  # type: ignore[misc] # transformers has no types
    """Ends a row once its newest tokens complete a stop string; ``at`` tells after how many."""

    def __init__(self, ending: Ending, prompt: int, rows: int) -> None:
        self._ending, self._prompt = ending, prompt
        longest = max((len(text.encode()) for text in ending.strings), default=0)
        self._tail = longest + _SLACK  # a token is a byte at least
        self.at: list[int | None] = [None] * rows

    def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
        """Return which rows are done: (rows,)."""
        generated = input_ids[:, self._prompt :]
        length = generated.shape[1]
        for row, tokens in enumerate(generated[:, -self._tail :].tolist()):
            if self.at[row] is None:
                text = self._ending.decode(tokens)
                if any(stop in text for stop in self._ending.strings):
                    self.at[row] = length
        done = [end is not None for end in self.at]
        return torch.tensor(done, device=input_ids.device)


class Watch(LogitsProcessor):  # type: ignore[misc] # transformers has no types
    """Notes rows whose logits aren't finite, and hands on zeros for them so that decoding ends.

    ``first_at`` is when the first logits were there (``time.monotonic``), None before.
    """

    def __init__(self) -> None:
        self._bad: Tensor | None = None
        self.first_at: float | None = None

    @property
    def bad(self) -> list[bool]:
        """Which rows had such logits."""
        return [] if self._bad is None else [bool(row) for row in self._bad.tolist()]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Return the logits: (rows, vocabulary)."""
        bad = ~scores.amax(dim=-1).isfinite()  # a maximum is NaN if any number is
        if self.first_at is None:
            bad.tolist()  # waits for the accelerator
            self.first_at = time.monotonic()
        self._bad = bad if self._bad is None else self._bad | bad
        return torch.where(bad[:, None], torch.zeros_like(scores), scores)


def end_tokens(model: Any, tokenizer: Any) -> set[int]:
    """Return every token that model or tokenizer calls the end of a text."""
    found: set[int] = set()
    for source in (model.generation_config, model.config, tokenizer):
        value = getattr(source, "eos_token_id", None)
        found |= {value} if isinstance(value, int) else set(value or ())
    return found
