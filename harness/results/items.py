"""Single documents along a chain of checkpoints, and what one of them looked like at a stage."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.metrics.metric import MetricInfo
from harness.records import JSON, Status
from harness.results.forgetting import Fate
from harness.results.stages import Reason

__all__ = ["Choice", "Exchange", "Item", "ItemStage", "Items", "Turn", "Wanted", "Withheld"]

Turn = Literal["lost", "won"]
"""What a stage did to an outcome that it changed."""
Withheld = Literal["redacted", "sensitive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStage:
    """One document at one checkpoint."""

    value: float | None
    """The row's metric over this document alone, own scale; None where that has no value."""
    status: Status
    reason: str | None
    """Code of why the answer doesn't match; None for a match, or where it isn't known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One document along a chain."""

    document: str
    stages: tuple[ItemStage | None, ...]
    """In the order of the chain; None: it has no score there."""
    fate: Fate | None
    """None where there is no telling: not scored at every stage, edited in between, or no right
    and wrong."""
    pattern: str
    """1 right, 0 wrong, per stage; empty without a fate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """The documents of one table row along a chain."""

    row: str
    kind: str
    chain: tuple[str, ...]
    """The checkpoints that have comparable evidence, the root first."""
    cells: tuple[str, ...]
    """Their cells' keys."""
    missing: tuple[str, ...]
    """Checkpoints whose evidence doesn't compare with the last one's."""
    info: MetricInfo
    items: tuple[Item, ...]
    """By document id."""
    fates: Mapping[Fate, int]
    no_fates: str | None
    """Why no document has a fate; None where some do."""
    qualified: tuple[Reason, ...] = ()
    """Why a document's turn isn't about the weights alone: it changed, and wasn't forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which documents are sought; None: any."""

    fate: Fate | None = None
    turn: Turn | None = None
    """What ``stage`` did to them."""
    stage: str | None = None
    reason: str | None = None
    """Code of why the answer doesn't match at ``stage``, without one at the last of the chain."""
    documents: Collection[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers whose likelihood was asked for."""

    text: str
    logprob: float
    """Nats."""
    per_character: float | None
    """Nats; None for a text without characters."""
    picked: bool
    """Whether the row's metric takes it for the answer; False for all where that isn't known."""
    correct: bool | None
    """None: the record doesn't tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What one checkpoint was asked about one document, and what came back."""

    status: Status
    reason: str | None
    prompt: str
    """The context of the first request, or the text that was scored."""
    answers: tuple[str, ...]
    """Generated texts, or the picked choice; empty where nothing is said in words."""
    choices: tuple[Choice, ...]
    target: str
    """What was wanted, in words; empty where nothing is."""
    logprob: float | None
    """Of a scored text, nats."""
    tokens: int | None
    """Of what was generated or scored."""
    cut: bool
    """Whether an answer ended at its limit of tokens."""
    withheld: Withheld | None
    """What the store has in place of the texts: masked ones (redacted), or none (sensitive)."""
    harmful: bool
    """Whether the prompt asks for something harmful."""
    fields: Mapping[str, JSON] = field(default_factory=dict)
