"""Reads the entities that an answer lists, leniently.

Asked for are lines ``type: text``. Also read are bullets, numbers and Markdown around them,
full-width colons, types in the plural or in another case, ``text: type``, ``text (type)``, and
JSON: ``{"type": ["text", ...]}`` or ``[{"type": ..., "text": ...}]``. A line whose type wasn't
asked for ("Here are the mentions:") isn't read; it is counted, and costs nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.kinds.extraction.json_objects import json_objects
from harness.records import JSON

_BULLET = re.compile(r"^\s*(?:[-*•·–—+>]\s*|\(?\d{1,3}[.)]\s+|\(?\d{1,3}[、）])*")
_COLON = re.compile(r"[:：]")
_IN_PARENTHESES = re.compile(r"^(?P<text>.+?)\s*[(（](?P<kind>[^()（）]+)[)）]$")
_EMPTY_JSON = re.compile(r"(?:```\w*)?\s*(?:\[\s*\]|\{\s*\})\s*(?:```)?")
_MARKS = " \t*`_\"'“”‘’「」[]【】<>《》"
_NONE = frozenset({"none", "n/a", "无", "没有"})  # not "no": NO is a chemical
_TYPE_KEYS = ("type", "label", "category", "类型")
_TEXT_KEYS = ("text", "mention", "entity", "name", "value", "实体", "文本")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What an answer lists."""

    mentions: Sequence[tuple[int, str]]
    """(type, text) in the order of the answer; types are counted from 0."""
    unread: int
    """Lines that name no type asked for."""
    none: bool
    """Whether it says that there are none."""

    @property
    def read(self) -> bool:
        """Whether anything was read."""
        return self.none or bool(self.mentions)


def read_mentions(answer: str, types: Sequence[str]) -> Listed:
    """Return what an answer lists of entities of some types."""
    known = {_key(name): index for index, name in enumerate(types)}
    objects = [_of_object(value, known) for value in json_objects(answer)]
    if any(found is not None for found in objects):
        mentions = [mention for found in objects for mention in found or ()]
        return Listed(mentions=mentions, unread=0, none=not mentions)
    return _read_lines(answer, known)


def _read_lines(answer: str, known: Mapping[str, int]) -> Listed:
    mentions, unread, none = [], 0, _EMPTY_JSON.fullmatch(answer.strip()) is not None
    for line in answer.splitlines():
        content = _BULLET.sub("", line)
        if content.startswith('"'):  # of JSON that was cut off
            content = content.rstrip(" ,")
        content = content.strip(_MARKS)
        if not content:
            continue
        if _says_none(content):
            none = True
        elif (mention := _of_line(content, known)) is None:
            unread += 1
        elif _says_none(mention[1]):
            none = True
        else:
            mentions.append(mention)
    return Listed(mentions=mentions, unread=unread, none=none)


def _of_line(line: str, known: Mapping[str, int]) -> tuple[int, str] | None:
    """Return the (type, text) of a line, None if it holds none."""
    pairs = []
    if colons := [match.start() for match in _COLON.finditer(line)]:
        first, last = colons[0], colons[-1]
        pairs = [(line[:first], line[first + 1 :]), (line[last + 1 :], line[:last])]
    if match := _IN_PARENTHESES.match(line):
        pairs.append((match["kind"], match["text"]))
    for kind, text in pairs:
        index, mention = _index(kind, known), text.strip(_MARKS)
        if index is not None and mention:
            return index, mention
    return None


def _of_object(value: Mapping[str, JSON], known: Mapping[str, int]) -> list[tuple[int, str]] | None:
    """Return the mentions of one JSON object; None if it names no type."""
    kind = next((value[key] for key in _TYPE_KEYS if isinstance(value.get(key), str)), None)
    if kind is not None and (text := _text_of(value)) is not None:
        index = _index(kind, known)
        return None if index is None else [(index, text)]
    found = {key: index for key in value if (index := _index(key, known)) is not None}
    if not found:
        return None
    return [(index, text) for key, index in found.items() for text in _texts_of(value[key])]


def _texts_of(listed: JSON) -> list[str]:
    items = listed if isinstance(listed, list) else [listed]
    return [text for item in items if (text := _text_of(item)) is not None]


def _text_of(item: JSON) -> str | None:
    """Return a text, or the text of an object; None if it is blank or neither."""
    if isinstance(item, dict):
        item = next((item[key] for key in _TEXT_KEYS if isinstance(item.get(key), str)), None)
    return item if isinstance(item, str) and item.strip() and not _says_none(item) else None


def _index(kind: str, known: Mapping[str, int]) -> int | None:
    key = _key(kind)
    return known.get(key, known.get(key.removesuffix("s")))


def _key(kind: str) -> str:
    return " ".join(kind.strip(_MARKS).casefold().replace("_", " ").split())


def _says_none(text: str) -> bool:
    return text.strip(f"{_MARKS}.。()（）").casefold() in _NONE
