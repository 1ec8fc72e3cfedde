"""Rows with entities, rows with tags, and those that can't be used."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.data import Row
from harness.errors import DataError, TaskError
from harness.kinds.extraction import extraction
from harness.kinds.extraction.entities import _fields

TYPES = ("drug", "disease", "symptom")
TEXT = "Aspirin for flu. No chest pain; the flu is mild."
ENTITY = {"start": 0, "end": 7, "type": "drug", "text": "Aspirin"}
NOTE = {"text": TEXT, "entities": [ENTITY]}
TAGGED = {
    "tokens": ["Aspirin", "for", "heart", "failure", "."],
    "tags": ["B-drug", "O", "B-disease", "I-disease", "O"],
}


def test_tagged_tokens_are_joined_by_blanks(card, jsonl):
    (document,) = extraction(card(), jsonl([TAGGED]), types=TYPES).documents(None)
    assert document.fields["text"] == "Aspirin for heart failure ."
    assert [e["text"] for e in document.fields["entities"]] == ["Aspirin", "heart failure"]


def test_tagged_tokens_keep_their_own_text(card, jsonl):
    row = {**TAGGED, "text": "Aspirin for\nheart  failure."}
    (document,) = extraction(card(), jsonl([row]), types=TYPES).documents(None)
    assert document.fields["entities"][1] == {
        "start": 12,
        "end": 26,
        "type": "disease",
        "text": "heart  failure",
    }


def test_chinese_tokens_are_joined_without_blanks(card, jsonl):
    row = {"tokens": ["服", "二甲", "双胍"], "tags": ["O", "B-药物", "I-药物"]}
    (document,) = extraction(card("zh"), jsonl([row]), types=("药物",)).documents(None)
    assert document.fields["text"] == "服二甲双胍"
    assert document.fields["entities"][0]["text"] == "二甲双胍"


def entity(**changes):
    return {"text": TEXT, "entities": [{**ENTITY, **changes}]}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": TEXT}, "field 'tokens' is missing"),
        ({"entities": []}, "field 'text' is missing"),
        ({"text": TEXT, "entities": "flu"}, "field 'entities' must be a list, not str"),
        ({"text": TEXT, "entities": ["flu"]}, r"entities\[0\] must be an object"),
        (entity(start="0"), r"entities\[0\]: field 'start' must be a whole number, not '0'"),
        (entity(end=True), "field 'end' must be a whole number"),
        (entity(type=None), "field 'type' must be text, not None"),
        (entity(type="gene"), "'gene' isn't one of the task's: 'drug', 'disease', 'symptom'"),
        (entity(start=7), "7 to 7 isn't a span of a text of 48"),
        (entity(start=-1), "-1 to 7 isn't a span"),
        (entity(end=99), "0 to 99 isn't a span"),
        (entity(start=1, end=8), r"text\[1:8\] is 'spirin ', not 'Aspirin'; offsets count"),
        (entity(start=7, end=8, text=" "), "is blank"),
        ({"text": TEXT, "entities": [ENTITY] * 2}, "'Aspirin' at 0 is listed twice"),
        ({**TAGGED, "tags": ["O"]}, "5 tokens and 1 tags"),
        ({**TAGGED, "tags": ["O"] * 4 + ["I-drug"]}, r"tags\[4\] 'I-drug' continues nothing"),
        ({**TAGGED, "tags": ["O"] * 4 + ["S-drug"]}, r"tags\[4\] is 'S-drug'; an IOB2 tag"),
        ({**TAGGED, "tags": ["O"] * 4 + ["B-"]}, r"tags\[4\] is 'B-'"),
        ({**TAGGED, "tags": ["O"] * 4 + [3]}, r"tags\[4\] must be a text"),
        ({**TAGGED, "tokens": "Aspirin"}, "field 'tokens' must be a list"),
        ({**TAGGED, "text": "Aspirin for failure heart."}, r"tokens\[3\] 'failure' isn't in"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(card, jsonl, row, message):
    with pytest.raises(DataError, match=rf"rows.jsonl:1: .*{message}"):
        extraction(card(), jsonl([row]), types=TYPES).documents(None)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 60) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
PART = st.fixed_dictionaries(
    {},
    optional={
        "start": JUNK | st.integers(0, 20),
        "end": JUNK | st.integers(0, 20),
        "type": JUNK | st.sampled_from(TYPES),
        "text": JUNK | st.just("Aspirin"),
    },
)
TAG = st.sampled_from(["O", "B-drug", "I-drug", "B-x", "I-", "drug"])
ROW = st.fixed_dictionaries(
    {},
    optional={
        "text": JUNK | st.just(TEXT),
        "entities": JUNK | st.lists(PART | JUNK, max_size=3),
        "tokens": JUNK | st.lists(st.sampled_from(["Aspirin", "for", "", "\ud800"]), max_size=4),
        "tags": JUNK | st.lists(TAG | JUNK, max_size=4),
    },
)


@settings(max_examples=1000, deadline=None)
@given(ROW)
@example({"text": TEXT, "entities": [{"start": 0, "end": 7, "type": "drug", "text": ["x"]}]})
def test_a_malformed_row_is_a_data_error_of_one_line_and_nothing_else(row):
    refused = ""
    try:
        fields = _fields(TYPES, " ", Row(row, "rows.jsonl", 7))
    except DataError as error:
        refused = str(error)
    if refused:
        assert refused.startswith("rows.jsonl:7: ")
        assert len(refused.splitlines()) == 1
        return
    for found in fields["entities"]:
        assert fields["text"][found["start"] : found["end"]] == found["text"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs either `types` of entities or `fields`"),
        ({"types": TYPES, "fields": ("a",)}, "needs either"),
        ({"types": "drug"}, "`types` must be a list"),
        ({"types": ()}, "`types` must be a list"),
        ({"types": ("drug", 3)}, "`types` must be a list of texts"),
        ({"types": ("drug", "Drug")}, "`types` must all be different"),
        ({"types": ("a: b",)}, "must not hold a colon"),
        ({"types": TYPES, "max_tokens": 0}, "`max_tokens` must be at least 1"),
        ({"types": TYPES, "max_tokens": True}, "`max_tokens` must be at least 1"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(card, jsonl, options, message):
    with pytest.raises(TaskError, match=f"quiz: .*{message}"):
        extraction(card(), jsonl([NOTE]), **options)
