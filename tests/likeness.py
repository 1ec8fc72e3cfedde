"""Whether a report is another one but for what a processor may change in the last digits.

Log-likelihoods are float32 and summed in another order on another processor: in another batch size
on one machine no number of the demo moved by 2e-6, but where two answers are nearly tied one may
flip. A document of 60 is 1.7 points, so numbers count as equal to two points or two hundredths of
their size, a p-value to a tenth, counts to two documents.
"""

import re
from typing import Any

import pytest

_NUMBER = re.compile(r"[+−-]?\d[\d.,]*")
_ELSEWHERE = ("dates", "machines", "versions")
"""What another machine and another day have anew."""
_PICKED = ("examples",)
"""Single documents: a flip picks others."""


def differences(made: Any, kept: Any, place: str = "") -> list[str]:
    """Return where one JSON isn't like another."""
    if isinstance(made, dict) and isinstance(kept, dict):
        return _of_objects(made, kept, place)
    if isinstance(made, list) and isinstance(kept, list):
        if len(made) != len(kept):
            return [f"{place}: {len(made)} instead of {len(kept)} entries"]
        pairs = enumerate(zip(made, kept, strict=True))
        return [line for i, pair in pairs for line in differences(*pair, f"{place}/{i}")]
    if _is_number(made) and _is_number(kept):
        near = pytest.approx(kept, abs=_tolerance(place, kept), rel=0)
        return [] if made == near else [f"{place}: {made} instead of {kept}"]
    if isinstance(made, str) and isinstance(kept, str):
        made, kept = (_NUMBER.sub("#", text) for text in (made, kept))
    return [] if made == kept else [f"{place}: {made!r} instead of {kept!r}"]


def outline(markdown: str) -> list[str]:
    """Return a page's headings and the heads of its tables, numbers apart."""
    lines = markdown.splitlines()
    heads = [line for line, below in zip(lines, [*lines[1:], ""], strict=True) if "|---" in below]
    titles = [line for line in lines if re.match(r"#{1,3} ", line)]
    return [_NUMBER.sub("#", line) for line in (*titles, *heads)]


def _of_objects(made: dict[str, Any], kept: dict[str, Any], place: str) -> list[str]:
    if made and kept and all(type(value) is int for value in (*made.values(), *kept.values())):
        keys = {**made, **kept}  # counts: none is 0
        made, kept = ({key: each.get(key, 0) for key in keys} for each in (made, kept))
    if made.keys() != kept.keys():
        return [f"{place}: {sorted(made.keys() ^ kept.keys())} in one of them only"]
    return [
        line
        for key in made
        if key not in (*_ELSEWHERE, *_PICKED)
        for line in differences(made[key], kept[key], f"{place}/{key}")
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tolerance(place: str, kept: float) -> float:
    name = place.rpartition("/")[2]
    if name in ("p", "adjusted", "p_loss"):
        return 0.1
    if isinstance(kept, int):
        return 0 if name in ("n", "planned", "answered", "format_version") else 2
    return 0.02 * max(1.0, abs(kept))
