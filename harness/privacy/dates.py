"""Dates of birth: a date with a month, after a label such as DOB or in a sentence with born."""

import re
from collections.abc import Iterator

from harness.privacy.canonical import has_any, lowered
from harness.privacy.finding import Finding

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_HAN = "[零〇○一二三四五六七八九十]"
_YEAR_FIRST = r"(?:18|19|20)\d\d ?[-./年] ?\d{1,2}(?: ?[-./月] ?\d{1,2})? ?[日号月]?"
_DATE = (
    rf"(?:{_YEAR_FIRST}|(?:18|19|20)\d\d[01]\d[0-3]\d(?!\d)|{_HAN}{{2,4}}年{_HAN}{{1,3}}月"
    rf"(?:{_HAN}{{1,3}}[日号])?|\d{{1,2}} ?[-./ ] ?\d{{1,2}} ?[-./ ] ?(?:\d{{4}}|\d\d)(?!\d)"
    rf"|(?:the )?{_DAY}(?: of)?[ \-]{_MONTH},?[ \-](?:\d{{4}}|'?\d\d)(?!\d)"
    rf"|{_MONTH}[ \-]{_DAY},?[ \-]{{1,2}}\d{{4}}|{_MONTH} \d{{4}})"
)
_LABEL = (
    r"(?:出生日期|出生年月日?|出生时间|生日"
    r"|(?<![a-z])(?:d\.? ?o\.? ?b\.?|date of birth|birth ?date|birth ?day)(?![a-z]))"
)
_BETWEEN = r"(?:on\b|is\b|was\b|为|是|农历|公历|[\s:=*|\"'()\]】>\-]){0,8}"
_BORN = r"(?:(?<![发产])生于|(?<![a-z])born(?![a-z]))"
_LABELLED = re.compile(f"{_LABEL}{_BETWEEN}({_DATE})")
_TOLD = (
    re.compile(f"{_BORN}{_BETWEEN}({_DATE})"),
    re.compile(
        rf"(?<!\d)({_YEAR_FIRST}|{_HAN}{{4}}年{_HAN}{{1,3}}月{_HAN}{{1,3}}[日号]) ?(?:出生|生人)"
    ),
)
_HINTS = ("生", "birth", "b.", "dob", "d.ob", "do b", "d o b")


def birth_dates(text: str) -> Iterator[Finding]:
    """Yield dates of birth after a label such as DOB; a year alone is none."""
    text = lowered(text)
    if has_any(text, _HINTS):
        yield from (Finding("birth_date", *found.span(1)) for found in _LABELLED.finditer(text))


def mentioned_births(text: str) -> Iterator[Finding]:
    """Yield dates of birth as sentences give them: born on, 生于."""
    text = lowered(text)
    for pattern in _TOLD if has_any(text, ("生", "born")) else ():
        yield from (Finding("birth_date", *found.span(1)) for found in pattern.finditer(text))
