"""The bundled sets for extraction: a pair of languages holds the same items."""

import pytest

from harness.kinds.extraction.json_objects import json_objects
from harness.registry import builtin_tasks
from tasks.entities import TYPES
from tasks.note_record import FIELDS


def pairs(name):
    english, chinese = (builtin_tasks()[f"{name}_{x}"] for x in ("en", "zh"))
    sides = (
        sorted((*task.documents(None), *task.examples(None)), key=lambda d: d.id)
        for task in (english, chinese)
    )
    for en, zh in zip(*sides, strict=True):
        assert en.id.replace("_en-", "_zh-") == zh.id
        yield en.fields, zh.fields


def test_a_sentence_and_its_translation_have_equally_many_entities_of_each_type():
    found = list(pairs("entities"))
    assert len(found) == 68
    for en, zh in found:
        counts = [
            [sum(e["type"] == name for e in fields["entities"]) for name in TYPES[language]]
            for language, fields in (("en", en), ("zh", zh))
        ]
        assert counts[0] == counts[1], en["text"]
    assert sum(not en["entities"] for en, _ in found) >= 4
    assert sum(len(en["entities"]) for en, _ in found) > 150


def test_a_note_and_its_translation_state_the_same_fields_in_the_words_of_the_note():
    found = list(pairs("note_record"))
    assert len(found) == 68
    for en, zh in found:
        stated = []
        for language, fields in (("en", en), ("zh", zh)):
            values = [fields["record"][name] for name in FIELDS[language]]
            assert all(value is None or value in fields["text"] for value in values)
            stated.append([value is not None for value in values])
        assert stated[0] == stated[1], en["text"]
    assert sum(None in en["record"].values() for en, _ in found) >= 15


@pytest.mark.parametrize("name", ["entities_en", "entities_zh", "note_record_en", "note_record_zh"])
def test_no_two_items_have_the_same_text(name):
    task = builtin_tasks()[name]
    texts = [d.fields["text"] for d in (*task.documents(None), *task.examples(None))]
    assert len(set(texts)) == len(texts)
    assert not any(list(json_objects(text)) for text in texts)
