"""One spelling for a text in which identifiers are looked for, and the way back to its places.

Full-width letters and digits, digits of other scripts, unusual blanks and dashes become ASCII;
what can't be seen (zero-width and control characters, combining marks) is left out.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u3164"
_DASHES = "\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\u2043\u02d7"
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_FOREIGN_DIGIT = re.compile(r"\d(?<![0-9])")


def _spelled(characters: str) -> str:
    """Return the characters of a class like ``a-cx``."""
    ranges = re.findall("(.)-(.)", characters, re.DOTALL)
    between = (chr(n) for first, last in ranges for n in range(ord(first), ord(last) + 1))
    return characters.replace("-", "") + "".join(between)


_ASCII: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **{ord(blank): " " for blank in _spelled(_BLANKS)},
    **{ord(dash): "-" for dash in _spelled(_DASHES)},
    **{ord(quote): "'" for quote in "\u2018\u2019\u02bc\u0060\u00b4"},
    **{ord(quote): '"' for quote in "\u201c\u201d"},
}


@dataclass(frozen=True, slots=True)
class Canonical:
    """A text in one spelling."""

    text: str
    places: Sequence[int] | None
    """Of each character its place in the original; None if it is the same."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part that isn't empty stands in the original."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def canonical(text: str) -> Canonical:
    """Return a text in one spelling."""
    if not text.isascii():
        text = _FOREIGN_DIGIT.sub(_ascii_digit, text.translate(_ASCII))
    if not _UNSEEN.search(text):
        return Canonical(text, None)
    places = [place for place, letter in enumerate(text) if not _UNSEEN.match(letter)]
    return Canonical("".join(text[place] for place in places), places)


@lru_cache(maxsize=2)  # the detectors ask one after the other
def lowered(text: str) -> str:
    """Return a text in lower case, underscores as blanks, each character in its place."""
    lower = text.lower().replace("_", " ")
    if len(lower) == len(text):
        return lower
    return "".join(one if len(one) == 1 else letter for letter in text for one in [letter.lower()])


def has_any(text: str, words: Iterable[str]) -> bool:
    """Say whether a text holds one of several words: the cheap look before a costly one."""
    return any(word in text for word in words)


def _ascii_digit(found: re.Match[str]) -> str:
    return str(unicodedata.decimal(found[0]))
