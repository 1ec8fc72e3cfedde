"""The texts of one document without identifiers: what is one in any of them is one in all.

A name is found by what stands before it ("Patient: …"). A model's answer may say the name alone,
and a continuation may begin where the label ends. So a text is searched together with the end of
what stands before it, and whatever was found in one text of a document is masked wherever it
stands in the others.
"""

import re
from collections.abc import Iterator, Mapping

from harness.privacy.identifiers import Finding, find_identifiers, find_in_field, mask, mask_json
from harness.records import JSON

__all__ = ["Masker"]

_BEFORE = 200  # characters of the context that are read with a continuation
_GAPS = re.compile(r"[\s\u200b-\u200d]+")
_LATIN = re.compile("[a-z]")

_Span = tuple[int, int, str]


class Masker:
    """Learns the identifiers of a document's texts, then masks them."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        """Begin with what another has learned, if anything."""
        self._known: dict[str, str] = dict(known or {})
        self._spans: dict[tuple[str, str], list[_Span]] = {}
        self._pattern: re.Pattern[str] | None = None

    @property
    def known(self) -> Mapping[str, str]:
        """What was learned: each identifier, in small letters, and its mark."""
        return self._known

    def learn(self, text: str, before: str = "") -> None:
        """Find the identifiers of a text that follows ``before``."""
        for start, end, label in self._found(text, before[-_BEFORE:]):
            self._know(text[start:end], label)

    def learn_json(self, value: JSON, name: str = "") -> None:
        """Find the identifiers of a nested value; the name of a field may be what says so."""
        if isinstance(value, Mapping):
            for key, inner in value.items():
                self.learn(str(key))
                self.learn_json(inner, str(key))
        elif isinstance(value, list | tuple):
            for inner in value:
                self.learn_json(inner, name)
        elif value is not None:
            text = str(value)
            for found in find_in_field(name, text):
                self._know(text[found.start : found.end], _mark(found))

    def text(self, text: str, before: str = "") -> str:
        """Return a text without the identifiers found in it and those learned so far."""
        spans = [*self._found(text, before[-_BEFORE:]), *self._learned(text)]
        parts, place = [], 0
        for start, end, label in sorted(spans):
            if start >= place:
                parts += [text[place:start], label]
            place = max(place, end)
        return mask("".join([*parts, text[place:]]))  # a mark may part what hid the next one

    def json(self, value: JSON) -> JSON:
        """Return a nested value without identifiers."""
        return self._without(mask_json(value))

    def _without(self, value: JSON) -> JSON:
        if isinstance(value, dict):
            return {self.text(key): self._without(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._without(inner) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def _found(self, text: str, before: str) -> list[_Span]:
        asked = (text, before)
        if asked not in self._spans:
            cut = len(before)
            self._spans[asked] = [
                (max(found.start - cut, 0), found.end - cut, _mark(found))
                for found in find_identifiers(before + text)
                if found.end > cut
            ]
        return self._spans[asked]

    def _know(self, identifier: str, label: str) -> None:
        spelled = identifier.strip().lower()
        for form in {spelled, spelled if _LATIN.search(spelled) else _GAPS.sub("", spelled)}:
            if len(form) > 1:
                self._known.setdefault(form, label)
                self._pattern = None

    def _learned(self, text: str) -> Iterator[_Span]:
        if self._pattern is None:
            longest_first = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(_bounded, longest_first)), re.IGNORECASE)
        if self._known:
            for found in self._pattern.finditer(text):
                yield found.start(), found.end(), self._known.get(found.group().lower(), "[NAME]")
        for known, mark in self._known.items():
            cut = _cut_off(known, text)
            if cut:
                yield len(text) - cut, len(text), mark


def _cut_off(identifier: str, text: str) -> int:
    """Return how many characters of an identifier a text ends with, if half of it or more."""
    end = text[-len(identifier) :].lower()
    lengths = range(len(identifier) - 1, max(2, (len(identifier) + 1) // 2) - 1, -1)
    return next((n for n in lengths if end.endswith(identifier[:n])), 0)


def _bounded(identifier: str) -> str:
    """Return the pattern of an identifier that isn't part of a longer word or number."""
    before = r"(?<![A-Za-z0-9])" if identifier[0].isascii() else ""
    after = r"(?![A-Za-z0-9])" if identifier[-1].isascii() else ""
    return f"{before}{re.escape(identifier)}{after}"


def _mark(found: Finding) -> str:
    return f"[{found.kind.upper()}]"
