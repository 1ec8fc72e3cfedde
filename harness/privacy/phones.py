"""Phone numbers: of China and North America as they are written, of all countries after a ``+``.

Candidates come from patterns that a dose or a laboratory value doesn't fit, and count if the
phonenumbers library says that such a number can have been given out. Numbers that anybody may
call free or at shared cost (hotlines) are nobody's. After a label any seven digits are a number.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.privacy.canonical import lowered
from harness.privacy.finding import Finding

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_START = r"(?<!\d)(?<!\d\.)(?<!\d[A-Za-z])"
_END = r"(?!\d)(?!\.\d)(?! ?(?:[mµμknp]?[glm]\b|iu\b|u\b|cfu\b|copies\b|%|[a-z]{1,4}/))"
_GAP = r"[ .\-]{1,3}"
_MOBILE = (
    rf"1[3-9]\d(?:\d{{8}}|{_GAP}(?:\d{{8}}|\d{{4}}{_GAP}\d{{4}}|\d{{3}}{_GAP}\d{{5}})"
    rf"|\d{_GAP}\d{{3}}{_GAP}\d{{4}}|\d\d{_GAP}\d{{6}}|\d{{4}}{_GAP}\d{{4}})"
)
_LANDLINE = (
    rf"(?:0\d{{2,3}}{_GAP}|\(0\d{{2,3}}\) ?)\d{{3,4}}[ \-]?\d{{4}}(?:(?:-|转|ext\.?) ?\d{{1,5}})?"
)
_CHINA = re.compile(rf"{_START}(?:(?:(?:\+|00) ?)?86[ .\-]{{0,3}})?(?:{_MOBILE}|{_LANDLINE}){_END}")
_AMERICA = re.compile(
    rf"{_START}(?:\+?1{_GAP})?(?:\([2-9]\d\d\)[ .\-]{{0,3}}|[2-9]\d\d{_GAP})"
    rf"(?:[2-9]|(?<=555.)\d|(?<=555. )\d)\d\d{_GAP}\d{{4}}{_END}"
)
_ABROAD = re.compile(r"(?<!\d)\+ ?[1-9](?:[ .\-/()]{0,3}\d){6,14}(?!\d)")
_LABEL = re.compile(
    r"(?:电话|手机|联系方式|联系号码|座机|传真"
    r"|(?<![a-z])(?:tel|telephone|phone|mobile|fax|pager|cell ?phone|cell (?:no|number)"
    r"|contact (?:no|number))s?)(?:号码?|numbers?|no\.?|is|was|为|是|[\s:#=*|\"'(]){0,6}$"
)
_LABEL_REACH = 32
_DATE = re.compile(r"(?:19|20)\d\d[-./ ]?[01]?\d[-./ ]?[0-3]?\d(?!\d)")
_BLANKS_ALONE = re.compile(r"\d+(?: +\d+)+")
_NUMBER_BEFORE = re.compile(r"\d[.,;]? {1,3}$")
_NUMBER_AFTER = re.compile(r"[.,;]? {1,3}\d")
_BEHIND = 16
"""Characters after a run that may belong to a number (an extension) or tell that it is none."""
_PATTERNS = (("CN", _CHINA), ("US", _AMERICA), (None, _ABROAD))
_RUN = re.compile(r"(?:[+(] ?){0,2}\d(?:[ .\-()/]{0,3}\d){6,}")
"""Seven digits and more: each number is in one of these, which few texts have."""
_DIGITS = re.compile(r"(?:[+(] ?){0,2}\d(?:[ .\-()/]{0,3}\d){6,14}")
_PUBLIC = {3, 4, 5, 9}  # toll free, premium rate, shared cost, universal access
_ROUND = "000000"
_FICTION = re.compile(r"[( ]?555[) .\-]")
"""An area that has no subscribers: who makes up a number for an example takes it."""


def phones(text: str) -> Iterator[Finding]:
    """Yield phone numbers."""
    for run in _RUN.finditer(text):
        start, end = run.span()
        for region, pattern in _PATTERNS:
            yield from _issued(text, start, end, pattern, region)
        number = _DIGITS.match(text, start)
        before = lowered(text[max(0, start - _LABEL_REACH) : start])
        labelled = number and _LABEL.search(before) and not _DATE.match(number[0])
        if number and labelled and not _is_public(number[0]):
            yield Finding("phone", *number.span())


def _issued(
    text: str, start: int, end: int, pattern: re.Pattern[str], region: str | None
) -> Iterator[Finding]:
    while found := pattern.search(text, start, end + _BEHIND):
        if not _in_a_series(found) and _is_somebodys(found[0], region):
            yield Finding("phone", *found.span())
        start = found.end()


def _in_a_series(found: re.Match[str]) -> bool:
    """Say whether a number with gaps is among others, as in a laboratory list or a sum."""
    if found[0].isdigit():
        return False
    text, start, end = found.string, *found.span()
    if text[start - 1 : start] == "-" and text[max(0, start - 2) : start - 1].isdigit():
        return True
    return bool(_BLANKS_ALONE.fullmatch(found[0])) and bool(
        _NUMBER_BEFORE.search(text, max(0, start - 6), start) or _NUMBER_AFTER.match(text, end)
    )


def _is_somebodys(candidate: str, region: str | None) -> bool:
    number = _parsed(candidate, region)
    if number is None or candidate.endswith(_ROUND):
        return False
    import phonenumbers

    issued = phonenumbers.is_valid_number(number) or _FICTION.match(candidate)
    return bool(issued) and not _is_public(candidate, region)


def _is_public(candidate: str, *regions: str | None) -> bool:
    import phonenumbers

    numbers = [_parsed(candidate, region) for region in regions or ("CN", "US")]
    return any(n is not None and phonenumbers.number_type(n) in _PUBLIC for n in numbers)


def _parsed(candidate: str, region: str | None) -> "PhoneNumber | None":
    import phonenumbers

    try:
        return phonenumbers.parse(candidate, region)
    except phonenumbers.NumberParseException:
        return None
