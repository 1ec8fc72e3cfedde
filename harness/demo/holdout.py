"""What training must never see: the one place that separates the streams from the evaluation sets.

Wordings, questions, forms and topics are held out by position in their table, everyday sentences
and clinic notes by a hash of their English text, and a third of the facts is never asked about
while the family is trained.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import NamedTuple

from harness.demo.tables import Bilingual, Fact, Tables, Topic

HELD_STATEMENTS = 2
HELD_QUESTIONS = 1
TEXTS_PER_HELD_ONE = 8
EXAMINED_PER_RELATION = 10
TOPICS_PER_HELD_ONE = 4


class Parts(NamedTuple):
    """One table cut in two."""

    train: Sequence[str]
    held: Sequence[str]


def statements(tables: Tables, relation: str, language: str) -> Parts:
    """The statement wordings of a relation; the last ones are held out."""
    rows = tables.wordings[relation].statements[language]
    return Parts(rows[:-HELD_STATEMENTS], rows[-HELD_STATEMENTS:])


def questions(tables: Tables, relation: str, language: str) -> Parts:
    """The question wordings of a relation; the last one is held out."""
    rows = tables.wordings[relation].questions[language]
    return Parts(rows[:-HELD_QUESTIONS], rows[-HELD_QUESTIONS:])


def is_held_out(text: Bilingual) -> bool:
    """Whether a sentence or note is kept from training."""
    return hashlib.sha256(text.en.encode()).digest()[0] % TEXTS_PER_HELD_ONE == 0


def examined_facts(tables: Tables) -> list[Fact]:
    """Facts that are stated in pretraining and never named afterwards, spread over relations."""
    by_relation: dict[str, list[Fact]] = {}
    for fact in tables.facts:
        by_relation.setdefault(fact.relation, []).append(fact)
    examined = []
    for relation, facts in by_relation.items():
        examined += random.Random(relation).sample(facts, EXAMINED_PER_RELATION)
    return examined


def taught_facts(tables: Tables) -> list[Fact]:
    """The facts that SFT asks about."""
    examined = set(examined_facts(tables))
    return [fact for fact in tables.facts if fact not in examined]


def train_topics(tables: Tables) -> list[Topic]:
    """The preference topics that training may use."""
    return [t for i, t in enumerate(tables.topics) if i % TOPICS_PER_HELD_ONE]


def held_topics(tables: Tables) -> list[Topic]:
    """The preference topics that only the evaluation uses."""
    return list(tables.topics[::TOPICS_PER_HELD_ONE])
