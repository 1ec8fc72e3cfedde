"""Numbers with as many decimals as their interval allows.

Its half-width keeps two digits, or three where the first is a 1 and the unit is usually written so
finely: 49 [39, 59] beside 52.1 [42.6, 61.4] would look like two precisions.
"""

from math import exp, floor, log, log10

from harness.records import Estimate
from harness.results import Difference, Entry

MISSING = "—"
_SCALE = {"%": 100.0}
_DECIMALS = {"%": 1, "points": 1, "bits/byte": 3, "ppl": 2, "nats": 3}
_MOST_DECIMALS = 4


def number(value: float, unit: str) -> str:
    """Return a number on its own (a chance level, a threshold) in the unit's usual precision."""
    return _fixed(value * unit_scale(unit), _DECIMALS.get(unit, 3))


def unit_scale(unit: str) -> float:
    """Return what a value is multiplied by where its unit is written: 100 for shares."""
    return _SCALE.get(unit, 1.0)


def unit_text(unit: str, *, difference: bool = False) -> str:
    """Return how a unit is written after a number; differences of proportions are points."""
    return {"%": "pt" if difference else "%", "points": "pt" if difference else ""}.get(unit, unit)


def estimate_text(estimate: Estimate | None, unit: str, *, with_unit: bool = True) -> str:
    """Return ``62.7 [55.1, 69.7] %``; a value that has no interval says so; None is a dash."""
    if estimate is None:
        return MISSING
    text = interval_text(estimate.value, estimate.low, estimate.high, unit)
    return f"{text} {unit_text(unit)}".rstrip() if with_unit else text


def difference_text(difference: Difference | None, unit: str, *, with_unit: bool = True) -> str:
    """Return ``+58.0 [49.1, 66.0] pt``; None is a dash."""
    return signed_text(None if difference is None else difference.estimate, unit, with_unit)


def signed_text(estimate: Estimate | None, unit: str, with_unit: bool = True) -> str:
    """Return the estimate of a difference as ``+58.0 [49.1, 66.0] pt``; None is a dash."""
    if estimate is None:
        return MISSING
    text = interval_text(estimate.value, estimate.low, estimate.high, unit, sign="+")
    return f"{text} {unit_text(unit, difference=True)}".rstrip() if with_unit else text


def interval_text(
    value: float, low: float | None, high: float | None, unit: str, *, sign: str = ""
) -> str:
    """Return ``62.7 [55.1, 69.7]``, with a ``sign`` of + as ``+62.7 [55.1, 69.7]``."""
    scale, usual = unit_scale(unit), _DECIMALS.get(unit, 3)
    if low is None or high is None:
        return f"{_fixed(value * scale, usual, sign)} (no interval)"
    low, high = low * scale, high * scale
    places = _places(low, high, usual)
    return f"{_fixed(value * scale, places, sign)} [{_fixed(low, places)}, {_fixed(high, places)}]"


def margin_text(margin: float, unit: str) -> str:
    """Return a margin as it is written in a policy: ``2 pt``, ``0.02 bits/byte``."""
    shown = f"{margin * unit_scale(unit):.3g}".replace("-", "\u2212")
    return f"{shown} {unit_text(unit, difference=True)}".rstrip()


def noise_text(delta: float, unit: str) -> str:
    """Return a difference that should be 0 in two digits, however small: ``-1.2e-07 bits/byte``."""
    text = f"{delta * unit_scale(unit):+.2g}".replace("-", "\u2212") if delta else "0"
    return f"{text} {unit_text(unit, difference=True)}".rstrip()


def p_text(p: float | None) -> str:
    """Return ``p = .039``, ``p < .001``; None is a dash."""
    if p is None:
        return MISSING
    if p < 0.001:
        return "p < .001"
    return "p = 1" if p > 0.9995 else f"p = {p:.3f}".replace("0.", ".")


def e_text(logarithm: float) -> str:
    """Return an e-value from its natural logarithm: ``31.2``, ``< .01``, ``2.5e+08``."""
    if logarithm < log(0.01):
        return "< .01"
    return f"{exp(min(logarithm, 700.0)):.3g}"


def coverage_text(entry: Entry) -> str:
    """Return what keeps an entry from being whole: ``96 % covered, 3 errors, 12 no answer``."""
    parts = []
    if entry.coverage is not None and entry.coverage < 1:
        parts.append(f"{floor(100 * entry.coverage)} % covered")
    flagged = {s: n for s, n in entry.statuses.items() if s not in ("ok", "error") and n}
    if entry.errors:
        parts.append(f"{entry.errors} error{'s' if entry.errors > 1 else ''}")
    parts += [f"{n} {status.replace('_', ' ')}" for status, n in sorted(flagged.items())]
    return ", ".join(parts)


def _places(low: float, high: float, usual: int) -> int:
    half = (high - low) / 2
    magnitude = floor(log10(half)) if half > 0 else -_MOST_DECIMALS
    places = 1 - magnitude
    if half < 2 * 10**magnitude and places < usual:
        places += 1
    places = min(max(places, 0), _MOST_DECIMALS)
    # a bound that only rounds to zero must not look as if it were zero
    while places < _MOST_DECIMALS and any(b and round(b, places) == 0 for b in (low, high)):
        places += 1
    return places


def _fixed(value: float, places: int, sign: str = "") -> str:
    if abs(value) >= 1e7:
        return f"{value:{sign}.2e}"
    text = f"{value + 0.0:{sign}z.{places}f}"
    return text.replace("-", "\u2212")
