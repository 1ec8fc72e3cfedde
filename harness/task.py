"""What a task plugin is: documents, how to ask, how to score.

A task is a value. Kinds (:mod:`harness.kinds`) build it from data and a few options; a task of a
new kind fills the same fields by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from harness.metrics.metric import Metric
from harness.records import (
    JSON,
    Capability,
    Document,
    Formulation,
    PromptFormat,
    Request,
    Response,
    Status,
)


class ChatTemplate(Protocol):
    """Turns messages into the text that a chat model was tuned on."""

    @property
    def hash(self) -> str:
        """The sha256 of all that shapes the text; part of a cell's key."""
        ...

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return the text up to and including the generation prompt."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Who a task is."""

    name: str
    capability: Capability
    language: str
    """BCP 47: ``en``, ``zh``; a pair for translation: ``en-zh``."""
    licence: str
    source: str
    """Where the documents come from."""
    version: int = 1
    """Raised when the way of asking or scoring changes."""
    sensitive: bool = False
    """Whether its documents are about persons; their texts are then never stored or shown."""

    def over(self, data: object) -> "Card":
        """Return the card of a task over some data, sensitive if the data say that they are."""
        return replace(self, sensitive=True) if getattr(data, "sensitive", False) else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """How one cell asks: the same examples in the same order for every document."""

    formulation: Formulation
    format: PromptFormat
    examples: tuple[Document, ...] = ()
    template: ChatTemplate | None = None
    """Needed for the format ``chat``."""

    def context(self, question: str, shots: Sequence[tuple[str, str]], delimiter: str = " ") -> str:
        """Return the text before the answer.

        ``shots`` are (question, answer) pairs. Plain: they are joined to one text by blank lines,
        each answer after ``delimiter``. Chat: one user and one assistant turn each, and the answer
        follows the template's generation prompt at once (see :meth:`continuation`).
        """
        if self.format == "plain":
            return "\n\n".join([*(f"{q}{delimiter}{a}" for q, a in shots), question])
        if self.template is None:
            raise ValueError("the chat format needs a template")
        messages = []
        for q, a in shots:
            messages += [{"role": "user", "content": q}, {"role": "assistant", "content": a}]
        return self.template.render([*messages, {"role": "user", "content": question}])

    def continuation(self, answer: str, delimiter: str = " ") -> str:
        """Return the text of an answer as it follows :meth:`context`."""
        return f"{delimiter}{answer}" if self.format == "plain" else answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a document's responses amount to.

    ``outcome`` is what the task's metrics read; it is there for every status but ``error``.
    """

    status: Status
    outcome: Any
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Documents, how to ask, how to score. The first metric is the primary one."""

    card: Card
    kind: str
    documents: Callable[[Path | None], Sequence[Document]]
    """From the run's data folder (None: none given) to the scored documents."""
    examples: Callable[[Path | None], Sequence[Document]]
    """Likewise the few-shot pool; none of it is ever scored."""
    requests: Callable[[Document, Prompt], Sequence[Request]]
    score: Callable[[Document, Sequence[Response], Formulation], Score]
    metrics: tuple[Metric, ...]
    formulations: tuple[Formulation, ...]
    """The ones it can be asked in; the first is the default."""
    formats: tuple[PromptFormat, ...] = ("plain", "chat")
    shots: int = 0
    """Few-shot examples when the run names no number."""
    pinned_examples: bool = False
    """Whether a run shows the first of ``examples``, in their order; else it draws by its seed."""
    generation: Mapping[str, JSON] = field(default_factory=dict)
    """Generation parameters; part of every cell's key."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return self.card.name

    def metrics_of(self, formulation: Formulation) -> tuple[Metric, ...]:
        """Return the metrics that are defined for a formulation, the primary one first."""
        return tuple(m for m in self.metrics if not m.formulations or formulation in m.formulations)
