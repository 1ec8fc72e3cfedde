"""Numbers of persons that are known by their shape: resident identity numbers, SSN, e-mail.

A Chinese resident identity number (GB 11643-1999) has a birth date and a check digit (ISO 7064
MOD 11-2), which python-stdnum computes; an SSN has areas and groups that were never issued.
"""

import re
from collections.abc import Iterator

from harness.privacy.finding import Finding

_GAP = r"[ \-.·_/]{0,2}"
_RESIDENT = re.compile(
    rf"(?=\d)(?<!\d)(?=([1-9](?:{_GAP}\d){{5}}{_GAP}(?:1{_GAP}[89]|2{_GAP}0)"
    rf"(?:{_GAP}\d){{9}}{_GAP}[\dXx])(?!\d))"
)
_BORN = range(1880, 2100)
_SSN = re.compile(r"(?=\d)(?<!\d)(?<!\d[-.])\d{3}-\d{2}-\d{4}(?![\d-])")
_TOP = "com|org|net|edu|gov|info|io|me|cn|uk|de|fr|jp|ca|au|us|eu"
_LOCAL = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
_EMAIL = re.compile(
    rf"{_LOCAL}@(?:[A-Za-z0-9-]{{1,63}}\.){{1,6}}[A-Za-z]{{2,24}}"
    rf"|{_LOCAL}(?: @ | ?[(\[] ?at ?[)\]] ?)"
    rf"(?:[A-Za-z0-9-]{{1,63}} ?(?:\.|[(\[] ?dot ?[)\]]) ?){{1,3}}"
    rf"(?:{_TOP})(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def emails(text: str) -> Iterator[Finding]:
    """Yield e-mail addresses, those with blanks or ``(at)`` too."""
    if "@" in text or "at)" in text or "at]" in text or "at )" in text:
        yield from (Finding("email", *found.span()) for found in _EMAIL.finditer(text))


def resident_numbers(text: str) -> Iterator[Finding]:
    """Yield Chinese resident identity numbers of 18 characters, with blanks or dashes too."""
    for found in _RESIDENT.finditer(text):
        if _is_resident_number(re.sub(r"[^\dXx]", "", found[1])):
            yield Finding("id_number", *found.span(1))


def _is_resident_number(number: str) -> bool:
    from stdnum.cn import ric
    from stdnum.exceptions import ValidationError

    try:
        born = ric.get_birth_date(number)
    except ValidationError:
        return False
    return born.year in _BORN and bool(ric.calc_check_digit(number) == number[-1].upper())


def social_security_numbers(text: str) -> Iterator[Finding]:
    """Yield US social security numbers with dashes; others need a label."""
    from stdnum.us import ssn

    for found in _SSN.finditer(text):
        if ssn.is_valid(found[0]):
            yield Finding("ssn", *found.span())
