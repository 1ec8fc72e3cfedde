"""What an aligned checkpoint gained and what it paid, always against a named reference.

Scores are normalised: (score - chance) / (ceiling - chance), 0 for guessing and 1 for the best
possible, not clipped. A loss is a negative delta.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.records import Capability, Estimate
from harness.results.stages import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDelta:
    """One task, candidate minus reference, normalised; the mean over the task's rows."""

    task: str
    rows: tuple[str, ...]
    """The table rows (variants) that enter, each with the same weight."""
    capability: Capability
    reference: float
    """The reference's normalised score."""
    candidate: float
    delta: Estimate
    p_loss: float | None
    """One-sided, of no loss; None where the data allow no test."""
    qualified: tuple[Reason, ...] = ()
    """Why the delta isn't about the weights alone; empty: comparable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDelta:
    """Tasks that count together, each with the same weight."""

    tasks: tuple[TaskDelta, ...]
    net: Estimate
    """Mean delta; its ``n`` counts tasks. Exactly ``gain`` minus ``tax``."""
    tax: float
    """TAX+, the mean of max(0, -delta). Noise adds to it: never a ranking key."""
    gain: float
    """GAIN+, the mean of max(0, delta)."""
    noise: float | None
    """What TAX+ would be on average had nothing changed: 0.399 of the mean standard error."""
    worst: TaskDelta
    """The lowest delta; its interval is simultaneous over the group (Bonferroni)."""
    certified: tuple[str, ...]
    """Comparable tasks that lost after Holm's correction, the surest first."""
    certified_tax: float
    """The sum of their losses; tasks that aren't certain count nothing."""

    @property
    def qualified(self) -> tuple[Reason, ...]:
        """Why the sums aren't about the weights alone; empty: every task is comparable."""
        return tuple(dict.fromkeys(reason for task in self.tasks for reason in task.qualified))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A table row that no delta could be made of."""

    row: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxStatement:
    """What a candidate gained and paid against its reference."""

    reference: str
    candidate: str
    retained: GroupDelta | None
    """General and domain tasks, over which tax is counted; None: no such task was comparable."""
    aligned: GroupDelta | None
    """The tasks whose gain was sought: alignment, for an SFT stage also domain."""
    groups: Mapping[Capability, GroupDelta]
    rate: Estimate | None
    """Tax per gain: -net of ``retained`` over net of ``aligned``, with Fieller's interval."""
    rate_missing: str | None
    """Why there is no rate."""
    left_out: tuple[LeftOut, ...] = field(default=())

    @property
    def kept(self) -> GroupDelta | None:
        """The tasks that the candidate should have kept, without those whose gain was sought."""
        if self.aligned and any(task.capability == "domain" for task in self.aligned.tasks):
            return self.groups.get("general")
        return self.retained
