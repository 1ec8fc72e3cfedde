"""What a chain of stages forgot. Scores are normalised: 0 for guessing, 1 for the best possible."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.records import Capability, Estimate
from harness.results.stages import Reason
from harness.results.tax import LeftOut

Fate = Literal["kept", "learned", "forgotten", "recovered", "transient", "never", "flaky"]
"""kept 111, learned 011, forgotten 110, recovered 101, transient 010, never 000; an item that
changes more often, or that differs when the same checkpoint is asked again, is flaky."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A row at the last stage against one earlier stage."""

    reference: str
    delta: Estimate
    qualified: tuple[Reason, ...]
    retention: Estimate | None
    """Share of the reference's score above chance that is left."""
    retention_missing: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowForgetting:
    """One table row along a chain."""

    row: str
    task: str
    capability: Capability
    scores: Mapping[str, float | None]
    """By checkpoint, over each one's own documents; None: not measured."""
    anchored: tuple[Anchored, ...]
    forgetting: Estimate | None
    """Best earlier stage minus the last, over the documents of all; biased upward by noise."""
    best: str | None
    """The earlier stage with the best score."""
    qualified: tuple[Reason, ...] = ()
    """Why some of it isn't about the weights alone: then it changed, and wasn't forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A measure over the whole chain, with the denominator that its definition takes."""

    name: str
    value: Estimate | None
    denominator: str
    missing: str | None = None
    """Why there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What the last checkpoint of a chain forgot of what earlier ones knew."""

    chain: tuple[str, ...]
    """Checkpoints, the root first."""
    rows: tuple[RowForgetting, ...]
    taught: Mapping[str, Capability]
    """Which group of tasks each stage of the chain is held to teach."""
    matrix: tuple[tuple[float | None, ...], ...]
    """Mean normalised score after stage i (row) on the group that stage j taught (column)."""
    transfers: tuple[Transfer, ...]
    qualified: tuple[Reason, ...] = ()
    """Of any row."""
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """One document along a chain."""

    document: str
    pattern: str
    """1 right, 0 wrong, per stage: ``110``."""
    fate: Fate
    lost_at: str | None
    """The checkpoint that first lost it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Documents whose outcome differs between two checkpoints."""

    reference: str
    candidate: str
    n: int
    lost: Estimate
    """NFR: right before and wrong now, over n (Yan et al. 2021)."""
    gained: Estimate
    """PFR: wrong before and right now, over n; PFR - NFR is the change of accuracy."""
    lost_of_right: float | None
    """Lost over what the reference had right; None: nothing."""
    relative: float | None
    """NFR over what independent errors would give; 1: as if independent."""
    floor: Estimate | None
    """Lost share when the reference's checkpoint is asked again; None: no such run."""
    excess: Estimate | None
    """NFR minus the floor."""
    gained_excess: Estimate | None
    """PFR minus the floor: asked again, as many are gained as are lost."""
    reasons: Mapping[str, int]
    """Codes of why lost documents no longer match, with counts."""
    qualified: tuple[Reason, ...] = ()
    """Why a flip isn't about the weights alone: then it changed, and wasn't forgotten."""

    @property
    def wrong_share(self) -> float | None:
        """The share of the lost ones that were answered, wrongly; the others weren't answered."""
        count = sum(self.reasons.values())
        return self.reasons.get("wrong", 0) / count if count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectories:
    """Every document of one row along a chain."""

    row: str
    chain: tuple[str, ...]
    items: tuple[Trajectory, ...]
    fates: Mapping[Fate, int]
    missing: tuple[str, ...]
    """Checkpoints of the chain without comparable evidence; the others are followed."""
    flips: tuple[Flips, ...]
    """Between neighbours of the chain, then from first to last."""
