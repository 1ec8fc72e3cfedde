"""How sure a checkpoint was of its answers, beside how many of them were right."""

from dataclasses import dataclass

from harness.records import Estimate

__all__ = ["Certainty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """The answers of one checkpoint whose confidence lies between ``low`` and ``high``."""

    checkpoint: str
    low: float
    """Excluded, but for 0."""
    high: float
    confidence: float
    """Mean, 0 to 1."""
    accuracy: Estimate
    """Its ``n`` counts the answers; Wilson by answer."""
