"""The sequential decision about a margin: stop as soon as one side is certain, else a final look.

Two targets (what "the mean" is the mean of):

distribution  all documents that could have been drawn. An e-process (:mod:`harness.stats.betting`)
              at 4/5 of alpha may stop at any time; what is left of alpha pays for one look at all N
              units, by Tango's score or, for other than right-or-wrong outcomes, Student's t.
benchmark     these N documents. The bets know how much of the sum is still to come (sampling
              without replacement, Waudby-Smith & Ramdas 2024, section 5), and at N the sign
              decides. It needs a random order, and says nothing about other documents.

Either way P(PASS) is at most alpha where the mean difference is -margin or less, and P(REGRESSED)
at most alpha where it is -margin or more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import norm
from scipy.stats import t as student

from harness.metrics.metric import FloatArray
from harness.stats.betting import FLIPS, Stakes, anytime_interval, running_capital
from harness.stats.binary import tango_z
from harness.stats.linear import NEGLIGIBLE

Target = Literal["distribution", "benchmark"]
Decision = Literal["PASS", "REGRESSED", "INCONCLUSIVE"]

EARLY_SHARE = 0.8
"""Of alpha, for stopping before the last unit."""
_MOST = 0.98  # of the stake at which one document could take all


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A sequential test, fixed before the first document is asked."""

    margin: float
    """How much lower the candidate's mean may be, in (0, 1)."""
    units: int
    """N: documents, or clusters of them."""
    alpha: float = 0.05
    target: Target = "distribution"
    flips: float = FLIPS
    """The expected variance of one unit's difference; only the speed depends on it."""
    binary: bool = True
    """Whether units are single right-or-wrong outcomes; it chooses the final look's test."""

    @property
    def threshold(self) -> float:
        """The e-value that certifies."""
        share = EARLY_SHARE if self.target == "distribution" else 1.0
        return 1 / (share * self.alpha)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is known after some units."""

    decision: Decision | None
    """None: go on."""
    n: int
    """Units when the decision fell, else all that were seen."""
    passing: float
    """ln of the e-value against "mean <= -margin"."""
    failing: float
    """ln of the e-value against "mean >= -margin"."""
    final: float | None = None
    """The statistic of the look at all units: z or t; None before, and for the benchmark."""
    interval: tuple[float, float] | None = None
    """For the mean difference, valid whenever one looks; None for the benchmark."""


def look(differences: Sequence[float] | FloatArray, design: Design) -> Look:
    """Judge the differences (n,) of the first n units, in the order that was fixed.

    The first certification counts: what came after it changes nothing. ValueError for more than N
    differences, or one outside [-1, 1].
    """
    seen = np.asarray(differences, dtype=np.float64)
    if len(seen) > design.units:
        raise ValueError(f"{len(seen)} differences for {design.units} units")
    if len(seen) and np.abs(seen).max() > 1:
        raise ValueError("differences must lie in [-1, 1]")
    stakes = Stakes.of(design.margin, design.flips)
    if design.target == "benchmark":
        return _benchmark(seen, design, stakes)
    capital = running_capital(seen, design.margin, stakes)
    stopped = _first(capital, design.threshold)
    n = len(seen) if stopped is None else stopped[0]
    final = _final(seen, design) if stopped is None and n == design.units else None
    return Look(
        decision=stopped[1] if stopped else _decided(final, design),
        n=n,
        passing=float(capital[0, n - 1]) if n else 0.0,
        failing=float(capital[1, n - 1]) if n else 0.0,
        final=final,
        interval=_interval(seen[:n], stakes, design) if n else None,
    )


def _first(capital: FloatArray, threshold: float) -> tuple[int, Decision] | None:
    """Return after how many units one side was certain first, and which."""
    certain = capital >= log(threshold)
    reached = certain.any(axis=0)
    if not reached.any():
        return None
    at = int(reached.argmax())
    return at + 1, "PASS" if certain[0, at] else "REGRESSED"


def _interval(seen: FloatArray, stakes: Stakes, design: Design) -> tuple[float, float]:
    values, counts = np.unique(seen, return_counts=True)
    return anytime_interval(values, counts.astype(np.float64), stakes, design.threshold)


def _final(seen: FloatArray, design: Design) -> float:
    """Return Tango's z, or Student's t as the normal quantile of its p; inf without variance.

    A continuous metric without variance decides nothing: its statistic is 0.
    """
    n = len(seen)
    if design.binary:
        gained, lost = int((seen > 0).sum()), int((seen < 0).sum())
        return tango_z(gained, lost, n, -design.margin)
    if n < 2 or np.ptp(seen) <= NEGLIGIBLE:
        return 0.0
    statistic = (float(seen.mean()) + design.margin) / (float(seen.std(ddof=1)) / n**0.5)
    return float(-norm.ppf(student.sf(statistic, n - 1)))


def _decided(final: float | None, design: Design) -> Decision | None:
    if final is None:
        return None
    bound = float(norm.isf((1 - EARLY_SHARE) * design.alpha))
    if final > bound:
        return "PASS"
    return "REGRESSED" if final < -bound else "INCONCLUSIVE"


def _benchmark(seen: FloatArray, design: Design, stakes: Stakes) -> Look:
    """Bet against the mean that the remaining documents would need (without replacement)."""
    n, bound = len(seen), -design.units * design.margin
    before = np.concatenate([[0.0], np.cumsum(seen)])
    left = np.arange(design.units, design.units - n - 1, -1, dtype=np.float64)
    needed = (bound - before[:n]) / left[:n]
    capital = np.stack([_without_replacement(seen, needed, design, stakes, s) for s in (1, -1)])
    ends = [_first(capital, design.threshold)]
    # the sum is beyond what the remaining documents could undo
    ends += [_since(before - left > bound, "PASS"), _since(before + left < bound, "REGRESSED")]
    first = min((end for end in ends if end is not None), default=None)
    at = n if first is None else first[0]
    return Look(
        decision=first[1] if first else ("INCONCLUSIVE" if n == design.units else None),
        n=at,
        passing=float(capital[0, at - 1]) if at else 0.0,
        failing=float(capital[1, at - 1]) if at else 0.0,
    )


def _since(true: NDArray[np.bool_], decision: Decision) -> tuple[int, Decision] | None:
    return (int(true.argmax()), decision) if true.any() else None


def _without_replacement(
    seen: FloatArray, needed: FloatArray, design: Design, stakes: Stakes, side: int
) -> FloatArray:
    """Return the log e-values (n,) of one side; a sum beyond reach counts as no further bet."""
    units = design.units
    mean = np.clip(needed, -1.0, 1.0)
    grown = stakes.values[:, None] * (units / (units - np.arange(len(seen))))
    with np.errstate(divide="ignore"):
        stake = np.minimum(grown, _MOST / (1 + side * mean))
    stake = np.where(np.isfinite(stake), stake, 0.0)
    factor = 1 + side * stake * (seen - mean)
    growth = np.cumsum(np.log(np.maximum(factor, np.finfo(float).tiny)), axis=1)
    total: FloatArray = logsumexp(growth, axis=0, b=stakes.weights[:, None])
    return total


__all__ = ["EARLY_SHARE", "Decision", "Design", "Look", "Target", "look"]
