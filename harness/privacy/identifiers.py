"""Identifiers of persons in texts and nested values: where they are, and the same without them.

English and Chinese. In a nested value the name of a field is the label of what it holds. What is
masked reads ``[PHONE]``; such a mark is never itself taken for an identifier or a label, so masking
twice changes nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from harness.privacy.addresses_en import english_addresses, streets
from harness.privacy.addresses_zh import chinese_addresses
from harness.privacy.canonical import canonical, lowered
from harness.privacy.context import is_clinical
from harness.privacy.dates import birth_dates, mentioned_births
from harness.privacy.finding import KINDS, Finding
from harness.privacy.labelled import labelled_numbers
from harness.privacy.names_en import doctors, english_names, mentioned_names
from harness.privacy.names_zh import chinese_names, mentioned_chinese_names
from harness.privacy.numbers import emails, resident_numbers, social_security_numbers
from harness.privacy.phones import phones
from harness.records import JSON

__all__ = ["Finding", "find_identifiers", "find_in_field", "mask", "mask_json", "text_of"]

_Detector = Callable[[str], Iterable[Finding]]
_WITH_DIGITS: tuple[_Detector, ...] = (
    resident_numbers,
    social_security_numbers,
    labelled_numbers,
    birth_dates,
    phones,
    english_addresses,
)
_OF_WORDS: tuple[_Detector, ...] = (emails, chinese_addresses, chinese_names, english_names)
_IN_SENTENCES: tuple[_Detector, ...] = (
    mentioned_names,
    mentioned_chinese_names,
    mentioned_births,
    streets,
)
_MARK = re.compile("|".join(rf"\[{kind.upper()}\]" for kind in KINDS))
_OPAQUE = "\ufffc"
_PROBES = ("张伟", "John Smith", "123-45-6789", "1962-03-05", "12 Elm Road")
"""One of them is an identifier only after a name like ``patient_name`` or ``mrn``."""
_WORDS = re.compile(r"[^\W_]+")
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")
_LONGEST_LABEL = 40
_SAFE_INTEGERS = 2**53
_DIGIT = re.compile("[0-9一二三四五六七八九十]")


def find_identifiers(text: str, *, sure: bool = False) -> list[Finding]:
    """Return the identifiers in a text, in order, none over another.

    Where two overlap, one finding covers both and has the kind of the longer. If ``sure``, what
    only a sentence tells (Mr. Hernandez, born on 3 May 1961, 4 Elm Street) counts in clinical text
    alone, because stories and encyclopedias are full of it, and names of doctors don't count.
    """
    hidden = _MARK.sub(lambda mark: _OPAQUE * len(mark[0]), text) if "[" in text else text
    plain = canonical(hidden)
    detectors = _OF_WORDS + (_WITH_DIGITS if _DIGIT.search(plain.text) else ())
    found = [each for detect in detectors for each in detect(plain.text)]
    told = [each for detect in _IN_SENTENCES for each in detect(plain.text)]
    if not sure:
        told += doctors(plain.text)
    elif told:
        lower = lowered(plain.text)
        told = [each for each in told if is_clinical(lower, each)]
    return [
        Finding(each.kind, *plain.span(each.start, each.end))
        for each in _merged(sorted(found + told, key=lambda each: (each.start, -each.end)))
    ]


def _merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    last: Finding | None = None
    for each in findings:
        if last is None or each.start >= last.end:
            if last:
                yield last
            last = each
            continue
        longer = max(last, each, key=lambda one: one.end - one.start)
        last = Finding(longer.kind, last.start, max(last.end, each.end))
    if last:
        yield last


def mask(text: str) -> str:
    """Return a text with each identifier replaced by its kind, like ``[PHONE]``."""
    while found := find_identifiers(text):  # a mark may part what hid the next one
        text = _replaced(text, found)
    return text


def _replaced(text: str, findings: Iterable[Finding]) -> str:
    parts, before = [], 0
    for each in findings:
        parts += [text[before : each.start], f"[{each.kind.upper()}]"]
        before = each.end
    return "".join([*parts, text[before:]])


def mask_json(value: JSON) -> JSON:
    """Return a nested value with each identifier masked, in keys and numbers as in texts.

    A number that is an identifier becomes text. Keys that are masked alike stay apart.
    """
    return _masked(value, "")


def _masked(value: JSON, name: str) -> JSON:
    if isinstance(value, Mapping):
        masked: dict[str, JSON] = {}
        for key, inner in value.items():
            masked[_unused(mask(str(key)), masked)] = _masked(inner, str(key))
        return masked
    if isinstance(value, list | tuple):
        return [_masked(item, name) for item in value]
    text = text_of(value)
    found = find_in_field(name, text) if text else []
    return mask(_replaced(text, found)) if text and found else value


def _unused(key: str, taken: Mapping[str, JSON]) -> str:
    free, number = key, 2
    while free in taken:
        free, number = f"{key} {number}", number + 1
    return free


def text_of(value: JSON) -> str | None:
    """Return a text, or a whole number as one; None for what holds no identifier."""
    if isinstance(value, float) and abs(value) < _SAFE_INTEGERS and value == int(value):
        value = int(value)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def find_in_field(name: str, text: str, *, sure: bool = False) -> list[Finding]:
    """Return the identifiers in the text of a field, whose name may be what says so."""
    if not _is_label(name):
        return find_identifiers(text, sure=sure)
    label = _label(name)
    found = find_identifiers(label + text, sure=sure)
    return [
        Finding(each.kind, max(0, each.start - len(label)), each.end - len(label))
        for each in found
        if each.end > len(label)
    ]


@lru_cache(maxsize=4096)
def _is_label(name: str) -> bool:
    """Say whether a field with this name holds an identifier by its name."""
    if not name or len(name) > _LONGEST_LABEL:
        return False
    label = _label(name)
    return any(
        finding.start >= len(label)
        for probe in _PROBES
        for finding in find_identifiers(label + probe)
    )


def _label(name: str) -> str:
    return " ".join(_WORDS.findall(_HUMP.sub(" ", name))) + ": "
