"""What a task's ``score`` says of one sample; the input of the metrics' ``statistics``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A multiple-choice answer: one log-likelihood (nats) per choice."""

    logprobs: Sequence[float]
    characters: Sequence[int]
    """Length of each choice's text, for length normalisation."""
    gold: int
    bytes: Sequence[int] = ()
    """Likewise in UTF-8."""
    tokens: Sequence[int] = ()
    """Likewise as the backend counted them; 0 where it couldn't."""
    neutral: Sequence[float] = ()
    """Log-likelihoods of the same texts after a context that asks nothing; () if not asked."""
    picked: Sequence[int] = ()
    """The position picked in each rotation r, which shows choice (p + r) mod n at position p."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSet:
    """The choices (indices below ``size``) that were picked; None: no answer could be read."""

    gold: Sequence[int]
    picked: Sequence[int] | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A class among ``size`` fixed labels; ``predicted`` None means no label was given."""

    gold: int
    predicted: int | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A generated text against its references."""

    prediction: str
    references: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingText:
    """A text's negative log-likelihood (nats) and its sizes."""

    nll: float
    tokens: int
    words: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Responses to one prompt: their log-likelihoods (nats), lengths and ranks by people."""

    logprobs: Sequence[float]
    characters: Sequence[int]
    ranks: Sequence[int]
    """The smaller the better; equal ranks are ties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Texts that one prompt was answered with."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Entities as (start, end, type): offsets of characters (or tokens), types counted from 0."""

    gold: Sequence[tuple[int, int, int]]
    predicted: Sequence[tuple[int, int, int]]
    elsewhere: Sequence[int] = ()
    """Types of the predicted entities that aren't in the text; each is a false positive."""
    size: int
    """How many types there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A record with the normalised values of each field; a field that isn't stated has none."""

    gold: Sequence[frozenset[str]]
    predicted: Sequence[frozenset[str]]
    well_formed: bool
    """Whether the answer held a JSON object at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What an answer to a harmful or benign request does."""

    harmful: bool
    verdict: Literal["refusal", "partial", "compliance", "empty"]
    subset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Honesty:
    """What an answer to a question with or without an answer amounts to; ``empty``: neither."""

    answerable: bool
    result: Literal["correct", "wrong", "abstained", "empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Which of a prompt's instructions a reply follows, in their order."""

    strict: tuple[bool, ...]
    loose: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The words that a passage ends with: their negative log-likelihood (nats) and size."""

    nll: float
    bytes: int
    greedy: bool
    """Whether greedy decoding would have produced them."""
