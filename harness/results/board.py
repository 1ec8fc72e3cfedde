"""What the leaderboard shows at once: flat rows, one per checkpoint and one per place of a table.

Their fields are the columns of the index and of the leaderboard's frames, which have a few more
that don't follow from the evidence: :data:`ENTRY_EXTRAS` and :data:`CHECKPOINT_EXTRAS`. Texts are
empty where there is nothing to say, numbers None (NaN in a frame).
"""

from dataclasses import dataclass
from typing import TypedDict


class DeltaColumns(TypedDict):
    """A change against a reference."""

    reference: str | None
    """The checkpoint compared with; None for a root."""
    delta: float | None
    """Paired difference, in the metric's own scale."""
    delta_low: float | None
    delta_high: float | None
    p: float | None
    test: str
    comparability: str
    """COMPARABLE, QUALIFIED, INCOMPARABLE; empty where there is nothing to compare."""
    reasons: str
    """Why it isn't COMPARABLE, or why there is no difference."""
    wording: str
    """A :data:`harness.results.Wording`; empty for a root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One checkpoint on one table row, and what it changed against its parent."""

    family: str
    checkpoint: str
    stage: str
    row: str
    task: str
    variant: str
    """``cf``, ``mcf``, ``gen`` or ``rolling``."""
    format: str
    kind: str
    capability: str
    language: str
    metric: str
    unit: str
    higher_is_better: bool
    chance: float | None
    ceiling: float | None
    cell: str
    """Key of the cell; empty for a number without records."""
    value: float | None
    """In the metric's own scale, as all numbers here."""
    low: float | None
    high: float | None
    n: int
    """Documents behind ``value``."""
    method: str
    missing: str
    """Why there is no value."""
    answered: int
    planned: int
    errors: int
    reference: str | None
    """The parent; this and what follows are :class:`DeltaColumns`."""
    delta: float | None
    delta_low: float | None
    delta_high: float | None
    p: float | None
    test: str
    comparability: str
    reasons: str
    wording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRow:
    """One checkpoint: what it gained and what that cost, on the normalised scale."""

    family: str
    checkpoint: str
    stage: str
    parent: str | None
    fingerprint: str
    attributes: str
    """A JSON object."""
    reference: str | None
    """Whom the tax is counted against: the parent; None for a root."""
    headline: str = ""
    """Empty for a root, and where nothing can be said."""
    gain: float | None = None
    """Net of the tasks whose gain was sought."""
    gain_low: float | None = None
    gain_high: float | None = None
    gain_words: str = ""
    """``gained``, ``lost``, ``changed``, ``no clear gain``, or why there is none."""
    net: float | None = None
    """Net of the tasks that it should have kept."""
    net_low: float | None = None
    net_high: float | None = None
    tax: float | None = None
    """TAX+ of those; noise adds to it."""
    tax_noise: float | None = None
    """What TAX+ would be on average had nothing changed."""
    certified: tuple[str, ...] = ()
    """Tasks that certainly lost."""
    certified_tax: float | None = None
    worst_task: str = ""
    worst: float | None = None
    worst_low: float | None = None
    worst_high: float | None = None
    drift: float | None = None
    """Mean change of bits per byte on general text."""
    drift_low: float | None = None
    drift_high: float | None = None
    drift_unit: str
    qualified: str = ""
    """Why the sums aren't about the weights alone; empty: comparable."""
    rows_done: int
    """Table rows on which it has a value."""


ENTRY_EXTRAS = ("date",)
"""``date``: when the newest run that asked for it began, UTC, ISO 8601."""
CHECKPOINT_EXTRAS = ("rows_of", "date", "verdict", "verdict_baseline", "verdict_at")
"""``rows_of``: table rows of its family; ``date``: the newest of its entries; ``verdict``: the
newest one of a gate on these weights, empty if there is none, ``verdict_at`` its time."""
