"""Texts by transformers' own ``generate``, for models whose cache can't be kept in slots.

State space models, sliding windows, models that find positions in their own way: batches padded on
the left that last as long as their longest text. What ends a text and how tokens are drawn is the
same as elsewhere; ``generate`` only runs the model and takes the largest score.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, StoppingCriteria

from harness.backends.choosing import NOT_FINITE, choose
from harness.backends.probe import unstretched
from harness.backends.texts import Ended, Text, Wanted
from harness.backends.weights import quiet
from harness.records import Failure

__all__ = ["PlainDecoder"]


class PlainDecoder:
    """Continues texts under any causal model, in batches of at most ``batch_size``."""

    def __init__(self, model: Any, batch_size: int, first_token_seconds: list[float]) -> None:
        self._model = model
        self._stretches = unstretched(model) < float("inf")
        self._batch_size = 1 if self._stretches else batch_size
        self._device = model.get_input_embeddings().weight.device
        self._first_token_seconds = first_token_seconds
        self.halved: int | None = None

    def run(self, wanted: Sequence[Wanted]) -> Iterator[list[Ended]]:
        """Yield batches of ended texts, the longest prompts first."""
        waiting = sorted(wanted, key=lambda each: (-len(each.prompt), each.prompt))
        while waiting:
            batch = waiting[: self._batch_size]
            try:
                yield self._batch(batch)
            except torch.OutOfMemoryError:
                if len(batch) > 1:
                    self._batch_size = self.halved = len(batch) // 2
                    continue
                said = f"out of memory on a prompt of {len(batch[0].prompt)} tokens alone"
                yield [(batch[0], Failure(said))]
            del waiting[: len(batch)]

    @torch.inference_mode()
    def _batch(self, wanted: Sequence[Wanted]) -> list[Ended]:
        texts = [Text(each, self._device) for each in wanted]
        ids, mask = _left_padded([each.prompt for each in wanted])
        watch, start = _Choosing(texts), time.monotonic()
        with quiet():
            if self._stretches:
                self._model(ids[:, :1].to(self._device))  # forgets the length of the text before
            self._model.generate(
                input_ids=ids.to(self._device),
                attention_mask=mask.to(self._device),
                generation_config=GenerationConfig(
                    max_new_tokens=max(each.max_tokens for each in wanted),
                    do_sample=False,
                    pad_token_id=0,
                ),
                logits_processor=[watch],
                stopping_criteria=[_Ending(texts)],
            )
        if watch.first_at is not None:
            self._first_token_seconds.append(watch.first_at - start)
        return [(text.wanted, text.outcome) for text in texts if text.outcome is not None]


def _left_padded(prompts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return ids (R, T) and their mask, so that all prompts end in the last column."""
    width = max(map(len, prompts))
    ids = torch.tensor([[*[0] * (width - len(prompt)), *prompt] for prompt in prompts])
    starts = torch.tensor([[width - len(prompt)] for prompt in prompts])
    return ids, (torch.arange(width)[None] >= starts).long()


class _Choosing(LogitsProcessor):  # type: ignore[misc] # transformers has no types
    """Chooses the tokens and leaves ``generate`` no other choice; fails texts without logits."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self._texts = texts
        self.first_at: float | None = None
        """When the first logits were there (``time.monotonic``), None before."""

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Return scores (rows, vocabulary) of which the chosen token's is the only one."""
        tokens = choose(scores.float().clone(), [text.chance for text in self._texts])
        self.first_at = self.first_at or time.monotonic()
        for text, token in zip(self._texts, tokens, strict=True):
            if token == NOT_FINITE and text.outcome is None:
                text.take(token)
        only = torch.zeros_like(scores)
        chosen = torch.tensor(tokens, device=scores.device).clamp_min(0)
        return only.scatter_(1, chosen[:, None], 1.0)


class _Ending(StoppingCriteria):  # type: ignore[misc] # transformers has no types
    """Hands each text its newest token until it ends."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self._texts = texts

    def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
        """Return which texts are done: (rows,)."""
        for text, token in zip(self._texts, input_ids[:, -1].tolist(), strict=True):
            if text.outcome is None:
                text.take(token)
        done = [text.outcome is not None for text in self._texts]
        return torch.tensor(done, device=input_ids.device)
