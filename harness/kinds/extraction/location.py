"""From the texts that an answer lists to spans of the document.

Letters are compared in lower case and NFKC, blanks don't count, so an answer may write
"ataxia-telangiectasia" for the tokenised "ataxia - telangiectasia". Of several occurrences a
listed text takes, in this order of importance, one that isn't a part of a word, doesn't overlap an
entity of the type that is already found, is spelt the same, stands behind the entity listed
before (answers follow the text), and is leftmost. So repeated mentions are found left to right. A
text listed more often than it occurs isn't found any more.

Punctuation at the ends counts only where it is copied to the letter. A line of several ("asthma,
eczema") that doesn't occur as a whole is read as its parts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from harness.metrics.tokenizers import CJK

_END = " \t.,;:!?。，；：、！？"
_SEPARATORS = re.compile(r"[,;，；、/]|\band\b|和")


def locate(
    text: str, mentions: Sequence[tuple[int, str]]
) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Return the spans (start, end, type) of mentions (type, text), and the types of the others.

    The second list has one entry for each listed text that the document doesn't hold (any more).
    """
    search = _Search(text)
    for kind, wanted in mentions:
        for part in search.parts(wanted):
            search.take(kind, part)
    return search.found, search.elsewhere


@dataclass(slots=True)
class _Search:
    text: str
    folded: str = ""
    origin: list[int] = field(default_factory=list)
    """Of each folded character, the index of its character in the text."""
    found: list[tuple[int, int, int]] = field(default_factory=list)
    elsewhere: list[int] = field(default_factory=list)
    free: dict[tuple[int, str], list[tuple[int, int]]] = field(default_factory=dict)
    """Of each type and folded text, the occurrences that no mention has taken."""
    covered: dict[int, set[int]] = field(default_factory=dict)
    """Of each type, the characters of the entities found."""
    cursor: int = 0

    def __post_init__(self) -> None:
        pairs = [(f, i) for i, char in enumerate(self.text) for f in _fold(char)]
        self.folded = "".join(f for f, _ in pairs)
        self.origin = [i for _, i in pairs]

    def parts(self, wanted: str) -> list[str]:
        """Return the texts that a listed text stands for."""
        trimmed = wanted.strip(_END)
        if wanted in self.text and trimmed:
            return [wanted]
        if self._occurs(trimmed):
            return [trimmed]
        several = [part.strip(_END) for part in _SEPARATORS.split(trimmed)]
        kept = [part for part in several if part]
        return kept if any(self._occurs(part) for part in kept) else [wanted]

    def take(self, kind: int, wanted: str) -> None:
        """Keep the best free occurrence of a text."""
        places = self._free(kind, wanted) if self._occurs(wanted) else []
        if not places:
            self.elsewhere.append(kind)
            return
        start, end = min(places, key=lambda place: self._rank(kind, wanted, place))
        places.remove((start, end))
        self.covered.setdefault(kind, set()).update(range(start, end))
        self.found.append((start, end, kind))
        self.cursor = end

    def _rank(
        self, kind: int, wanted: str, place: tuple[int, int]
    ) -> tuple[bool, bool, bool, bool, int]:
        start, end = place
        overlaps = not self.covered.get(kind, set()).isdisjoint(range(start, end))
        respelt = self.text[start:end] != wanted
        return self._is_part_of_word(start, end), overlaps, respelt, start < self.cursor, start

    def _occurs(self, wanted: str) -> bool:
        longest = 8 * len(self.text)  # no need to fold a degenerate answer
        folded = _fold(wanted) if len(wanted) <= longest else ""
        return bool(folded) and folded in self.folded

    def _free(self, kind: int, wanted: str) -> list[tuple[int, int]]:
        folded = _fold(wanted)
        if (kind, folded) not in self.free:
            self.free[kind, folded] = self._occurrences(folded)
        return self.free[kind, folded]

    def _occurrences(self, folded: str) -> list[tuple[int, int]]:
        places = []
        at = self.folded.find(folded)
        while at >= 0:
            places.append((self.origin[at], self.origin[at + len(folded) - 1] + 1))
            at = self.folded.find(folded, at + 1)
        return list(dict.fromkeys(places))

    def _is_part_of_word(self, start: int, end: int) -> bool:
        return any(
            0 < edge < len(self.text) and all(map(_is_letter, self.text[edge - 1 : edge + 1]))
            for edge in (start, end)
        )


def _fold(text: str) -> str:
    """Return a text letter by letter in NFKC and lower case, without blanks."""
    folded = "".join(normalize("NFKC", char).casefold() for char in text)
    return "".join(folded.split())


def _is_letter(char: str) -> bool:
    """Say whether a character makes one word with a neighbour of its sort."""
    return char.isalnum() and not CJK.match(char)
