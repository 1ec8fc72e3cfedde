"""Draws texts from the slot grammars: everyday documents, clinic notes, statements of facts.

A slot is written {name}; {name2} draws another value of the same slot. Within one document a slot
keeps its value, in both languages.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

from harness.demo.tables import Bilingual, Fact, Notes, Scene, Slots

SLOT = re.compile(r"\{([a-z_]+)(\d*)\}")
NOTE_PARTS = {
    "complaint": "complaints",
    "finding": "findings",
    "diagnosis": "diagnoses",
    "plan": "plans",
}


class Note(NamedTuple):
    """A clinic note, what it says in one sentence, and the specialty it belongs to."""

    text: Bilingual
    summary: Bilingual
    overview: Bilingual
    label: Bilingual


class Filler:
    """The slot values of one document, drawn when a slot is first met."""

    def __init__(self, slots: Slots, rng: random.Random) -> None:
        self.slots = slots
        self.rng = rng
        self.values: dict[str, Bilingual] = {}

    def fill(self, text: Bilingual) -> Bilingual:
        """`text` with every slot replaced; the English begins with a capital."""
        for name, number in SLOT.findall(text.en + text.zh):
            self._settle(name, number)
        english = SLOT.sub(lambda met: self.values[met[1] + met[2]].en, text.en)
        chinese = SLOT.sub(lambda met: self.values[met[1] + met[2]].zh, text.zh)
        return Bilingual(capitalised(english), chinese)

    def _settle(self, name: str, number: str) -> None:
        if name + number in self.values:
            return
        used = {value for key, value in self.values.items() if key.rstrip("0123456789") == name}
        free = [value for value in self.slots[name] if value not in used]
        self.values[name + number] = self.rng.choice(free)


def capitalised(text: str) -> str:
    """`text` with its first letter in upper case and the rest as it is."""
    return text[:1].upper() + text[1:]


def joined(sentences: Sequence[Bilingual]) -> Bilingual:
    """Sentences one after the other, as each language spaces them."""
    return Bilingual(" ".join(s.en for s in sentences), "".join(s.zh for s in sentences))


def everyday_sentence(rows: Sequence[Bilingual], filler: Filler) -> Bilingual:
    """One of the sentences that may stand at a position of a scene."""
    return filler.fill(filler.rng.choice(rows))


def everyday_sentences(scene: Scene, filler: Filler) -> list[Bilingual]:
    """One sentence for each position of a scene."""
    return [everyday_sentence(rows, filler) for rows in scene.positions]


def clinic_note(notes: Notes, rng: random.Random) -> Note:
    """A note of a random specialty; its summary is in the first form, its overview in another."""
    specialty = rng.choice(notes.specialties)
    filler = Filler(notes.slots, rng)
    for slot, table in NOTE_PARTS.items():
        filler.values[slot] = rng.choice(specialty.parts[table])
    return Note(
        filler.fill(rng.choice(notes.forms)),
        filler.fill(notes.summaries[0]),
        filler.fill(rng.choice(notes.summaries[1:])),
        specialty.label,
    )


def worded(wording: str, fact: Fact, language: str) -> str:
    """A fact in one wording: a statement, a question or a bit of context."""
    named = wording.replace("{s}", fact.subject.of(language))
    return capitalised(named.replace("{o}", fact.object.of(language)))


def stem(wording: str, fact: Fact, language: str) -> str:
    """A statement up to where its object would begin, without the space before it."""
    return worded(wording.partition("{o}")[0], fact, language).rstrip()
