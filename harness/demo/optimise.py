"""What the three stages share: the optimiser and its learning rates, padded batches, log lines."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from harness.demo.recipe import Phase

IGNORED = -100


@dataclass(frozen=True, slots=True)
class Encoded:
    """One prompt and answer as tokens; only those from `start` on are learned."""

    tokens: list[int]
    start: int


def learning_rate(step: int, phase: Phase) -> float:
    """Linear warm-up to the peak, then half a cosine down to a twentieth of it."""
    if step < phase.warmup:
        return phase.peak * (step + 1) / phase.warmup
    done = (step - phase.warmup) / max(1, phase.steps - phase.warmup)
    return phase.peak * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


class Optimiser:
    """AdamW over one model for one phase, with clipped gradients."""

    def __init__(self, model: torch.nn.Module, phase: Phase) -> None:
        self.model = model
        self.phase = phase
        matrices = [p for p in model.parameters() if p.dim() > 1]
        vectors = [p for p in model.parameters() if p.dim() <= 1]
        self.adam = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": phase.decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=phase.peak,
            betas=(0.9, 0.95),
        )

    def step(self, number: int, loss: torch.Tensor) -> None:
        """Go one step down `loss` at the learning rate of step `number`."""
        for group in self.adam.param_groups:
            group["lr"] = learning_rate(number, self.phase)
        self.adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.adam.step()


def pad(rows: Sequence[Encoded], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token and label tensors, padded on the right; prompts and padding are not labelled."""
    width = max(len(row.tokens) for row in rows)
    tokens = torch.full((len(rows), width), filler)
    labels = torch.full((len(rows), width), IGNORED)
    for index, row in enumerate(rows):
        tokens[index, : len(row.tokens)] = torch.tensor(row.tokens)
        labels[index, row.start : len(row.tokens)] = torch.tensor(row.tokens[row.start :])
    return tokens, labels


class Progress:
    """Log lines on stderr: one for each tenth of a phase, with the mean loss since the last."""

    def __init__(self, name: str, steps: int) -> None:
        self.name = name
        self.steps = steps
        self.every = max(1, steps // 10)
        self.losses: list[float] = []
        self.curve: list[float] = []
        self.began = time.monotonic()

    def add(self, number: int, loss: float) -> None:
        """Note the loss of step `number`."""
        self.losses.append(loss)
        if (number + 1) % self.every == 0 or number + 1 == self.steps:
            mean = sum(self.losses) / len(self.losses)
            self.curve.append(round(mean, 4))
            self.losses = []
            seconds = time.monotonic() - self.began
            line = f"{self.name}: step {number + 1}/{self.steps}, loss {mean:.3f}, {seconds:.0f} s"
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
