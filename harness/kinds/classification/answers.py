r"""Which label does a generated answer name?

Read are, in this order:

1. the label alone: "cardiology", or on the first line, whatever follows, with or without a cue
   ("Answer: Cardiology.", "标签：心内科"); but not the first of a list of labels, one a line;
2. the label that a reply begins with, closed by punctuation, if it names no other ("No, it
   doesn't.");
3. the only label named anywhere, unless a sentence that names it has a negation.

Case, full width, bold and blanks don't matter. A label within a longer word isn't named, and where
labels contain each other the longest counts ("non-malignant" isn't "malignant"). Labels that are
themselves negations ("no", "none") are named only before punctuation or at the end: "There is no
doubt" doesn't say "no". Labels of one character are read by rules 1 and 2 alone.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

_MARKUP = re.compile(r"[*`]")
_LATIN = r"[A-Za-z0-9\u00c0-\u024f]"
_CLOSED = r"(?=\s*(?:[,;:。!)\]\"'’”」』》】]|\.(?!\d)|[-–—]\s|\n|$))"
_CUE = (
    r"(?:(?:(?:the\s+)?(?:(?:correct|right|best)\s+)?(?:answer|label|category|class)\s*(?:is\b|:)"
    r"|(?:正确)?(?:答案|标签|类别|分类)\s*(?:应该|应)?\s*(?:是|为|:))\W*?)?"
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|non|cannot|wrong|incorrect|unlikely)\b|n['’]t\b"
    r"|[不没无非未否错][是有]?|排除|除外",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.。!;\n])")


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Each has the label as its group ``label``."""

    alone: re.Pattern[str]
    """A line that is nothing but a label."""
    leading: re.Pattern[str]
    anywhere: re.Pattern[str]
    names: tuple[str, ...]
    """The labels as they stand in a plain reply."""


def read_label(text: str, labels: Sequence[str]) -> int | None:
    """Return the index of the one label that a reply names; None if it is none or several."""
    if text.strip() in labels:
        return labels.index(text.strip())
    patterns = _patterns(tuple(labels))
    reply = _plain(text)
    alone = _alone(reply, patterns)
    if alone:
        return _only(alone)
    named = {i for match in patterns.anywhere.finditer(reply) for i in _indices(match, patterns)}
    leading = patterns.leading.match(reply)
    if leading:
        return _only(named | _indices(leading, patterns))
    return None if _negated(reply, patterns) else _only(named)


def _only(found: set[int]) -> int | None:
    return next(iter(found)) if len(found) == 1 else None


def _alone(reply: str, patterns: _Patterns) -> set[int]:
    """Return the labels that stand on lines of their own, if the first line is one."""
    lines = [line for line in reply.splitlines() if line.strip()]
    matches = [patterns.alone.fullmatch(line) for line in lines]
    if not matches or matches[0] is None:
        return set()
    return {i for match in matches if match for i in _indices(match, patterns)}


def _negated(reply: str, patterns: _Patterns) -> bool:
    """Say whether a sentence that names a label has a negation besides it."""
    hidden = patterns.anywhere.sub("\0", reply)
    return any("\0" in s and _NEGATION.search(s) for s in _SENTENCE_END.split(hidden))


def _indices(match: re.Match[str], patterns: _Patterns) -> set[int]:
    """Return the label that was matched; several where even its case doesn't tell which."""
    said = " ".join(match["label"].split())
    same = {i for i, name in enumerate(patterns.names) if name == said}
    folded = said.casefold()
    return same or {i for i, name in enumerate(patterns.names) if name.casefold() == folded}


def _plain(text: str) -> str:
    return _MARKUP.sub("", unicodedata.normalize("NFKC", text)).strip()


@cache
def _patterns(labels: tuple[str, ...]) -> _Patterns:
    names = tuple(" ".join(_plain(label).split()) for label in labels)
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    every = "|".join(map(_bounded, longest_first)) or r"(?!)"
    words = "|".join(_in_prose(name) for name in longest_first if len(name) > 1) or r"(?!)"
    return _Patterns(
        alone=re.compile(rf"\W*?{_CUE}(?P<label>{every})\W*", re.IGNORECASE),
        leading=re.compile(rf"\W*?{_CUE}(?P<label>{every}){_CLOSED}", re.IGNORECASE),
        anywhere=re.compile(rf"(?P<label>{words})", re.IGNORECASE),
        names=names,
    )


def _bounded(name: str) -> str:
    """Match a label, but no part of a longer word or number."""
    before = rf"(?<!{_LATIN})" if re.match(_LATIN, name) else ""
    after = rf"(?!{_LATIN})" if re.match(_LATIN, name[-1]) else ""
    return before + r"\s+".join(map(re.escape, name.split())) + after


def _in_prose(name: str) -> str:
    return _bounded(name) + (_CLOSED if _NEGATION.fullmatch(name) else "")
