"""The numbers of the training recipe, frozen, so that they can be written beside the weights."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of the model: a small Llama with tied embeddings."""

    vocabulary: int = 3072
    hidden: int = 160
    layers: int = 5
    heads: int = 5
    mlp: int = 480
    positions: int = 1024


@dataclass(frozen=True, slots=True)
class Phase:
    """One optimisation: how many steps, how much per step, how fast; cosine after a warm-up."""

    steps: int
    batch: int
    length: int
    peak: float
    warmup: int
    decay: float = 0.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides the weights; `beta` is the strength of DPO's pull towards SFT."""

    seed: int = 1234
    shape: Shape = field(default_factory=Shape)
    tokenizer_documents: int = 12000
    pretraining: Phase = Phase(steps=2200, batch=8, length=256, peak=3e-3, warmup=100, decay=0.1)
    sft: Phase = Phase(steps=200, batch=32, length=320, peak=5e-4, warmup=10)
    dpo: Phase = Phase(steps=80, batch=16, length=320, peak=1e-4, warmup=8)
    beta: float = 0.1
