"""What charts are made of: labels and numbers in the metric's own scale; None is missing."""

from dataclasses import dataclass

from harness.results import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One estimate on a line: of a checkpoint along a chain, or at an attribute's value."""

    label: str
    """The checkpoint."""
    group: str
    """The line that it is on: a row, or a run of checkpoints."""
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    at: float | None = None
    """The attribute's value; curves only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One paired difference."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    margin: float | None = None
    """The largest loss that a policy lets pass; positive, drawn below zero."""
    qualified: bool = False
    wording: Wording | None = None
    """None: it is only said whether the interval excludes zero."""
    higher_is_better: bool | None = True
    """Where lower is better, the margin lies above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One candidate between what it gained and what it paid, as shares."""

    label: str
    gain: float
    gain_low: float | None
    gain_high: float | None
    tax: float
    """The net loss: positive is paid."""
    tax_low: float | None
    tax_high: float | None
    front: bool
    """Not dominated by another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field of a table of numbers."""

    row: str
    column: str
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Answers of about one confidence: how sure they were, and how many were right."""

    label: str
    """The checkpoint."""
    confidence: float
    accuracy: float
    n: int
    low: float | None = None
    """Of the accuracy's interval."""
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One choice and its log-probability in nats."""

    label: str
    value: float | None
    chosen: bool = False
    correct: bool = False
