"""Loads what a person wrote: facts with their wordings, grammars of texts, preferences.

All of it is bilingual; `Bilingual` keeps the English and the Chinese of one thing together.
"""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple

LANGUAGES = ("en", "zh")


class Bilingual(NamedTuple):
    """The same text in English and in Chinese."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """The text in one language, 'en' or 'zh'."""
        return self[LANGUAGES.index(language)]


Slots = Mapping[str, Sequence[Bilingual]]


@dataclass(frozen=True, slots=True)
class Fact:
    """A true medical fact: relation(subject) = object."""

    id: str
    relation: str
    subject: Bilingual
    object: Bilingual


@dataclass(frozen=True, slots=True)
class Wordings:
    """How one relation is said: parallel lists per language; {s} the subject, {o} the object."""

    statements: Mapping[str, Sequence[str]]
    questions: Mapping[str, Sequence[str]]
    contexts: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of everyday text: for each position the sentences that may stand there."""

    title: str
    positions: Sequence[Sequence[Bilingual]]


@dataclass(frozen=True, slots=True)
class Specialty:
    """What the clinic notes of one specialty are made of."""

    label: Bilingual
    parts: Mapping[str, Sequence[Bilingual]]


@dataclass(frozen=True, slots=True)
class Notes:
    """The grammar of clinic notes and of their one-sentence summaries."""

    slots: Slots
    specialties: Sequence[Specialty]
    forms: Sequence[Bilingual]
    summaries: Sequence[Bilingual]


@dataclass(frozen=True, slots=True)
class Topic:
    """A request with better and worse replies, and the principle that tells them apart."""

    prompts: Sequence[Bilingual]
    chosen: Sequence[Bilingual]
    rejected: Sequence[Bilingual]
    principle: str
    slots: Slots


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything the corpus is made of."""

    facts: Sequence[Fact]
    wordings: Mapping[str, Wordings]
    everyday_slots: Slots
    scenes: Sequence[Scene]
    notes: Notes
    topics: Sequence[Topic]


def _bilingual(rows: Sequence[Sequence[str]]) -> tuple[Bilingual, ...]:
    return tuple(Bilingual(en, zh) for en, zh in rows)


def _slots(raw: Mapping[str, Any]) -> Slots:
    return {name: _bilingual(rows) for name, rows in raw.items()}


def _read(name: str) -> str:
    return files("harness.demo").joinpath("tables", name).read_text(encoding="utf-8")


def _facts() -> tuple[Fact, ...]:
    rows = csv.DictReader(_read("facts.tsv").splitlines(), delimiter="\t")
    return tuple(
        Fact(
            row["id"],
            row["relation"],
            Bilingual(row["subject_en"], row["subject_zh"]),
            Bilingual(row["object_en"], row["object_zh"]),
        )
        for row in rows
    )


def _wordings() -> dict[str, Wordings]:
    found = {}
    for relation, raw in json.loads(_read("relations.json")).items():
        kinds = [
            {language: tuple(raw[f"{kind}_{language}"]) for language in LANGUAGES}
            for kind in ("statements", "questions", "context")
        ]
        found[relation] = Wordings(*kinds)
    return found


def _scenes(raw: Mapping[str, Any]) -> tuple[Scene, ...]:
    return tuple(
        Scene(scene["title"], tuple(_bilingual(rows) for rows in scene["sentences"]))
        for scene in raw["scenes"]
    )


def _notes() -> Notes:
    raw = json.loads(_read("notes.json"))
    specialties = tuple(
        Specialty(
            Bilingual(name, parts["label_zh"]),
            {kind: _bilingual(rows) for kind, rows in parts.items() if kind != "label_zh"},
        )
        for name, parts in raw["specialties"].items()
    )
    forms, summaries = (_bilingual(raw[kind]) for kind in ("note_forms", "summary_forms"))
    return Notes(_slots(raw["slots"]), specialties, forms, summaries)


def _topics() -> tuple[Topic, ...]:
    raw = json.loads(_read("preferences.json"))
    shared = _slots(raw["slots"])
    return tuple(
        Topic(
            _bilingual(topic["prompt"]),
            _bilingual(topic["chosen"]),
            _bilingual(topic["rejected"]),
            topic["principle"],
            {**shared, **_slots(topic.get("slots") or {})},
        )
        for topic in raw["topics"]
    )


@functools.cache
def load_tables() -> Tables:
    """Read all tables; they are small and never change while a program runs."""
    everyday = json.loads(_read("everyday.json"))
    return Tables(
        _facts(), _wordings(), _slots(everyday["slots"]), _scenes(everyday), _notes(), _topics()
    )
