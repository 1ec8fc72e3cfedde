"""Tests by betting that may stop at any time: is the mean difference below -delta, or above it?

A bet against a hypothesis multiplies a capital that can't grow on average while the hypothesis
holds, so it passes 1/alpha with probability at most alpha, however often one looks (Ville's
inequality; Waudby-Smith & Ramdas, JRSS-B 2024, arXiv 2010.09686, sections 4 and 5). The stakes are
a fixed mixture, so the capital depends on the multiset of differences and not on their order.

Differences are candidate minus reference, in [-1, 1]. Clustered documents enter as one difference
per cluster, see :func:`cluster_bets`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp, ndtr

from harness.metrics.metric import FloatArray
from harness.stats.clusters import IntArray, unit_sums

STAKES = 16
FLIPS = 0.15
"""The expected share of documents whose outcome differs; the test holds for any other."""


@dataclass(frozen=True, slots=True, eq=False)
class Stakes:
    """A mixture of stakes: half-normal weights of scale ``margin / flips``, a tenth of it even."""

    values: FloatArray
    """Ascending, in (0, 0.95), shape (16,)."""
    weights: FloatArray
    """They sum to at most 1."""

    @classmethod
    def of(cls, margin: float, flips: float = FLIPS) -> "Stakes":
        """Return the stakes for a margin in (0, 1) and the flips that are expected."""
        scale = margin / flips
        edges = np.geomspace(min(scale / 20, 0.9), 0.95, STAKES + 1)
        below = 2 * ndtr(edges / scale) - 1
        below[0], below[-1] = 0.0, 1.0
        return cls(np.sqrt(edges[:-1] * edges[1:]), 0.9 * np.diff(below) + 0.1 / STAKES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Documents by their difference: +1, 0 and -1."""

    gained: int
    tied: int
    lost: int

    @property
    def n(self) -> int:
        """All of them."""
        return self.gained + self.tied + self.lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Capital:
    """The logarithms of two e-values; each is evidence against its hypothesis."""

    passing: float
    """Against a mean difference of -margin or less."""
    failing: float
    """Against a mean difference of -margin or more."""


def capital_of_counts(counts: Counts, margin: float, stakes: Stakes | None = None) -> Capital:
    """Return the capital after right-or-wrong outcomes; only their counts matter."""
    values = np.array([1.0, 0.0, -1.0])
    weights = np.array([counts.gained, counts.tied, counts.lost], dtype=np.float64)
    return _capital(values, weights, margin, stakes or Stakes.of(margin))


def capital_of(differences: FloatArray, margin: float, stakes: Stakes | None = None) -> Capital:
    """Return the capital after differences (n,), each in [-1, 1]; ValueError for any other."""
    if len(differences) and np.abs(differences).max() > 1:
        raise ValueError("differences must lie in [-1, 1]")
    values, counts = np.unique(differences, return_counts=True)
    return _capital(values, counts.astype(np.float64), margin, stakes or Stakes.of(margin))


def cluster_bets(
    differences: FloatArray, codes: IntArray, margin: float, largest: int
) -> FloatArray:
    """Return one difference per cluster, (G,), whose mean is below -margin if the documents' is.

    ``codes`` (n,) are the clusters as 0..G-1, ``largest`` is the number of documents of the largest
    cluster of the whole benchmark. A cluster's is sum(d + margin) / largest - margin.
    """
    moved = unit_sums((differences + margin)[:, None], codes)[:, 0] / largest
    bets: FloatArray = np.clip(moved - margin, -1.0, 1.0)  # beyond by rounding only
    return bets


def running_capital(differences: FloatArray, margin: float, stakes: Stakes) -> FloatArray:
    """Return the log e-values after each of the differences (n,): passing and failing, (2, n)."""
    moved = differences + margin
    lam = stakes.values[:, None]
    passing = np.cumsum(np.log1p(lam * (moved / (1 - margin))), axis=1)
    failing = np.cumsum(np.log1p(-lam * (moved / (1 + margin))), axis=1)
    mixed = [logsumexp(side, axis=0, b=stakes.weights[:, None]) for side in (passing, failing)]
    return np.stack(mixed)


def anytime_interval(
    values: FloatArray,
    weights: FloatArray,
    stakes: Stakes,
    threshold: float,
    sizes: FloatArray | None = None,
) -> tuple[float, float]:
    """Return the mean differences that the bets can't rule out, at any time of looking.

    ``values`` in [-1, 1] were seen ``weights`` times. A mean mu is ruled out when the e-value
    against "mu or less" ("mu or more") reaches ``threshold``; with 1/alpha each of the two bounds
    misses the truth with probability at most alpha. For clusters the values are their sums of
    differences and ``sizes`` their documents, both as shares of the largest cluster's documents.
    """
    whole = np.ones(len(values)) if sizes is None else sizes

    def against(mean: float, side: int) -> float:
        bets = values + mean * (1 - whole)
        return _log_capital(bets, weights, -mean, stakes, side) - float(np.log(threshold))

    observed = float(values @ weights / (whole @ weights))
    edge = 1 - 1e-9
    inside = min(max(observed, -edge), edge)
    low = brentq(against, -edge, inside, (1,), xtol=1e-9) if against(-edge, 1) > 0 else -1.0
    high = brentq(against, inside, edge, (-1,), xtol=1e-9) if against(edge, -1) > 0 else 1.0
    return float(low), float(high)


def _capital(values: FloatArray, weights: FloatArray, margin: float, stakes: Stakes) -> Capital:
    return Capital(
        passing=_log_capital(values, weights, margin, stakes, 1),
        failing=_log_capital(values, weights, margin, stakes, -1),
    )


def _log_capital(
    values: FloatArray, weights: FloatArray, margin: float, stakes: Stakes, side: int
) -> float:
    """Return ln sum_k w_k prod_i (1 + side * lambda_k (d_i + margin) / (1 - side * margin))."""
    moved = side * (values + margin) / (1 - side * margin)
    growth = np.log1p(stakes.values[:, None] * moved) @ weights
    return float(logsumexp(growth, b=stakes.weights))
