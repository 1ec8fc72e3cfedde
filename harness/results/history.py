"""What gates said over time."""

from dataclasses import dataclass

from harness.results.verdict import RuleVerdict, Verdict

__all__ = ["Judgement", "Rested", "RuleHistory", "Spared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """What a sequential gate didn't have to ask on one row."""

    row: str
    asked: int
    """Units (documents or clusters) that were looked at."""
    of: int
    seconds: float | None
    """That asking the others would have taken, at the pace of those that were asked; None: the
    store knows no pace, or units are clusters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rested:
    """One checkpoint that a verdict rests on."""

    name: str
    """As it was asked for."""
    family: str
    checkpoint: str
    fingerprint: str | None
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One stored verdict."""

    name: str
    """The stored file's, without suffix."""
    time: str
    """UTC, ISO 8601."""
    verdict: Verdict
    sides: tuple[Rested, ...]
    """The references as they were given, the candidate last, if it had any evidence."""
    spared: tuple[Spared, ...]
    """By row; empty where no rule was judged sequentially."""

    @property
    def asked(self) -> int:
        """Units that sequential rules looked at."""
        return sum(each.asked for each in self.spared)

    @property
    def of(self) -> int:
        """Units that they would have looked at without stopping."""
        return sum(each.of for each in self.spared)

    @property
    def share(self) -> float | None:
        """The share of units that wasn't asked; None: nothing was judged sequentially."""
        return 1 - self.asked / self.of if self.of else None

    @property
    def seconds(self) -> float | None:
        """What was spared, as far as the pace is known."""
        known = [each.seconds for each in self.spared if each.seconds is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHistory:
    """One rule on one row against one reference, over the verdicts that judged it."""

    rule: str
    row: str
    reference: str
    found: tuple[tuple[Judgement, RuleVerdict], ...]
    """The oldest first."""
