"""What asking the same checkpoint the same again changes: the noise floor of every comparison.

Batches of another size or in another order sum in another order, and a nearly tied answer flips.
A difference between two checkpoints says something only beyond this (A/A test).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.records import JSON, Estimate

__all__ = ["Flip", "LogprobNoise", "MetricNoise", "Noise", "NoiseFloor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A document that matched one time and not the other."""

    document: str
    """Its id as the cell's records have it."""
    lost: bool
    """Whether it matched as recorded; else it matched only when it was asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogprobNoise:
    """How far log-likelihoods moved."""

    count: int
    """Requests that were compared."""
    mean: float
    """Of the absolute differences, nats."""
    largest: float
    """Likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricNoise:
    """One metric over the same documents, both times."""

    name: str
    signature: str
    unit: str
    recorded: float | None
    """In the metric's own scale; None where the rows give no value."""
    repeated: float | None
    differing: int
    """Documents whose rows differ."""

    @property
    def delta(self) -> float | None:
        """Repeated minus recorded; None where one of them has no value."""
        if self.recorded is None or self.repeated is None:
            return None
        return self.repeated - self.recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The figures of one A/A comparison."""

    n: int
    """Documents that were answered both times."""
    flips: Estimate | None
    """Share of documents that matched one time and not the other; None for tasks that know no
    right or wrong (perplexity, BLEU)."""
    flipped: tuple[Flip, ...] = ()
    differing_answers: int | None
    """Documents with another generated text, or another likeliest continuation; None where there
    is one continuation only."""
    logprobs: LogprobNoise | None
    """None if nothing but texts came back."""
    metrics: tuple[MetricNoise, ...]
    """The primary one first; none that couldn't be computed."""

    @property
    def null_nfr(self) -> Estimate | None:
        """The negative flip rate that no change at all has here: half of the flips.

        Recorded and repeated are exchangeable, so a flip is as often a loss as a win. It is
        mean_i p_i (1 - p_i) over the documents' chances p_i to match.
        """
        if self.flips is None:
            return None
        low, high = self.flips.low, self.flips.high
        return replace(
            self.flips,
            value=self.flips.value / 2,
            low=None if low is None else low / 2,
            high=None if high is None else high / 2,
            method=f"{self.flips.method}, halved",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """One cell's noise on one machine, and how it was measured."""

    cell: str
    """The cell's key."""
    machine: str
    """Hash of ``hardware``."""
    hardware: Mapping[str, JSON]
    recorded_here: bool | None
    """Whether the runs that recorded the answers ran on a machine like this; None: no run tells."""
    dtype: str | None
    batch_recorded: tuple[int, ...]
    """The batch sizes that the records were asked with, as far as runs tell."""
    batch_repeated: int
    seed: int
    """Of the order of the documents."""
    failed: int
    """Documents that got no answer when they were asked again; they are in no figure."""
    compared: frozenset[str]
    """What was compared: a hash for each document, as it was asked and as it was answered."""
    run: str
    """Id of the run that it belongs to."""
    time: str
    """When it was finished, UTC, ISO 8601."""
    noise: Noise
