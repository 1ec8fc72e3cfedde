"""English addresses: a number with a street, a town with its state and ZIP code, a P.O. box."""

import re
from collections.abc import Iterator

from harness.privacy.canonical import lowered
from harness.privacy.finding import Finding

_STATE = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]"
    "|T[NX]|UT|V[AT]|W[AIVY]"
)
_STREET = (
    "Street|Avenue|Road|Boulevard|Lane|Terrace|Highway|Parkway|Crescent|Close|Drive|Court|Square"
    "|Circle|Place|Way"
)
_SHORT = r"(?:St|Ave|Rd|Blvd|Ln|Hwy|Pkwy|Dr|Ct|Sq|Cir|Pl|Ter)\b\.?"
_WORD = r"(?:[A-Z][A-Za-z'.]{0,24}|\d{1,3}(?:st|nd|rd|th))"
_UNIT = r"(?:,? ?(?:Apartment|Apt|Unit|Suite|Ste|Room|Flat|Floor|#)\.? ?#?[\dA-Za-z\-]{1,6})?"
_CITY = r"[A-Z][a-z'.][A-Za-z'.]{0,24}(?: [A-Z][a-z'.][A-Za-z'.]{0,24}){0,2}"
_REGION = rf"(?:{_STATE})\.? ?(?:\d{{5}}(?:-\d{{4}})?)?"
_TOWN = rf"(?:,? {_CITY})?(?:,? {_REGION})?(?:,? [A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}})?"
_HOUSE = r"(?=\d)(?<![\w.,/\-])(?<!\d )\d{1,6}(?:[A-Za-z]|-\d{1,4})?"
_ADDRESS = re.compile(
    rf"{_HOUSE},? (?:{_WORD} ){{1,4}}"
    rf"(?:(?:{_STREET})\b|{_SHORT}(?! [A-Z][a-z]+ (?:was|is|has|said))){_UNIT}{_TOWN}"
)
_YEAR = re.compile(r"(?:19|20)\d\d ")
_REACH = 8
_IN = re.compile(r"\b(?:in|since|of|by|during|until|from|and) $", re.IGNORECASE)
_CITY_ZIP = re.compile(rf"{_CITY}, (?:{_STATE})\.? \d{{5}}(?:-\d{{4}})?(?!\d)")
_BOX = re.compile(r"(?<![a-z])(p\.? ?o\.? ?box:? ?#?\d{1,6})(?!\d)")
_PLACE = r"[\s\"'*|:]{0,6}((?=[^\n;\"|]{0,20}\d)[^\n;\"|.]{6,80})"
_LABELLED = re.compile(
    r"(?<![a-z])(?:(?:(?:home|mailing|postal|street|residential|permanent|current|work) )?"
    r"(?<!ip )(?<!mac )(?<!web )(?<!mail )address(?:es)?(?: is\b|[ \"'*|]*[:=]))"
    rf"{_PLACE}"
)
_LIVES = re.compile(rf"(?<![a-z])(?:lives|living|resides|residing|residence) at{_PLACE}")
_ZIP = re.compile(
    r"(?:(?<![a-z])(?:zip(?: ?code)?|post(?:al)? ?code)|邮编|邮政编码)[\s:=*|\"'为是]{0,6}"
    r"(\d{5,6}(?:-\d{4})?(?!\d)|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b)"
)
_AFTER_LABELS = ((_BOX, "box"), (_LABELLED, "address"), (_ZIP, "zip"), (_ZIP, "post"), (_ZIP, "邮"))


def english_addresses(text: str) -> Iterator[Finding]:
    """Yield what a label, a ZIP code or a P.O. box makes an address."""
    yield from (Finding("address", *found.span()) for found in _CITY_ZIP.finditer(text))
    text = lowered(text)
    for pattern, hint in _AFTER_LABELS:
        if hint in text:
            yield from (Finding("address", *found.span(1)) for found in pattern.finditer(text))


def streets(text: str) -> Iterator[Finding]:
    """Yield streets with a house number, with the town after them."""
    for found in _ADDRESS.finditer(text):
        before = text[max(0, found.start() - _REACH) : found.start()]
        if not (_YEAR.match(found[0]) and _IN.search(before)):
            yield Finding("address", *found.span())
    text = lowered(text)
    if " at" in text:
        yield from (Finding("address", *found.span(1)) for found in _LIVES.finditer(text))
