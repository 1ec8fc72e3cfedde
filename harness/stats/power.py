"""What a comparison can see: the smallest detectable difference, and how many documents it takes.

For a one-sided test at alpha with the power wanted, delta = (z_{1-alpha} + z_{power}) sd / sqrt(n),
where sd is the standard deviation of one unit's paired difference: sqrt(psi) for right-or-wrong
outcomes of which the share psi flips. Two-sided tests take alpha / 2. With K answers per document
sd^2 = omega^2 + (sigma_a^2 + sigma_b^2) / K (Miller 2024, arXiv 2411.00640, section 5).
"""

from math import ceil, inf, sqrt

from scipy.stats import norm

ALPHA = 0.05
POWER = 0.8


def detectable(spread: float, units: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the smallest difference that a one-sided test sees with ``power``.

    ``spread`` is the standard deviation of one unit's difference, ``units`` their (effective)
    number; none see nothing: inf.
    """
    return _quantiles(alpha, power) * spread / sqrt(units) if units > 0 else inf


def units_needed(
    spread: float, difference: float, alpha: float = ALPHA, power: float = POWER
) -> int:
    """Return how many units a one-sided test needs to see ``difference`` > 0 with ``power``."""
    if difference <= 0:
        raise ValueError("a difference of nothing can't be detected")
    return ceil((_quantiles(alpha, power) * spread / difference) ** 2 - 1e-9)


def answer_spread(between: float, within: tuple[float, float], answers: int = 1) -> float:
    """Return a document's spread when each side draws ``answers`` answers to it.

    ``between`` is omega^2, the variance of the difference of the documents' true scores, ``within``
    the variances sigma^2 of one answer on either side.
    """
    return sqrt(between + sum(within) / answers)


def _quantiles(alpha: float, power: float) -> float:
    return float(norm.isf(alpha) + norm.ppf(power))
