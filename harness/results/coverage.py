"""What a family's table of checkpoints and rows still lacks, and which commands would ask it."""

from dataclasses import dataclass

__all__ = ["Command", "Completion", "Hole", "Place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a store holds of one checkpoint on one table row."""

    checkpoint: str
    row: str
    answered: int
    planned: int
    errors: int
    stated: bool = False
    """A number without records stands there: nothing can be asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A place that isn't complete."""

    checkpoint: str
    row: str
    lacking: int | None
    """Documents without a score, of those that any checkpoint was to be asked; None: nobody has
    counted them."""
    of: int = 0
    """Documents that the row's largest plan has."""
    errors: int = 0
    """Those among them that were asked in vain."""

    @property
    def begun(self) -> bool:
        """Whether any of its documents was asked."""
        return bool(self.errors) or (self.lacking is not None and self.lacking < self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command and what it fills; it asks only what the store doesn't have."""

    words: tuple[str, ...]
    fills: tuple[Hole, ...]
    unfinished: bool = False
    """Whether it continues a run that ended early: more may be missing than anybody has listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Everything that is missing."""

    holes: tuple[Hole, ...]
    commands: tuple[Command, ...]
    left: tuple[tuple[Hole, str], ...]
    """Holes that no command fills, and why."""
