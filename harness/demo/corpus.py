"""The training streams: texts to read, turns to imitate, pairs to prefer.

Pure generation: every draw comes from the generator that is passed in, and nothing that
`harness.demo.holdout` reserves for the evaluation is ever drawn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.demo import grammar, holdout, prompts
from harness.demo.tables import LANGUAGES, Bilingual, Fact, Tables, Topic

PAIRS_PER_TOPIC = 12


@dataclass(frozen=True, slots=True)
class Turn:
    """What a user says and what the assistant answers."""

    prompt: str
    answer: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt with the reply to prefer and the reply to avoid."""

    prompt: str
    chosen: str
    rejected: str


def everyday_document(tables: Tables, rng: random.Random) -> list[Bilingual]:
    """The sentences of an everyday text, none of them held out."""
    filler = grammar.Filler(tables.everyday_slots, rng)
    found = grammar.everyday_sentences(rng.choice(tables.scenes), filler)
    return [sentence for sentence in found if not holdout.is_held_out(sentence)]


def note(tables: Tables, rng: random.Random) -> grammar.Note:
    """A clinic note that isn't held out."""
    while True:
        drawn = grammar.clinic_note(tables.notes, rng)
        if not holdout.is_held_out(drawn.text):
            return drawn


def stated(tables: Tables, fact: Fact, rng: random.Random) -> Bilingual:
    """A fact in both languages, in wordings that are about the same."""
    rows = [holdout.statements(tables, fact.relation, language).train for language in LANGUAGES]
    number = rng.randrange(min(len(rows[0]), len(rows[1])))
    return Bilingual(
        grammar.worded(rows[0][number], fact, "en"), grammar.worded(rows[1][number], fact, "zh")
    )


def preference_pair(topic: Topic, language: str, rng: random.Random) -> Pair:
    """A prompt of a topic in one wording, with one reply of either kind."""
    filler = grammar.Filler(topic.slots, rng)
    rows = (topic.prompts, topic.chosen, topic.rejected)
    return Pair(*(filler.fill(rng.choice(texts)).of(language) for texts in rows))


def pretraining_texts(tables: Tables, rng: random.Random) -> Iterator[str]:
    """Endless documents: about half general text, half medical facts, in both languages."""
    reader = Reader(tables, rng)
    while True:
        yield reader.document()


def instructions(tables: Tables, rng: random.Random) -> Iterator[Turn]:
    """Endless turns for SFT, about facts that may be named in it."""
    teacher = Teacher(tables, rng)
    while True:
        yield teacher.turn()


def preference_pairs(tables: Tables, rng: random.Random) -> list[Pair]:
    """The pairs for DPO, several per topic and language."""
    return [
        preference_pair(topic, language, rng)
        for topic in holdout.train_topics(tables)
        for language in LANGUAGES
        for _ in range(PAIRS_PER_TOPIC)
    ]


class Reader:
    """Draws pretraining documents."""

    def __init__(self, tables: Tables, rng: random.Random) -> None:
        self.tables = tables
        self.rng = rng
        self.topics = holdout.train_topics(tables)

    def document(self) -> str:
        """A document of one of the kinds, in one language or with its translation."""
        kinds = (self.everyday, self.note, self.exchange, self.paragraph, self.parallel)
        (kind,) = self.rng.choices(kinds, weights=(30, 9, 5, 42, 14))
        return kind(self.rng.choice(LANGUAGES))

    def everyday(self, language: str) -> str:
        """An everyday text."""
        return grammar.joined(everyday_document(self.tables, self.rng)).of(language)

    def note(self, language: str) -> str:
        """A clinic note, at times with an overview before it."""
        drawn = note(self.tables, self.rng)
        lines = [drawn.overview, drawn.text] if self.rng.random() < 0.3 else [drawn.text]
        return "\n".join(line.of(language) for line in lines)

    def exchange(self, language: str) -> str:
        """A question somebody asked and any reply to it, good or bad."""
        pair = preference_pair(self.rng.choice(self.topics), language, self.rng)
        return f"{pair.prompt}\n{self.rng.choice((pair.chosen, pair.rejected))}"

    def paragraph(self, language: str) -> str:
        """A few facts, some of them met in a little scene."""
        parts = []
        for fact in self.rng.sample(self.tables.facts, 4):
            rows: Sequence[str] = holdout.statements(self.tables, fact.relation, language).train
            if self.rng.random() < 0.1:
                rows = self.tables.wordings[fact.relation].contexts[language]
            parts.append(grammar.worded(self.rng.choice(rows), fact, language))
        return (" " if language == "en" else "").join(parts)

    def parallel(self, language: str) -> str:
        """A few sentences, each followed by its translation."""
        if self.rng.random() < 0.35:
            found = everyday_document(self.tables, self.rng)[:3]
        else:
            facts = self.rng.sample(self.tables.facts, 3)
            found = [stated(self.tables, fact, self.rng) for fact in facts]
        order = (0, 1) if language == "en" else (1, 0)
        return "\n".join(sentence[at] for sentence in found for at in order)


class Teacher:
    """Draws the turns of SFT."""

    def __init__(self, tables: Tables, rng: random.Random) -> None:
        self.tables = tables
        self.rng = rng
        self.facts = holdout.taught_facts(tables)
        self.topics = holdout.train_topics(tables)

    def turn(self) -> Turn:
        """A turn of one of the kinds, in one language."""
        kinds = (
            self.question,
            self.lettered,
            self.specialty,
            self.summary,
            self.fact_translation,
            self.everyday_translation,
            self.reply,
        )
        (kind,) = self.rng.choices(kinds, weights=(40, 20, 7, 8, 8, 7, 10))
        return kind(self.rng.choice(LANGUAGES))

    def question(self, language: str) -> Turn:
        """An open question about a fact, with or without its frame."""
        fact = self.rng.choice(self.facts)
        asked = self._asked(fact, language)
        framed = prompts.QUESTION[language].format(asked)
        return Turn(self.rng.choice((asked, framed)), fact.object.of(language))

    def lettered(self, language: str) -> Turn:
        """A question with four options, answered by a letter."""
        fact = self.rng.choice(self.facts)
        options = four_objects(self.tables, fact, self.rng)
        asked = prompts.lettered(
            self._asked(fact, language), [option.of(language) for option in options]
        )
        letter = prompts.LETTERS[options.index(fact.object)]
        return Turn(prompts.QUESTION[language].format(asked), letter)

    def specialty(self, language: str) -> Turn:
        """A note and the specialty it belongs to."""
        drawn = note(self.tables, self.rng)
        prompt = prompts.SPECIALTY[language].format(drawn.text.of(language))
        return Turn(prompt, drawn.label.of(language))

    def summary(self, language: str) -> Turn:
        """A note and its summary."""
        drawn = note(self.tables, self.rng)
        prompt = prompts.SUMMARY[language].format(drawn.text.of(language))
        return Turn(prompt, drawn.summary.of(language))

    def fact_translation(self, language: str) -> Turn:
        """A statement to be translated from `language`."""
        return translation(stated(self.tables, self.rng.choice(self.facts), self.rng), language)

    def everyday_translation(self, language: str) -> Turn:
        """An everyday sentence to be translated from `language`."""
        found: list[Bilingual] = []
        while not found:
            found = everyday_document(self.tables, self.rng)
        return translation(self.rng.choice(found), language)

    def reply(self, language: str) -> Turn:
        """A request and any reply that people wrote to it, good or bad."""
        pair = preference_pair(self.rng.choice(self.topics), language, self.rng)
        return Turn(pair.prompt, self.rng.choice((pair.chosen, pair.rejected)))

    def _asked(self, fact: Fact, language: str) -> str:
        rows = holdout.questions(self.tables, fact.relation, language).train
        return grammar.worded(self.rng.choice(rows), fact, language)


def translation(sentence: Bilingual, language: str) -> Turn:
    """A sentence to be translated from `language` into the other one."""
    answer = sentence.zh if language == "en" else sentence.en
    return Turn(prompts.TRANSLATION[language].format(sentence.of(language)), answer)


def four_objects(tables: Tables, fact: Fact, rng: random.Random) -> list[Bilingual]:
    """The object of a fact among three others of its relation, shuffled."""
    true = {
        f.object for f in tables.facts if (f.relation, f.subject) == (fact.relation, fact.subject)
    }
    others = {f.object for f in tables.facts if f.relation == fact.relation} - true
    options = [fact.object, *rng.sample(sorted(others), 3)]
    rng.shuffle(options)
    return options
