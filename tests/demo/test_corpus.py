import itertools
import json
import random
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from harness.demo import documents, holdout
from harness.demo.corpus import instructions, preference_pairs, pretraining_texts
from harness.demo.tables import LANGUAGES, load_tables

DATA = Path(str(files("tasks").joinpath("data")))
DRAWN = 6000


@cache
def training_text() -> str:
    tables = load_tables()
    texts = itertools.islice(pretraining_texts(tables, random.Random(5)), DRAWN)
    turns = itertools.islice(instructions(tables, random.Random(6)), DRAWN)
    pairs = preference_pairs(tables, random.Random(7))
    return "\n\n".join(
        [
            *texts,
            *(f"{turn.prompt} {turn.answer}" for turn in turns),
            *(f"{pair.prompt}\n{pair.chosen}\n{pair.rejected}" for pair in pairs),
        ]
    )


@cache
def sets() -> dict[str, list[documents.Row]]:
    return documents.build(load_tables())


def test_the_committed_documents_are_what_the_program_writes(tmp_path: Path) -> None:
    documents.write(sets(), tmp_path)
    for written in sorted(tmp_path.iterdir()):
        assert written.read_bytes() == (DATA / written.name).read_bytes(), written.name


def test_every_set_has_one_key_set_and_unique_ids() -> None:
    for name, rows in sets().items():
        assert len({tuple(row) for row in rows}) == 1, name
        assert len({row["id"] for row in rows}) == len(rows), name


def test_shots_are_disjoint_from_what_is_scored() -> None:
    shots = {name: rows for name, rows in sets().items() if name.endswith("_shots")}
    assert shots
    for name, rows in shots.items():
        scored = sets()[name.removesuffix("_shots")]
        contents = [{**row, "id": None} for row in scored]
        assert len(rows) == documents.SHOTS
        assert not [row for row in rows if {**row, "id": None} in contents], name


def test_letters_of_the_answers_are_balanced_and_choices_differ() -> None:
    for name in ("medical_facts_en", "medical_facts_zh", "medical_qa_en", "medical_qa_zh"):
        rows = sets()[name]
        counts = [sum(row["answer"] == letter for row in rows) for letter in "ABCD"]
        assert max(counts) - min(counts) <= documents.SHOTS, name
        for row in rows:
            choices = row["choices"]
            assert isinstance(choices, list)
            assert len(set(choices)) == 4, row["id"]


@pytest.mark.parametrize("field", ["text", "question", "source", "target", "en", "zh", "prompt"])
def test_no_evaluation_text_occurs_in_the_training_streams(field: str) -> None:
    found = {str(row[field]) for rows in sets().values() for row in rows if field in row}
    assert found
    assert not [text for text in found if text in training_text()]


def test_no_held_out_reply_occurs_in_the_training_streams_with_its_prompt() -> None:
    for language in LANGUAGES:
        for row in sets()[f"preference_{language}"]:
            for reply in (row["chosen"], row["rejected"]):
                assert f"{row['prompt']}\n{reply}" not in training_text()
                assert f"{row['prompt']} {reply}" not in training_text()


def test_held_out_wordings_are_not_part_of_training_wordings() -> None:
    tables = load_tables()
    for relation, language in itertools.product(tables.wordings, LANGUAGES):
        for parts in (
            holdout.statements(tables, relation, language),
            holdout.questions(tables, relation, language),
        ):
            for held in parts.held:
                stem = held.partition("{o}")[0].rstrip()
                assert not [text for text in parts.train if stem in text], (relation, held)


def test_fine_tuning_never_asks_about_an_examined_fact() -> None:
    tables = load_tables()
    taught = {fact.id for fact in holdout.taught_facts(tables)}
    for name in ("medical_qa_en", "medical_qa_zh", "medical_facts_en", "medical_facts_zh"):
        assert not taught & {str(row["id"]) for row in sets()[name]}


def test_the_streams_depend_on_nothing_but_their_generator() -> None:
    tables = load_tables()
    for make in (pretraining_texts, instructions):
        first, second = (list(itertools.islice(make(tables, random.Random(1)), 50)) for _ in "ab")
        assert first == second
    assert preference_pairs(tables, random.Random(1)) == preference_pairs(tables, random.Random(1))


def test_files_are_utf8_without_escapes() -> None:
    for path in DATA.glob("medical_qa_zh*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert "\\u" not in text
        assert all(json.loads(line) for line in text.splitlines())
