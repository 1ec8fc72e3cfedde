"""Generation: left-padded batches, greedy or seeded sampling, cut at stop strings and EOS.

A checkpoint's generation_config (temperature, repetition penalty ...) doesn't count, only its EOS
tokens do: all checkpoints of a run are decoded alike.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import Tensor
from transformers import GenerationConfig

from harness.backends.stopping import Answer, Ending, StopStrings, Watch, end_tokens
from harness.backends.weights import quiet
from harness.records import Failure, Generate, Generation, digest, pack

__all__ = ["Generator"]

_Asked: TypeAlias = tuple[Generate, Sequence[int]]
"""A request and its prompt's tokens."""


class Generator:
    """Continues prompts under one model."""

    def __init__(self, model: Any, tokenizer: Any, batch_size: int) -> None:
        self._model, self._tokenizer, self._batch_size = model, tokenizer, batch_size
        self._device = model.get_input_embeddings().weight.device
        self._eos = end_tokens(model, tokenizer)
        self.first_token_seconds: list[float] = []
        """How long each batch took until its first new tokens had logits; emptied by the owner."""
        model.generation_config = GenerationConfig()

    def generate(
        self, requests: Mapping[int, Generate], prompts: Mapping[int, Sequence[int]]
    ) -> Iterator[tuple[int, Generation | Failure]]:
        """Yield answers by the requests' keys; equal ways of asking share batches, longest first.

        ``tokens`` counts what was generated before EOS, with the tokens of a stop string. A request
        whose logits aren't finite gets a Failure.
        """
        groups: dict[Any, list[int]] = {}
        for key, request in requests.items():
            # Sampling draws from a generator seeded by the request, so each is asked alone.
            alone = key if request.temperature > 0 else None
            groups.setdefault((request.max_tokens, request.stop, alone), []).append(key)
        for keys in groups.values():
            keys.sort(key=lambda key: (-len(prompts[key]), tuple(prompts[key])))
            for begin in range(0, len(keys), self._batch_size):
                batch = keys[begin : begin + self._batch_size]
                answers = self._answer([(requests[key], prompts[key]) for key in batch])
                yield from zip(batch, answers, strict=True)

    def _answer(self, asked: Sequence[_Asked]) -> list[Generation | Failure]:
        try:
            return self._batch(asked)
        except torch.OutOfMemoryError:
            if len(asked) == 1:
                return [Failure(f"out of memory on a prompt of {len(asked[0][1])} tokens alone")]
        half = len(asked) // 2
        return [*self._answer(asked[:half]), *self._answer(asked[half:])]

    @torch.inference_mode()
    def _batch(self, asked: Sequence[_Asked]) -> list[Generation | Failure]:
        request = asked[0][0]
        copies = request.n if request.temperature > 0 else 1
        ending = Ending(self._tokenizer, self._eos, request.stop)
        ids, mask = _left_padded([prompt for _, prompt in asked])
        stops = StopStrings(ending, ids.shape[1], len(asked) * copies)
        watch = Watch()
        start = time.monotonic()
        with quiet(), _seeded(request, self._device):
            out = self._model.generate(
                input_ids=ids.to(self._device),
                attention_mask=mask.to(self._device),
                generation_config=_config(request, ending.eos, copies),
                stopping_criteria=[stops] if ending.strings else None,
                logits_processor=[watch],
            )
        if watch.first_at is not None:
            self.first_token_seconds.append(watch.first_at - start)
        rows = out[:, ids.shape[1] :].tolist()
        answers = [ending.cut(row, at) for row, at in zip(rows, stops.at, strict=True)]
        bad = watch.bad
        return [
            Failure("the model's logits aren't finite numbers")
            if any(bad[k : k + copies])
            else _generation(answers[k : k + copies], owner.n)
            for k, (owner, _) in zip(range(0, len(answers), copies), asked, strict=True)
        ]


def _generation(answers: Sequence[Answer], n: int) -> Generation:
    """Make n texts of as many samples, or of one greedy answer."""
    full = [answers[k % len(answers)] for k in range(n)]
    return Generation(
        texts=tuple(answer.text for answer in full),
        finish=tuple(answer.finish for answer in full),
        tokens=tuple(answer.tokens for answer in full),
    )


def _left_padded(prompts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return ids (R, T) and their mask, so that all prompts end in the last column."""
    width = max(map(len, prompts))
    ids = torch.tensor([[*[0] * (width - len(prompt)), *prompt] for prompt in prompts])
    starts = torch.tensor([[width - len(prompt)] for prompt in prompts])
    return ids, (torch.arange(width)[None] >= starts).long()


def _config(request: Generate, eos: Sequence[int], copies: int) -> GenerationConfig:
    chance: dict[str, Any] = {"do_sample": False}
    if request.temperature > 0:
        chance = {"do_sample": True, "temperature": request.temperature, "top_k": 0, "top_p": 1.0}
    return GenerationConfig(
        max_new_tokens=request.max_tokens,
        num_return_sequences=copies,
        eos_token_id=list(eos) or None,
        pad_token_id=eos[0] if eos else 0,
        **chance,
    )


@contextmanager
def _seeded(request: Generate, device: torch.device) -> Iterator[None]:
    """Seed torch by the request while it samples, and put its generators back after.

    ``generate`` draws from torch's own generators; a request without a seed gets one from its text,
    so that it is answered alike in every run.
    """
    if request.temperature <= 0:
        yield
        return
    seed = int(digest(pack(request))[:15], 16) if request.seed is None else request.seed
    devices = [] if device.type == "cpu" else [device.index or 0]
    kind = "cuda" if device.type == "cpu" else device.type
    with torch.random.fork_rng(devices=devices, device_type=kind):
        torch.manual_seed(seed)
        yield
