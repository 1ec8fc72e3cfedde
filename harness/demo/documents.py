"""Writes the family's evaluation sets: `python -m harness.demo.documents [--out DIR]`.

Run it from the root of the repository; it writes `tasks/data/*.jsonl`, the same bytes every time.
Everything in them comes from what `harness.demo.holdout` keeps out of the training streams. The
English and the Chinese set of a pair hold the same items, so that languages can be compared.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from harness.demo import grammar, holdout, prompts
from harness.demo.corpus import four_objects, preference_pair
from harness.demo.tables import LANGUAGES, Bilingual, Fact, Tables, load_tables

Row = dict[str, object]
T = TypeVar("T")

TEXTS = 80
WORDS = (40, 120)
FACTS = 120
QUESTIONS = 150
SPECIALTY_NOTES = 100
SUMMARIES = 60
TRANSLATIONS = 100
PREFERENCES = 100
SHOTS = 8


def build(tables: Tables) -> dict[str, list[Row]]:
    """Every set by its file name, without the ending."""
    specialty, summary = note_sets(tables)
    facts = distinct(examined(tables, "facts"), FACTS + SHOTS)
    asked = distinct(examined(tables, "questions"), QUESTIONS + SHOTS)
    sets: dict[str, list[Row]] = {}
    for language in LANGUAGES:
        sets[f"general_text_{language}"] = texts(general_texts(tables), language)
        sets[f"medical_text_{language}"] = texts(medical_texts(tables), language)
        rows = choice_rows(tables, facts, language, fact_stem)
        sets |= with_shots(f"medical_facts_{language}", rows)
        rows = choice_rows(tables, asked, language, fact_question)
        sets |= with_shots(f"medical_qa_{language}", rows)
        rows = [{"text": n.text.of(language), "label": n.label.of(language)} for n in specialty]
        sets |= with_shots(f"specialty_{language}", rows)
        rows = [{"source": n.text.of(language), "target": n.summary.of(language)} for n in summary]
        sets |= with_shots(f"note_summary_{language}", rows)
        sets[f"preference_{language}"] = preference_rows(tables, language)
    rows = [{"en": s.en, "zh": s.zh} for s in translations(tables)]
    return sets | with_shots("translation_en_zh", rows)


def numbered(rows: list[Row], prefix: str) -> list[Row]:
    """The rows with an `id` in front, unless they have one."""
    return [{"id": f"{prefix}-{number:03}"} | row for number, row in enumerate(rows, 1)]


def with_shots(name: str, rows: list[Row]) -> dict[str, list[Row]]:
    """A scored set and, from its last rows, the examples for its prompts."""
    shots = numbered(rows[-SHOTS:], f"{name}-shot")
    return {name: numbered(rows[:-SHOTS], name), f"{name}_shots": shots}


def distinct(draws: Iterator[T], count: int) -> list[T]:
    """The first `count` different things that are drawn."""
    found: dict[T, None] = {}
    while len(found) < count:
        found[next(draws)] = None
    return list(found)


def texts(drawn: Iterator[Bilingual], language: str) -> list[Row]:
    """Texts of a length that is neither a line nor a page, counted in English words."""
    fitting = (text for text in drawn if WORDS[0] <= len(text.en.split()) <= WORDS[1])
    found = [text.of(language) for text in distinct(fitting, TEXTS)]
    return numbered([{"text": text} for text in found], "text")


def general_texts(tables: Tables) -> Iterator[Bilingual]:
    """Everyday texts with at least one sentence that training never saw."""
    rng = random.Random("general texts")
    while True:
        filler = grammar.Filler(tables.everyday_slots, rng)
        sentences = grammar.everyday_sentences(rng.choice(tables.scenes), filler)
        if any(holdout.is_held_out(sentence) for sentence in sentences):
            yield grammar.joined(sentences)


def medical_texts(tables: Tables) -> Iterator[Bilingual]:
    """By turns two held-out notes and a few facts in held-out wordings."""
    rng = random.Random("medical texts")
    notes = held_notes(tables, rng)
    while True:
        first, second = next(notes).text, next(notes).text
        yield Bilingual(f"{first.en}\n{second.en}", f"{first.zh}\n{second.zh}")
        yield grammar.joined([stated(tables, f, rng) for f in rng.sample(tables.facts, 6)])


def held_notes(tables: Tables, rng: random.Random) -> Iterator[grammar.Note]:
    """Notes that training never saw."""
    while True:
        note = grammar.clinic_note(tables.notes, rng)
        if holdout.is_held_out(note.text):
            yield note


def note_sets(tables: Tables) -> tuple[list[grammar.Note], list[grammar.Note]]:
    """Different notes for naming the specialty, equally many of each, and for the summaries."""
    drawn = held_notes(tables, random.Random("notes"))
    summary = distinct(drawn, SUMMARIES + SHOTS)
    each = -(-(SPECIALTY_NOTES + SHOTS) // len(tables.notes.specialties))
    by_label: dict[Bilingual, list[grammar.Note]] = {s.label: [] for s in tables.notes.specialties}
    while any(len(found) < each for found in by_label.values()):
        note = next(drawn)
        if note not in summary and len(by_label[note.label]) < each:
            by_label[note.label].append(note)
    in_turn = [note for row in zip(*by_label.values(), strict=True) for note in row]
    return in_turn[: SPECIALTY_NOTES + SHOTS], summary


def stated(tables: Tables, fact: Fact, rng: random.Random) -> Bilingual:
    """A fact in a held-out wording of each language."""
    english, chinese = (
        grammar.worded(
            rng.choice(holdout.statements(tables, fact.relation, language).held), fact, language
        )
        for language in LANGUAGES
    )
    return Bilingual(english, chinese)


def examined(tables: Tables, name: str) -> Iterator[Fact]:
    """The facts that SFT never names, in an order of their own for each set."""
    facts = holdout.examined_facts(tables)
    yield from random.Random(name).sample(facts, len(facts))


def fact_stem(tables: Tables, fact: Fact, language: str) -> str:
    """A statement in a held-out wording, up to its object."""
    rows = holdout.statements(tables, fact.relation, language).held
    return grammar.stem(random.Random(fact.id).choice(rows), fact, language)


def fact_question(tables: Tables, fact: Fact, language: str) -> str:
    """A question in a held-out wording."""
    rows = holdout.questions(tables, fact.relation, language).held
    return grammar.worded(random.Random(fact.id).choice(rows), fact, language)


def choice_rows(
    tables: Tables, facts: list[Fact], language: str, ask: Callable[[Tables, Fact, str], str]
) -> list[Row]:
    """Four choices each; the letters of the answers are equally frequent and in no order."""
    rng = random.Random("choices")
    letters = list(prompts.LETTERS) * (len(facts) // len(prompts.LETTERS) + 1)
    rows: list[Row] = []
    for fact, letter in zip(facts, rng.sample(letters[: len(facts)], len(facts)), strict=True):
        others = [option for option in four_objects(tables, fact, rng) if option != fact.object]
        others.insert(prompts.LETTERS.index(letter), fact.object)
        row: Row = {"id": fact.id, "question": ask(tables, fact, language)}
        row |= {"choices": [option.of(language) for option in others], "answer": letter}
        rows.append(row | {"subject": fact.relation})
    return rows


def translations(tables: Tables) -> list[Bilingual]:
    """By turns facts in held-out wordings and everyday sentences that training never saw."""
    count = (TRANSLATIONS + SHOTS) // 2
    rng = random.Random("translations")
    facts = [stated(tables, fact, rng) for fact in rng.sample(tables.facts, count)]
    everyday = distinct(held_sentences(tables, rng), count)
    return [sentence for pair in zip(facts, everyday, strict=True) for sentence in pair]


def held_sentences(tables: Tables, rng: random.Random) -> Iterator[Bilingual]:
    """Everyday sentences that training never saw."""
    while True:
        filler = grammar.Filler(tables.everyday_slots, rng)
        sentence = rng.choice(grammar.everyday_sentences(rng.choice(tables.scenes), filler))
        if holdout.is_held_out(sentence):
            yield sentence


def preference_rows(tables: Tables, language: str) -> list[Row]:
    """Pairs from topics that training never saw, each topic equally often."""
    rng = random.Random("preferences")
    topics = holdout.held_topics(tables)
    draws = (preference_pair(topics[n % len(topics)], language, rng) for n in range(10**6))
    rows: list[Row] = [
        {"prompt": pair.prompt, "chosen": pair.chosen, "rejected": pair.rejected}
        for pair in distinct(draws, PREFERENCES)
    ]
    return numbered(rows, f"preference_{language}")


def write(sets: dict[str, list[Row]], out: Path) -> None:
    """One JSON object per line, in UTF-8."""
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in sets.items():
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        (out / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


def main() -> None:
    """Read the command line and write the sets."""
    parser = argparse.ArgumentParser(prog="python -m harness.demo.documents", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("tasks/data"), help="folder to write to")
    options = parser.parse_args()
    write(build(load_tables()), options.out)


if __name__ == "__main__":
    main()
