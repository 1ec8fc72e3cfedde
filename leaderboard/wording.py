"""What the entries of a board say, as text: the estimate, and what changed."""

from typing import Any, TypeAlias

from harness.render.numbers import interval_text
from harness.render.stages import MARKS

Entry: TypeAlias = Any
"""A named tuple of a board's entry columns; numbers that are missing are NaN."""


def value_text(entry: Entry) -> str:
    """Return ``62.7 [55.1, 69.7]``, or why there is none."""
    if entry.value != entry.value:
        return str(entry.missing)
    return bounded(entry.value, entry.low, entry.high, entry.unit)


def change_text(entry: Entry) -> str:
    """Return ``▼ −5.1 [−8.0, −2.2]`` and, where it isn't COMPARABLE, the word that says so."""
    if not entry.wording:
        return ""
    care = "" if entry.comparability in ("COMPARABLE", "") else entry.comparability
    parts = [MARKS[entry.wording]]
    if entry.delta == entry.delta:
        parts.append(bounded(entry.delta, entry.delta_low, entry.delta_high, entry.unit, "+"))
    return " ".join(filter(None, [*parts, care]))


def change_and_reasons(entry: Entry) -> str:
    """Return the change with why it isn't COMPARABLE, or why there is none."""
    reasons = entry.reasons.replace("_", " ")
    return f"{change_text(entry)}{f' ({reasons})' if reasons else ''}"


def bounded(value: float, low: float, high: float, unit: str, sign: str = "") -> str:
    """Return a number with its interval; NaN bounds: it has none."""
    ends = (low, high) if low == low and high == high else (None, None)
    return interval_text(value, *ends, unit, sign=sign)
