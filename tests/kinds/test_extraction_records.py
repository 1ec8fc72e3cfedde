import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.data import Row
from harness.errors import DataError, TaskError
from harness.kinds.extraction import extraction
from harness.kinds.extraction.records import _fields
from harness.metrics.aggregate import AGGREGATES
from harness.records import Failure, Generate, Generation
from harness.task import Prompt

FIELDS = ("complaint", "drug", "follow_up")
RECORD = {"complaint": "cough", "drug": "Amoxicillin", "follow_up": None}
NOTE = {"text": "Cough. Amoxicillin was prescribed.", "record": RECORD}
ANSWER = json.dumps(RECORD)
CHINESE = {"text": "主诉：咳嗽。", "record": {"主诉": "咳嗽", "药物": None}}


@pytest.fixture
def task(card, jsonl):
    return extraction(card(), jsonl([NOTE]), fields=FIELDS)


def answered(task, text, finish="stop"):
    (document, *_) = task.documents(None)
    return task.score(document, [Generation(texts=(text,), finish=(finish,), tokens=(9,))], "gen")


def values(task, score):
    found = {}
    for metric in task.metrics:
        sums = np.array([metric.statistics(score.outcome)])
        (found[metric.info.name],) = AGGREGATES[metric.info.aggregate](sums)
    return found


def asked(task, format_="plain", shots=0, template=None):
    first, *others = task.documents(None)
    prompt = Prompt(
        formulation="gen", format=format_, examples=tuple(others[:shots]), template=template
    )
    (request,) = task.requests(first, prompt)
    return request


def test_the_plain_prompt_names_the_fields_and_shows_json(card, jsonl):
    rows = [NOTE, {**NOTE, "id": "x"}]
    task = extraction(card(), jsonl(rows), fields=FIELDS, max_tokens=99)
    question = (
        f"Note: {NOTE['text']}\n"
        "Write a JSON object with these fields of the note: complaint, drug, follow_up.\n"
        "Copy the words of the note; null for what it does not state.\n"
        "JSON:\n"
    )
    assert asked(task, shots=1) == Generate(
        context=f"{question}{ANSWER}\n\n{question}", stop=("\n\n",), max_tokens=99
    )


def test_chinese_is_asked_in_chinese_and_shown_unescaped(card, jsonl):
    rows = [CHINESE, {**CHINESE, "id": "x"}]
    context = asked(extraction(card("zh"), jsonl(rows), fields=("主诉", "药物")), shots=1).context
    assert "字段：主诉、药物。" in context
    assert 'JSON：\n{"主诉": "咳嗽", "药物": null}\n\n病历：' in context


def test_a_chat_is_answered_until_the_end_of_the_turn(task, template):
    request = asked(task, "chat", template=template)
    assert request.context.endswith("JSON:\n[assistant]")
    assert request.stop == ()


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        f"```json\n{ANSWER}\n```",
        f"Here is the record: {ANSWER} I hope it helps.",
        f"{{}} {ANSWER}",
        json.dumps({"record": RECORD}),
        json.dumps([RECORD]),
        json.dumps({**RECORD, "age": 34}),
        '{"Complaint": " COUGH ", "DRUG": ["amoxicillin"], "Follow-up": ""}',
        '{"complaint": "fever", "complaint": "cough", "drug": "amoxicillin"}',
        '{"complaint": "cough", "drug": "amoxicillin", "follow_up": "none"}',
    ],
)
def test_the_right_record_is_read_wherever_and_however_it_stands(task, text):
    score = answered(task, text)
    assert (score.status, score.reason) == ("ok", None)
    found = values(task, score)
    assert found["micro_f1"] == found["exact_record"] == found["well_formed"] == 1.0


@pytest.mark.parametrize(
    ("text", "finish", "status", "reason"),
    [
        ("", "stop", "empty", "empty"),
        ("I'm sorry, but I can't help with that.", "stop", "refusal", "refusal"),
        ("A cough.", "stop", "no_answer", "no_answer: no JSON object"),
        (ANSWER[:-1], "stop", "no_answer", "no_answer: no JSON object"),
        (ANSWER[:-1], "length", "truncated", "truncated: no JSON object"),
        ("{'complaint': 'cough'}", "stop", "no_answer", "no_answer: no JSON object"),
        ('["cough"]', "stop", "no_answer", "no_answer: no JSON object"),
        (f'{{"complaint": {"9" * 5000}}}', "stop", "no_answer", "no_answer: no JSON object"),
    ],
)
def test_malformed_json_is_counted_and_scores_zero(task, text, finish, status, reason):
    score = answered(task, text, finish)
    assert (score.status, score.reason) == (status, reason)
    found = values(task, score)
    assert found["well_formed"] == found["micro_f1"] == found["exact_record"] == 0.0


def test_the_reason_names_the_wrong_fields(task):
    score = answered(
        task, '{"complaint": "cough", "drug": {"name": "amoxicillin"}, "follow_up": 3}'
    )
    assert (score.status, score.reason) == ("ok", "wrong: drug, follow_up")
    found = values(task, score)
    assert found["f1[complaint]"] == 1.0
    assert found["precision[drug]"] == 0.0
    assert found["micro_f1"] == pytest.approx(2 / (3 + 2))
    assert (found["exact_record"], found["well_formed"]) == (0.0, 1.0)


def test_a_record_that_the_token_limit_follows_is_truncated_and_right(task):
    score = answered(task, f"{ANSWER} And", "length")
    assert (score.status, score.reason) == ("truncated", None)


@pytest.mark.parametrize(
    "text",
    [
        "{" * 200_000,
        '{"drug":' * 100_000,
        '{"drug": "' + "x" * 1_000_000 + '"}',
        '{"a":1}' * 50_000,
    ],
    ids=["braces", "nested", "long", "many"],
)
def test_a_huge_answer_is_scored(task, text):
    assert answered(task, text).reason


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(alphabet=st.sampled_from('{}[]":, complaintdrug1eNa\\u\ud800'), max_size=60))
def test_no_answer_raises(task, text):
    score = answered(task, text)
    assert score.status in {"ok", "no_answer", "empty"}
    assert len(task.metrics[0].statistics(score.outcome)) == 9


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999", "1e3"])
def test_odd_numbers_are_values(task, number):
    assert answered(task, f'{{"drug": {number}}}').reason == "wrong: complaint, drug"


def test_a_failure_is_an_error_without_an_outcome(task):
    (document,) = task.documents(None)
    score = task.score(document, [Failure("out of memory")], "gen")
    assert (score.status, score.outcome, score.reason) == ("error", None, "out of memory")


def test_fields_may_stand_in_the_row_itself(card, jsonl):
    row = {"text": "Cough.", "complaint": "cough", "age": 3}
    (document,) = extraction(card(), jsonl([row]), fields=FIELDS).documents(None)
    assert document.fields["record"] == {"complaint": "cough", "drug": None, "follow_up": None}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"record": RECORD}, "field 'text' is missing"),
        ({"text": "x", "record": "y"}, "field 'record' must be an object, not str"),
        ({"text": "x", "record": None}, "field 'record' must be an object, not NoneType"),
        ({"text": "x", "record": {"dose": 3}}, "'dose' of the record isn't one of: complaint, dr"),
        ({"text": "x", "record": {}}, "the record has none of the task's fields"),
        ({"text": "x"}, "the record has none of the task's fields: complaint, drug, follow_up"),
        ({"text": "x", "record": {"drug": {"a": 1}}}, "record field 'drug' must be text, a number"),
        ({"text": "x", "record": {"drug": [["a"]]}}, "record field 'drug' must be text, a number"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(card, jsonl, row, message):
    with pytest.raises(DataError, match=rf"rows.jsonl:1: .*{message}"):
        extraction(card(), jsonl([row]), fields=FIELDS).documents(None)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
KEYS = st.sampled_from([*FIELDS, "dose", "a\nb", ""])
ROW = st.fixed_dictionaries(
    {},
    optional={
        "text": JUNK | st.just("A note."),
        "record": JUNK | st.dictionaries(KEYS, JUNK, max_size=3),
        "drug": JUNK,
    },
)


@settings(max_examples=1000, deadline=None)
@given(ROW)
def test_a_malformed_row_is_a_data_error_of_one_line_and_nothing_else(row):
    refused = ""
    try:
        fields = _fields(FIELDS, Row(row, "rows.jsonl", 7))
    except DataError as error:
        refused = str(error)
    if refused:
        assert refused.startswith("rows.jsonl:7: ")
        assert len(refused.splitlines()) == 1
    else:
        assert tuple(fields["record"]) == FIELDS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": "drug"}, "`fields` must be a list"),
        ({"fields": ("drug", " DRUG")}, "`fields` must all be different"),
        ({"fields": ("a\nb",)}, "must not hold a colon or a newline"),
        ({"fields": FIELDS, "max_tokens": "9"}, "`max_tokens` must be at least 1"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(card, jsonl, options, message):
    with pytest.raises(TaskError, match=f"quiz: .*{message}"):
        extraction(card(), jsonl([NOTE]), **options)
