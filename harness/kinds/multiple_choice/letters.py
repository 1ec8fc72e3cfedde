r"""Which choices does a generated answer name?

Read are, in this order:

1. letters that the reply begins with, or is: "B", "(B)", "b)", "**B.** carbon dioxide", "A, C";
2. letters or the text of a choice after a cue: "The answer is B", "答案是B", "故选二氧化碳",
   "\boxed{B}", or before one: "B is correct", "B正确"; of several the last;
3. the text of a choice that the reply begins with;
4. letters in brackets, "I take (B)", then texts of choices anywhere, if nothing is negated.

A capital in running text is never a letter by itself: "hepatitis B", "E. coli", "A patient". Full
width and Markdown don't matter, case only of letters ("a virus" isn't A).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase

_MARKUP = re.compile(r"[*_`#$\\]")
_OPEN = r"[\s(\[{<\"'“‘「『【]*"
_END = r"(?![A-Za-z0-9]|-\w|['’])"
_AND = r"\s*(?:[,、;]\s*)?(?:[/&+]|以及|和|与|及|或|and\b|or\b)\s*"
_COMMA = r"(?:\s*[,、;]\s*|\s+)"
_STOP = r"(?=\s*(?:[.,:;)\]}>、。\"'”’」』】\n]|[-–—]\s|项|$))"
_CUE = re.compile(
    r"\b(?:answers?|choices?|options?)\s*(?:(?:is|are|was|would be|should be|will be)\b|[:=])[\s:]*"
    r"(?:(?:the\s+)?(?:options?|choices?|letters?)\b)?"
    r"|答案\s*(?:应该|应|就|肯定)?\s*(?:是|为|选|:)?[\s:]*(?:选项)?"
    r"|(?:正确的?选项|正确的)\s*(?:应该|应)?\s*(?:是|为|:)[\s:]*"
    r"|(?<!不)(?<!不能)(?<!不应)选择?(?!项)\s*:?"
    r"|boxed\{(?:text\{)?",
    re.IGNORECASE,
)
_RIGHT = (
    r"\s*项?\s*(?:(?:is|are)\s+(?:the\s+)?(?:correct|right|best|answer)|[都均是为]*(?:正确|对的))"
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|wrong|incorrect)\b|n['’]t\b|[不没无非未错]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Patterns:
    named: re.Pattern[str]
    """Letters where a cue says that they are the answer."""
    leading: re.Pattern[str]
    """Letters that a reply, or a line of it, begins with."""
    right: re.Pattern[str]
    bracketed: re.Pattern[str]


def read_letters(
    text: str, choices: Sequence[str], *, several: bool = False
) -> tuple[int, ...] | None:
    """Return the indices of the choices that a reply names, ascending; None if it names none.

    Without ``several`` a reply must name exactly one; the first of listed lines counts.
    """
    reply = _plain(text)
    texts = [_plain(choice) for choice in choices]
    for found in _readings(reply, texts, several):
        if found:
            return tuple(sorted(found)) if several or len(found) == 1 else None
    return None


def _readings(reply: str, texts: Sequence[str], several: bool) -> Iterator[set[int]]:
    patterns = _patterns(len(texts))
    begun = _begun(reply, texts)
    if begun and patterns.leading.match(texts[min(begun)]):
        yield begun  # the text of a choice that itself begins like a letter: "E. coli"
    lines = reply.splitlines() if several else [reply]
    yield set().union(*(_letters(patterns.leading.match(line)) for line in lines[:26]))
    yield _cued(reply, texts, patterns)
    if not several:
        yield begun
    rest, contained = _contained(reply, texts)
    if not _NEGATION.search(rest):
        yield set().union(*map(_letters, patterns.bracketed.finditer(reply)))
        yield contained


def _cued(reply: str, texts: Sequence[str], patterns: _Patterns) -> set[int]:
    """Return what the last cue names."""
    found = [(match.start(), _letters(match)) for match in patterns.right.finditer(reply)]
    for cue in _CUE.finditer(reply):
        rest = reply[cue.end() :]
        named = _begun(rest.lstrip(" \"'“‘("), texts) or _letters(patterns.named.match(rest))
        found.append((cue.start(), named))
    named_last = [named for _, named in sorted(found, key=lambda item: item[0]) if named]
    return named_last[-1] if named_last else set()


def _begun(reply: str, texts: Sequence[str]) -> set[int]:
    """Return the choice with the longest text that a reply begins with."""
    begun = [
        (len(text), -index)
        for index, text in enumerate(texts)
        if _has_words(text, len(texts)) and re.match(_pattern(text), reply, re.IGNORECASE)
    ]
    return {-max(begun)[1]} if begun else set()


def _contained(reply: str, texts: Sequence[str]) -> tuple[str, set[int]]:
    """Return a reply without the texts of choices, and the choices; a longer text hides a part."""
    found = set()
    for index in sorted(range(len(texts)), key=lambda i: -len(texts[i])):
        if len(texts[index]) > 1:
            reply, count = re.subn(_pattern(texts[index]), "\0", reply, flags=re.IGNORECASE)
            found |= {index} if count else set()
    return reply, found


def _pattern(text: str) -> str:
    """Match a text, but no part of a longer word or number."""
    before = r"(?<![A-Za-z0-9])" if text[:1].isascii() and text[:1].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if text[-1:].isascii() and text[-1:].isalnum() else ""
    return f"{before}{re.escape(text)}{after}"


def _has_words(text: str, count: int) -> bool:
    """Say whether a choice's text can be told from a letter, and from nothing at all."""
    return bool(text) and text not in tuple(ascii_uppercase[:count])


def _plain(text: str) -> str:
    return _MARKUP.sub("", unicodedata.normalize("NFKC", text)).strip().rstrip(".。!")


def _letters(match: re.Match[str] | None) -> set[int]:
    if match is None:
        return set()
    named = re.sub(r"and|or|[^A-Za-z]", "", match["letters"])
    return {ascii_uppercase.index(letter) for letter in named.upper()}


@cache
def _patterns(count: int) -> _Patterns:
    last = ascii_uppercase[count - 1]
    lower = rf"[a-{last.lower()}]{_STOP}"
    word = rf"[A-{last}]++{_END}"
    # after a comma a letter may begin the next clause: "B, A is wrong"
    more = rf"(?={_AND}[A-{last}]|{_COMMA}[A-{last}]|{_STOP})"
    run = rf"{word}(?:{_AND}{word}|{_COMMA}{word}{more})*+"
    lead = r"(?:[Oo]ptions?\s+|[Cc]hoices?\s+|选项\s*)?"
    return _Patterns(
        named=re.compile(rf"{_OPEN}(?P<letters>{run}|{lower})"),
        leading=re.compile(rf"{lead}{_OPEN}(?P<letters>{run}{_STOP}|{lower})"),
        right=re.compile(rf"(?<![A-Za-z0-9])(?P<letters>{run})[)\]]?{_RIGHT}"),
        bracketed=re.compile(rf"[(\[](?P<letters>[A-{last}])[)\]]"),
    )
