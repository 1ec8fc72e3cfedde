"""The sequential decision about a margin: stop as soon as one side is certain, else a final look.

Two targets (what "the mean" is the mean of):

distribution  all documents that could have been drawn. An e-process (:mod:`harness.stats.betting`)
              at 4/5 of alpha may stop at any time; what is left of alpha pays for one look at all N
              units, by Tango's score or, for other than right-or-wrong outcomes, Student's t.
benchmark     these N documents. The bets know how much of the sum is still to come (sampling
              without replacement, Waudby-Smith & Ramdas 2024, section 5), and at N the sign
              decides. It needs a random order, and says nothing about other documents.

Either way P(PASS) is at most alpha where the mean difference is -margin or less, and P(REGRESSED)
at most alpha where it is -margin or more; as one of K tests, at most alpha / K (Bonferroni on
e-values, Wang & Ramdas 2022).

A unit without an answer never helps a decision: it counts with the least that its difference may be
against PASS, and with the most against REGRESSED (worst-case bounds, Manski 2003, Partial
Identification of Probability Distributions, chapter 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
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
    tests: int = 1
    """K: how many tests one of whose REGRESSED is an error; PASS isn't corrected for them."""

    @property
    def threshold(self) -> float:
        """The e-value that certifies a PASS; REGRESSED takes ``tests`` times as much."""
        share = EARLY_SHARE if self.target == "distribution" else 1.0
        return 1 / (share * self.alpha)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What is known of units, in the order that was fixed."""

    least: FloatArray
    """The differences (n,); of a unit without an answer the least that it may be."""
    most: FloatArray
    """Likewise, the most that it may be."""
    sizes: FloatArray | None = None
    """Of clusters (see :func:`harness.stats.betting.cluster_bets`): how many documents they have,
    as a share of the largest one's; None for documents."""

    @classmethod
    def all(cls, differences: Sequence[float] | FloatArray) -> "Seen":
        """Return what is known where every unit has an answer."""
        values = np.asarray(differences, dtype=np.float64)
        return cls(least=values, most=values)

    def first(self, n: int) -> "Seen":
        """Return the first n units."""
        sizes = None if self.sizes is None else self.sizes[:n]
        return Seen(least=self.least[:n], most=self.most[:n], sizes=sizes)

    def __len__(self) -> int:
        return len(self.least)


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
    """For the mean difference, valid whenever one looks; None before the first unit, and for a
    benchmark of which nothing is left."""


def look(seen: Seen | Sequence[float] | FloatArray, design: Design) -> Look:
    """Judge the first n units (or their differences (n,)), in the order that was fixed.

    The first certification counts: what came after it changes nothing. ValueError for more than N
    differences, or one outside [-1, 1].
    """
    units = seen if isinstance(seen, Seen) else Seen.all(seen)
    if len(units) > design.units:
        raise ValueError(f"{len(units)} differences for {design.units} units")
    if len(units) and max(np.abs(units.least).max(), np.abs(units.most).max()) > 1:
        raise ValueError("differences must lie in [-1, 1]")
    stakes = Stakes.of(design.margin, design.flips)
    if design.target == "benchmark":
        return _benchmark(units, design, stakes)
    capital = np.stack(
        [
            running_capital(units.least, design.margin, stakes)[0],
            running_capital(units.most, design.margin, stakes)[1],
        ]
    )
    stopped = _first(capital, design)
    n = len(units) if stopped is None else stopped[0]
    ends = _final(units, design) if stopped is None and n == design.units else None
    decision = stopped[1] if stopped else _decided(ends, design)
    return Look(
        decision=decision,
        n=n,
        passing=float(capital[0, n - 1]) if n else 0.0,
        failing=float(capital[1, n - 1]) if n else 0.0,
        final=None if ends is None else ends[decision == "REGRESSED"],
        interval=_interval(units.first(n), stakes, design) if n else None,
    )


def _first(capital: FloatArray, design: Design) -> tuple[int, Decision] | None:
    """Return after how many units one side was certain first, and which."""
    passed = capital[0] >= log(design.threshold)
    certain = passed | (capital[1] >= log(design.tests * design.threshold))
    if not certain.any():
        return None
    at = int(certain.argmax())
    return at + 1, "PASS" if passed[at] else "REGRESSED"


def _interval(seen: Seen, stakes: Stakes, design: Design) -> tuple[float, float]:
    lowest = _anytime(seen.least, seen.sizes, stakes, design)
    if np.array_equal(seen.least, seen.most):
        return lowest
    return lowest[0], _anytime(seen.most, seen.sizes, stakes, design)[1]


def _anytime(
    side: FloatArray, sizes: FloatArray | None, stakes: Stakes, design: Design
) -> tuple[float, float]:
    if sizes is None:
        values, counts = np.unique(side, return_counts=True)
        return anytime_interval(values, counts.astype(np.float64), stakes, design.threshold)
    sums = side + design.margin * (1 - sizes)
    return anytime_interval(sums, np.ones(len(sums)), stakes, design.threshold, sizes)


def _final(seen: Seen, design: Design) -> tuple[float, float]:
    """Return the statistics of PASS and REGRESSED, which differ where answers are missing."""
    return _statistic(seen.least, design), _statistic(seen.most, design)


def _statistic(seen: FloatArray, design: Design) -> float:
    """Return Tango's z, or Student's t as the normal quantile of its p.

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


def _decided(ends: tuple[float, float] | None, design: Design) -> Decision | None:
    if ends is None:
        return None
    left = (1 - EARLY_SHARE) * design.alpha
    if ends[0] > float(norm.isf(left)):
        return "PASS"
    return "REGRESSED" if ends[1] < -float(norm.isf(left / design.tests)) else "INCONCLUSIVE"


def _benchmark(seen: Seen, design: Design, stakes: Stakes) -> Look:
    """Bet against the mean that the remaining documents would need (without replacement)."""
    n, bound = len(seen), -design.units * design.margin
    left = np.arange(design.units, design.units - n - 1, -1, dtype=np.float64)
    least, most = (np.concatenate([[0.0], np.cumsum(s)]) for s in (seen.least, seen.most))
    logs = np.stack(
        [
            _without_replacement(seen.least, -design.margin, design.units, stakes, 1),
            _without_replacement(seen.most, -design.margin, design.units, stakes, -1),
        ]
    )
    ends = [_first(logs, design)]
    # the sum is beyond what the remaining documents could undo
    ends += [_since(least - left > bound, "PASS"), _since(most + left < bound, "REGRESSED")]
    first = min((end for end in ends if end is not None), default=None)
    at = n if first is None else first[0]
    return Look(
        decision=first[1] if first else ("INCONCLUSIVE" if n == design.units else None),
        n=at,
        passing=float(logs[0, at - 1]) if at else 0.0,
        failing=float(logs[1, at - 1]) if at else 0.0,
        interval=_remaining(seen.first(at), design, stakes) if 0 < at < design.units else None,
    )


def _remaining(seen: Seen, design: Design, stakes: Stakes) -> tuple[float, float]:
    """Return the benchmark's mean differences that the bets, and what is left, can't rule out."""
    units, left = design.units, design.units - len(seen)

    def against(mean: float, values: FloatArray, side: int) -> float:
        return float(_without_replacement(values, mean, units, stakes, side)[-1]) - bound

    def within(near: float, far: float, values: FloatArray, side: int) -> float:
        if against(near, values, side) <= 0:
            return near
        if against(far, values, side) > 0:
            return far
        return float(brentq(against, near, far, (values, side), xtol=1e-9))

    bound = log(design.threshold)
    low, high = (float(seen.least.sum()) - left) / units, (float(seen.most.sum()) + left) / units
    return within(low, high, seen.least, 1), within(high, low, seen.most, -1)


def _since(true: NDArray[np.bool_], decision: Decision) -> tuple[int, Decision] | None:
    return (int(true.argmax()), decision) if true.any() else None


def _without_replacement(
    seen: FloatArray, mean: float, units: int, stakes: Stakes, side: int
) -> FloatArray:
    """Return the log e-values (n,) against "the mean is ``mean``, or further on the other side".

    A sum beyond reach counts as no further bet.
    """
    left = units - np.arange(len(seen))
    before = np.concatenate([[0.0], np.cumsum(seen)])[: len(seen)]
    needed = np.clip((units * mean - before) / left, -1.0, 1.0)
    grown = stakes.values[:, None] * (units / left)
    with np.errstate(divide="ignore"):
        stake = np.minimum(grown, _MOST / (1 + side * needed))
    stake = np.where(np.isfinite(stake), stake, 0.0)
    factor = 1 + side * stake * (seen - needed)
    growth = np.cumsum(np.log(np.maximum(factor, np.finfo(float).tiny)), axis=1)
    total: FloatArray = logsumexp(growth, axis=0, b=stakes.weights[:, None])
    return total


__all__ = ["EARLY_SHARE", "Decision", "Design", "Look", "Seen", "Target", "look"]
