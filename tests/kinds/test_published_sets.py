"""The kinds on published sets; their shapes are also those of the rows in the other files here."""

import json

import pytest

from harness.data import DataSet
from harness.kinds.classification import classification
from harness.kinds.multiple_choice import multiple_choice
from harness.kinds.perplexity.kind import count_words, perplexity


@pytest.mark.parametrize(
    ("name", "shots", "language", "scored"),
    [
        ("medqa_usmle", "dev", "en", 1273),
        ("cmexam", "train", "zh", 2000 - 61),
        ("mmlu_general", "train", "en", 1920),
        ("arc_challenge", None, "en", 1172 - 8),
    ],
)
def test_answers_of_published_sets_are_read_as_meant(card, shared, name, shots, language, scored):
    data = DataSet(set=name, shots=shots)
    task = multiple_choice(card(language), data, single_answer_only=name == "cmexam")
    folder = shared / "data"
    lines = (folder / name / "test.jsonl").read_text(encoding="utf-8").strip().split("\n")
    meant = {row["id"]: row["answer_idxs"] for row in map(json.loads, lines)}
    documents = task.documents(folder)
    assert all([document.fields["answer"]] == meant[document.id] for document in documents)
    assert len(documents) == scored
    assert len(task.examples(folder)) >= 5


def test_published_labels_are_accepted(card, shared):
    labels = (
        "neoplasms",
        "digestive system diseases",
        "nervous system diseases",
        "cardiovascular diseases",
        "general pathological conditions",
    )
    task = classification(card(), DataSet(set="medical_abstracts"), labels=labels)
    assert len(task.documents(shared / "data")) == 1000 - 8


def test_chinese_text_has_words(card, shared):
    task = perplexity(card("zh"), DataSet(set="ppl_cmexam_zh"))
    for document in task.documents(shared / "data")[:50]:
        text = document.fields["text"]
        assert len(text) / 2 < count_words(text) <= len(text)
