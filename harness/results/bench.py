"""What a bench found: ours beside lm-eval's HFLM on the same requests, in turn, on one machine."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCost:
    """One side's cost of a workload."""

    seconds: tuple[float, ...]
    """Of each turn."""
    median: float
    tokens: int
    """Read by the model, padding included."""
    working_bytes: int | None
    """Peak memory beyond the weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One task variant."""

    row: str
    documents: int
    requests: int
    ours: SideCost
    theirs: SideCost
    """At ``batch_size``."""
    batch_size: int
    other_batches: Mapping[int, float]
    """Seconds of one turn at other batch sizes."""
    largest_difference: float | None
    """Of log-likelihoods, nats; None of generations."""
    differing_choices: int | None
    """Documents whose likeliest continuation differs."""
    differing_greedy: int | None
    differing_texts: int | None
    unique_tokens: int
    """Of the requests, shared beginnings once, and what was generated."""
    share_of_limit: float
    """Their FLOPs per second over what the machine's matrix products reach."""
    notes: tuple[str, ...] = ()

    @property
    def ratio(self) -> float:
        """Their median time over ours."""
        return self.theirs.median / self.ours.median

    @property
    def ratio_to_best(self) -> float:
        """The same against their best batch size."""
        return min([self.theirs.median, *self.other_batches.values()]) / self.ours.median


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Several checkpoints of one base in one run."""

    checkpoints: int
    seconds: float
    """The whole run: loading, planning, scoring, storing."""
    scoring: float
    """The scoring alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A whole bench."""

    model: str
    parameters: int
    vocabulary: int
    settings: Mapping[str, JSON]
    machine: Mapping[str, JSON]
    limit: float
    """FLOPs per second of the best of five 2048 x 2048 matrix products."""
    workloads: tuple[Workload, ...]
    chain: Chain | None = None
