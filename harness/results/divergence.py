"""How far a checkpoint's predictions of a text went from its reference's: KL drift in nats.

Forward KL to the reference on the text of a new task follows forgetting in RL's Razor (Shenfeld et
al. 2025, arXiv 2509.04259); "RL Forgets!" (2607.04364) objects that the KL on old text is the one
that matters for old tasks. So both places are measured, and named.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records import JSON, Capability, Estimate

__all__ = [
    "NEW",
    "OLD",
    "DocumentDivergence",
    "Drift",
    "PairDivergence",
    "PlaceDivergence",
    "TaskDivergence",
]

OLD: tuple[Capability, ...] = ("general",)
"""Whose texts are like those of pretraining."""
NEW: tuple[Capability, ...] = ("domain", "alignment")
"""Whose texts are like those of tuning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDivergence:
    """Sums over the predicted tokens of one document, each over the whole vocabulary."""

    document: str
    """Its id as the store has it."""
    request: str
    """Hash of what both were asked, likewise."""
    cluster: str | None
    tokens: int
    forward: float
    """Of KL(reference || candidate), nats."""
    reverse: float
    """Of KL(candidate || reference), nats."""
    variation: float
    """Of the total variation, between 0 and 1 a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDivergence:
    """What a store holds of two checkpoints on the texts of one task."""

    identity: Mapping[str, JSON]
    """Who was compared (``reference`` and ``candidate``, fingerprints) on what, and how."""
    row: str
    capability: Capability
    language: str
    documents: tuple[DocumentDivergence, ...]

    @property
    def tokens(self) -> int:
        """All predicted tokens."""
        return sum(document.tokens for document in self.documents)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDivergence:
    """Two checkpoints on the texts of one task: means per token, by document."""

    row: str
    capability: Capability
    language: str
    tokens: int
    forward: Estimate
    """KL(reference || candidate), nats per token."""
    reverse: Estimate
    """KL(candidate || reference), nats per token."""
    variation: Estimate
    """Total variation per token."""
    backend: Mapping[str, JSON]
    """With what numbers it was computed: dtype, max_length ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDivergence:
    """The texts of one capability."""

    capability: Capability
    forward: Estimate
    """Nats per token; the mean of the tasks, each with the same weight; its ``n`` counts them."""
    tasks: tuple[TaskDivergence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One candidate against its reference."""

    reference: str
    candidate: str
    places: tuple[PlaceDivergence, ...]
    missing: tuple[str, ...]
    """``old text``, ``new text``: where nothing was measured."""
