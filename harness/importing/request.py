"""What an import is asked for, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from harness.importing.conflicts import Prefer
from harness.importing.log import Unmapped
from harness.records import Capability, Privacy, Stage

__all__ = ["Evidenced", "Place", "Request", "Summary"]

Evidenced: TypeAlias = Literal["records", "number", "conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An import as the command line asks for it."""

    place: Path
    """The folder, or one file of results."""
    store: Path
    family: str | None = None
    """None: the folder's name."""
    stage: Stage | None = None
    parent: str | None = None
    name: str | None = None
    """Of the one checkpoint in the folder."""
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    """By a pattern of task names; the first that fits counts."""
    prefer: Prefer | None = None
    privacy: Privacy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One checkpoint and row, as it was imported."""

    checkpoint: str
    row: str
    evidence: Evidenced
    metric: str
    """The primary one."""
    unit: str
    value: float | None
    """None where sources differ."""
    error: float | None
    """The standard error that is stated; None where records have the interval."""
    n: int | None
    files: tuple[str, ...]
    """The one that counts, or all that differ."""
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an import did."""

    family: str
    run: str | None
    """The new account; None if the store held everything."""
    checkpoints: tuple[tuple[str, Stage, str | None], ...]
    """Name, stage and parent of each; its weights are declared, not measured."""
    places: tuple[Place, ...]
    unmapped: tuple[Unmapped, ...]
    notes: tuple[str, ...]
