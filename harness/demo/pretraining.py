"""Stage one: next-token prediction over packed documents."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from harness.demo.optimise import Optimiser, Progress
from harness.demo.recipe import Phase

READ_AT_ONCE = 256


def packed_rows(
    texts: Iterator[str], tokenizer: PreTrainedTokenizerFast, length: int
) -> Iterator[list[int]]:
    """Endless rows of `length` tokens, documents one after the other, each from BOS to its end."""
    held: list[int] = []
    while True:
        batch = [next(texts) for _ in range(READ_AT_ONCE)]
        for tokens in tokenizer(batch)["input_ids"]:
            held += [*tokens, tokenizer.eos_token_id]
        whole = len(held) // length * length
        for start in range(0, whole, length):
            yield held[start : start + length]
        held = held[whole:]


def pretrain(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    texts: Iterator[str],
    phase: Phase,
) -> list[float]:
    """Train `model` in place on `texts`; the mean losses of its ten tenths."""
    optimiser = Optimiser(model, phase)
    progress = Progress("pretraining", phase.steps)
    rows = packed_rows(texts, tokenizer, phase.length)
    model.train()
    for number in range(phase.steps):
        tokens = torch.tensor([next(rows) for _ in range(phase.batch)])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(input_ids=tokens[:, :-1]).logits.float()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        optimiser.step(number, loss)
        progress.add(number, loss.item())
    return progress.curve
