"""Stage three: direct preference optimisation (Rafailov et al. 2023) against the SFT model."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from harness.demo.corpus import Pair, Turn
from harness.demo.model import token_log_probs
from harness.demo.optimise import Encoded, Optimiser, Progress, pad
from harness.demo.recipe import Phase
from harness.demo.sft import encode_turn

SCORED_AT_ONCE = 32


def answer_log_probs(model: LlamaForCausalLM, rows: Sequence[Encoded], filler: int) -> torch.Tensor:
    """The log-probability of each row's whole answer."""
    tokens, labels = pad(rows, filler)
    return token_log_probs(model, tokens, labels).sum(dim=1)


def encode_pairs(
    pairs: Sequence[Pair], tokenizer: PreTrainedTokenizerFast, length: int
) -> list[Encoded]:
    """Chosen and rejected answers in turn: two rows per pair."""
    answers = [Turn(p.prompt, answer) for p in pairs for answer in (p.chosen, p.rejected)]
    return [encode_turn(turn, tokenizer, length) for turn in answers]


def reference_log_probs(
    model: LlamaForCausalLM, rows: Sequence[Encoded], filler: int
) -> torch.Tensor:
    """What the model says of every row before it is trained: computed once."""
    model.eval()
    with torch.no_grad():
        parts = [
            answer_log_probs(model, rows[start : start + SCORED_AT_ONCE], filler)
            for start in range(0, len(rows), SCORED_AT_ONCE)
        ]
    return torch.cat(parts)


def align(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[Pair],
    phase: Phase,
    beta: float,
    rng: random.Random,
) -> list[float]:
    """Train `model` in place on `pairs`; the mean losses of its ten tenths."""
    rows = encode_pairs(pairs, tokenizer, phase.length)
    reference = reference_log_probs(model, rows, tokenizer.pad_token_id)
    optimiser = Optimiser(model, phase)
    progress = Progress("dpo", phase.steps)
    model.train()
    for number in range(phase.steps):
        drawn = [rng.randrange(len(pairs)) for _ in range(phase.batch)]
        chosen_and_rejected = [index for pair in drawn for index in (2 * pair, 2 * pair + 1)]
        batch = [rows[index] for index in chosen_and_rejected]
        found = answer_log_probs(model, batch, tokenizer.pad_token_id)
        shift = (found - reference[chosen_and_rejected]).view(-1, 2)
        loss = -torch.nn.functional.logsigmoid(beta * (shift[:, 0] - shift[:, 1])).mean()
        optimiser.step(number, loss)
        progress.add(number, loss.item())
    return progress.curve
