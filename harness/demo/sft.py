"""Stage two: instructions in chat format, with the loss on the answers only."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from harness.demo.corpus import Turn
from harness.demo.model import token_log_probs
from harness.demo.optimise import IGNORED, Encoded, Optimiser, Progress, pad
from harness.demo.recipe import Phase
from harness.demo.vocabulary import chat_text


def encode_turn(turn: Turn, tokenizer: PreTrainedTokenizerFast, length: int) -> Encoded:
    """A question and its answer in the chat format, cut at `length` tokens."""
    asked = tokenizer(chat_text(turn.prompt), add_special_tokens=False)["input_ids"]
    whole = tokenizer(chat_text(turn.prompt, turn.answer), add_special_tokens=False)["input_ids"]
    return Encoded(whole[:length], len(asked))


def fine_tune(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    turns: Iterator[Turn],
    phase: Phase,
) -> list[float]:
    """Train `model` in place on `turns`; the mean losses of its ten tenths."""
    optimiser = Optimiser(model, phase)
    progress = Progress("sft", phase.steps)
    model.train()
    for number in range(phase.steps):
        rows = [encode_turn(next(turns), tokenizer, phase.length) for _ in range(phase.batch)]
        tokens, labels = pad(rows, tokenizer.pad_token_id)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = token_log_probs(model, tokens, labels)
        loss = -found.sum() / (labels[:, 1:] != IGNORED).sum()
        optimiser.step(number, loss)
        progress.add(number, loss.item())
    return progress.curve
