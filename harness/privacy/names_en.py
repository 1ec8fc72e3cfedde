"""Names in Latin letters after labels: Patient name:, Mr., a patient named ...

How much must follow depends on the label. After "Patient name:" one word in capitals is a name;
after "Patient:", which also opens what a patient says, two words or one before an age; after
"Patient" alone a given name and a surname, because it begins headings like Patient Health
Questionnaire.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from harness.privacy.canonical import has_any, lowered
from harness.privacy.finding import Finding
from harness.privacy.given_names import ENGLISH, NOT_A_NAME, PINYIN, SURNAMES

_L = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u052f"
_WORD = re.compile(rf"[{_L}][{_L}'\-]{{0,40}}\.?")
_PARTICLE = "al bin da de del den der di du el la le ten ter van von y"
_GAP = re.compile(r"(?:, ?| {1,3})(?=\S)")
_PARTICLES = frozenset(_PARTICLE.split())
_SHORT = frozenset(("An", "Do", "He", "Long", "My", "So"))
"""Given names that begin no name, because they are words."""
_LONGEST = 5
_KNOWN = ENGLISH | PINYIN | SURNAMES

_FULL = (
    r"(?:patient|pt|client|full|first|last|middle|family|given|maiden|legal|preferred|subject"
    r"|resident|mother|father|spouse|guardian|physician|doctor|provider|contact|insured|subscriber"
    r"|member)(?:'s)?(?: (?:full|first|last|family|given))? ?names?"
    r"|name of (?:the )?(?:patient|client)|surname|next of kin|emergency contact|contact person"
    r"|(?:signed|dictated|witnessed) by"
    r"|姓 {0,4}名|(?:患 {0,4}者|病 {0,4}人|联系人|家属|监护人)(?:姓名)?"
)
_ROLE = (
    r"patient|pt|client|mother|father|spouse|husband|wife|son|daughter|guardian|caregiver|attending"
    r"|(?:attending|referring|primary care|treating)? ?physician|doctor|surgeon|nurse|provider"
    r"|contact|insured|subscriber|signature|re"
)
_MARK = r"[\s\"'*|)]{0,4}(?:[:=|>]|(?<= )-(?= ))[\s\"'*|(]{0,6}"
_LABELLED = re.compile(
    rf"(?<![{_L}\d_])(?:(?P<full>{_FULL}){_MARK}"
    rf"|(?<!of )(?P<role>{_ROLE}){_MARK}"
    rf"|(?P<bare>(?<![a-z] )(?<![a-z]['_-])name){_MARK}"
    r"|(?P<subject>patient|pt|client)[.,]?(?= ))[ ]{0,3}"
)
_SAID = re.compile(
    r"\b(?:(?:my|his|her|their|whose|patient's|patient|first|last|full|given|family)"
    r"(?: (?:full|first|last))? name (?:is|was)|(?:name of (?:the )?(?:patient|client)|surname"
    r"|next of kin|emergency contact|contact person) (?:is|was)"
    r"|(?:patient|man|woman|lady|gentleman|boy|girl|child|infant) (?:named|called|known as)) {1,3}"
)
_HINTS = (
    *(":", "=", "|", ">", "name", "patient", "pt", "client", "next of kin"),
    *("emergency contact", "contact person", "ed by"),
)
_TITLE = re.compile(
    r"(?<![A-Za-z.])(?:M(?:r|rs|s|x)\b\.?|Miss|(?:MR|MRS|MS)\.) {1,3}(?=[A-Z\u00c0-\u00de])"
)
_DOCTOR = re.compile(
    r"(?<![A-Za-z.])(?:Dr\b\.?|Prof(?:essor)?\b\.?|Doctor|(?:DR|PROF)\.) {1,3}"
    r"(?=[A-Z\u00c0-\u00de])"
)
_OF_A_PERSON = re.compile(
    r"[\s,(\-]{0,3}(?:\d{1,3}(?= ?(?:-?y|m\b|f\b|male|female|[,;)\n]|$))"
    r"|(?:male|female|aged?|dob|d\.o\.b|mrn|m|f)\b|(?:is|was) an? \d)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"$|[\n,;|()\[\]/\"<*]| {2}")
_LOWER = re.compile(rf"[{_L}'\-]{{2,20}}(?: [{_L}'\-]{{2,20}}){{0,2}}(?=$|[\n,;|.)\"])")


class _Name(NamedTuple):
    words: tuple[str, ...]
    end: int
    loose: bool
    """All capitals, or a comma within: maybe a heading or the begin of a sentence."""


def english_names(text: str) -> Iterator[Finding]:
    """Yield names in Latin letters after labels."""
    spoken = lowered(text)
    if not has_any(spoken, _HINTS):
        return
    for label in _LABELLED.finditer(spoken):
        start = label.end()
        end = _end(text, start, label.lastgroup or "")
        if end is not None:
            yield Finding("name", start, end)


def mentioned_names(text: str) -> Iterator[Finding]:
    """Yield names as sentences introduce them: after Mr, Mrs, "my name is", "a man named"."""
    spoken = lowered(text)
    said = _SAID.finditer(spoken) if has_any(spoken, ("name", "called", "known as")) else ()
    for before in chain(_TITLE.finditer(text), said):
        yield from _introduced(text, before.end())


def doctors(text: str) -> Iterator[Finding]:
    """Yield the names of doctors and professors."""
    for title in _DOCTOR.finditer(text):
        yield from _introduced(text, title.end())


def _introduced(text: str, start: int) -> Iterator[Finding]:
    name = _name(text, start)
    if name and len(name.words[0].rstrip(".")) > 1:
        yield Finding("name", start, name.end)


def _end(text: str, start: int, label: str) -> int | None:
    """Return where the name that stands here ends; None if it is no name."""
    name = _name(text, start)
    if name is None:
        lower = _LOWER.match(text, start) if label == "full" else None
        if lower and lower[0][0].islower() and not NOT_A_NAME & {*lower[0].lower().split()}:
            return lower.end()
        return None
    known = any(_is_known(word) for word in name.words)
    several = len(name.words) > 1
    person = bool(_OF_A_PERSON.match(text, name.end))
    ended = bool(_ENDS.match(text, name.end)) and not name.loose
    told = {
        "full": True,
        "bare": several or known,
        "role": person or (several and (known or ended)),
        "subject": several and known,
    }
    return name.end if told[label] else None


def _name(text: str, start: int) -> _Name | None:
    """Return the words in capitals that stand here, up to one that is no part of a name."""
    words: list[str] = []
    end = place = start
    while len(words) < _LONGEST and (found := _WORD.match(text, place)):
        word = found[0]
        if (_is_common(word) and not (words and word in _SHORT)) or not (
            word[0].isupper() or (words and word in _PARTICLES)
        ):
            break
        initial = len(word.rstrip(".")) <= 2
        stops = word.endswith(".") and not initial
        words.append(word)
        end = found.end() - stops
        gap = _GAP.match(text, found.end())
        if stops or gap is None or (gap[0].startswith(",") and len(words) > 1):
            break
        place = gap.end()
    while words and words[-1] in _PARTICLES:
        end -= len(words.pop()) + 1
    loose = "," in text[start:end] or all(word.isupper() for word in words)
    return _Name(tuple(words), end, loose) if words else None


def _is_common(word: str) -> bool:
    """Say whether a word is in no name: I'll, or XXX where a name was taken out."""
    return word.lower().rstrip(".").split("'")[0] in NOT_A_NAME or {*word.upper()} == {"X"}


def _is_known(word: str) -> bool:
    return word.lower().rstrip(".") in _KNOWN
