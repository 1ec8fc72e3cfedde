"""What changed from one text to the next, word by word; pure.

The longest common subsequence of words is kept; Chinese and Japanese have no blanks, so there each
character is a word. It is found bit by bit (Hyyrö 2004, "Bit-parallel LCS-length computation
revisited"): long and hostile texts take no longer than others of their length.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Literal

__all__ = ["LONGEST", "Piece", "changes", "words"]

LONGEST = 2000
"""Words of a side that are compared; what is beyond them is shown as it is."""
_OWN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
_WORD = re.compile(rf"[{_OWN}]|[^\W{_OWN}]+|\s+|[^\w\s]")
Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one text."""

    kind: Kind
    text: str


def words(text: str) -> list[str]:
    """Return a text's words, blanks and signs; joined, they are the text."""
    return _WORD.findall(text)


def changes(before: str, after: str) -> list[Piece]:
    """Return ``after`` in pieces, with those of ``before`` that it no longer has where they stood.

    Without the removed pieces it is ``after``, without the added ones ``before``. Of more words
    than :data:`LONGEST` the rest is one removed and one added piece, unless they are the same.
    """
    if before == after:
        return [Piece("same", after)] if after else []
    (old, old_rest), (new, new_rest) = _first(before), _first(after)
    kinds = _steps(old, new)
    if old_rest == new_rest:
        kinds.append(("same", old_rest))
    else:
        kinds += [("removed", old_rest), ("added", new_rest)]
    joined = (
        Piece(kind, "".join(text for _, text in run))
        for kind, run in groupby(_removed_first(kinds), key=lambda step: step[0])
    )
    return [piece for piece in joined if piece.text]


def _first(text: str) -> tuple[list[str], str]:
    """Return the words that are compared, and what is beyond them."""
    found = [match.group() for match in islice(_WORD.finditer(text), LONGEST)]
    return found, text[sum(map(len, found)) :]


def _removed_first(steps: Sequence[tuple[Kind, str]]) -> list[tuple[Kind, str]]:
    """Return steps with the removed words of each changed place before the added ones."""
    ordered: list[tuple[Kind, str]] = []
    for same, run in groupby(steps, key=lambda step: step[0] == "same"):
        place = [*run]
        ordered += place if same else sorted(place, key=lambda step: step[0] == "added")
    return ordered


def _steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[Kind, str]]:
    rows = _bits(old, new)
    found: list[tuple[Kind, str]] = []
    i, j = len(old), len(new)
    while i and j:
        if rows[j] >> (i - 1) & 1:  # without this word of the old text the match is as long
            i -= 1
            found.append(("removed", old[i]))
        elif not rows[j - 1] >> (i - 1) & 1:  # and without this one of the new text
            j -= 1
            found.append(("added", new[j]))
        else:
            i, j = i - 1, j - 1
            found.append(("same", old[i]))
    found += [("removed", word) for word in reversed(old[:i])]
    found += [("added", word) for word in reversed(new[:j])]
    return found[::-1]


def _bits(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """Return for each length of ``new`` a number: bit i is 0 where word i lengthens the match."""
    everything = (1 << len(old)) - 1
    places: dict[str, int] = {}
    for i, word in enumerate(old):
        places[word] = places.get(word, 0) | 1 << i
    rows = [everything]
    for word in new:
        last = rows[-1]
        hit = last & places.get(word, 0)
        rows.append(((last + hit) | (last - hit)) & everything)
    return rows
