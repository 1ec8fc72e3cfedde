"""Paired right-or-wrong outcomes: McNemar's test and Tango's score interval.

``gained``: documents that only the candidate has right; ``lost``: only the reference; n: all.
Counts may be fractional, as effective counts of clustered documents are, except in :func:`mcnemar`.
"""

from dataclasses import dataclass
from math import sqrt

from scipy.optimize import brentq
from scipy.stats import binom

from harness.stats.linear import two_sided


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """The statistic and four two-sided p values of one 2 x 2 table."""

    z: float
    asymptotic: float
    corrected: float
    """Asymptotic with Edwards' continuity correction."""
    exact: float
    mid_p: float
    """The default: exact is needlessly conservative (Fagerland et al. 2013)."""


def mcnemar(gained: int, lost: int) -> McNemar:
    """Test that gains and losses are equally likely; no flips at all give p = 1."""
    flips = gained + lost
    if flips == 0:
        return McNemar(z=0.0, asymptotic=1.0, corrected=1.0, exact=1.0, mid_p=1.0)
    z = (gained - lost) / sqrt(flips)
    corrected = max(0, abs(gained - lost) - 1) / sqrt(flips)
    fewer = min(gained, lost)
    exact = min(1.0, 2 * float(binom.cdf(fewer, flips, 0.5)))
    return McNemar(
        z=z,
        asymptotic=two_sided(z, float("inf")),
        corrected=two_sided(corrected, float("inf")),
        exact=exact,
        mid_p=exact - float(binom.pmf(fewer, flips, 0.5)),
    )


def tango_z(gained: float, lost: float, n: float, difference: float) -> float:
    """Return Tango's score statistic of H0: P(gained) - P(lost) = ``difference`` (in -1..1).

    Tango 1998, Statistics in Medicine 17:891; ``difference`` 0 is McNemar's z. An outcome that H0
    rules out gives an infinite z.
    """
    excess = gained - lost - n * difference
    spread = _spread(gained, lost, n, difference)
    if spread > 0:
        return excess / spread
    return 0.0 if excess == 0 else float("inf") * (1 if excess > 0 else -1)


def tango_interval(gained: float, lost: float, n: float, quantile: float) -> tuple[float, float]:
    """Return the differences that the score test doesn't reject at ``quantile`` (1.96: 95 %)."""
    return _lower(gained, lost, n, quantile), -_lower(lost, gained, n, quantile)


def _lower(gained: float, lost: float, n: float, quantile: float) -> float:
    def gap(difference: float) -> float:
        excess = gained - lost - n * difference
        return excess - quantile * _spread(gained, lost, n, difference)

    if gap(-1.0) <= 0:
        return -1.0
    # without spread at the observed difference the gap is zero there too, and that isn't the bound
    return float(brentq(gap, -1.0, (gained - lost) / n - 1e-9, xtol=1e-13))


def _spread(gained: float, lost: float, n: float, difference: float) -> float:
    """Standard deviation of gained - lost under H0, with P(lost) at its restricted maximum."""
    b = -gained - lost + (2 * n - gained + lost) * difference
    c = -lost * difference * (1 - difference)
    p_lost = (sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
    return sqrt(max(n * (2 * p_lost + difference * (1 - difference)), 0.0))
