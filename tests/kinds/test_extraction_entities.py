import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.kinds.extraction import extraction
from harness.metrics.aggregate import AGGREGATES
from harness.records import Document, Failure, Generate, Generation, Likelihood
from harness.task import Prompt

TYPES = ("drug", "disease", "symptom")
TEXT = "Aspirin for flu. No chest pain; the flu is mild."
ENTITIES = [
    {"start": 0, "end": 7, "type": "drug", "text": "Aspirin"},
    {"start": 12, "end": 15, "type": "disease", "text": "flu"},
    {"start": 20, "end": 30, "type": "symptom", "text": "chest pain"},
    {"start": 36, "end": 39, "type": "disease", "text": "flu"},
]
NOTE = {"text": TEXT, "entities": ENTITIES}
ANSWER = "drug: Aspirin\ndisease: flu\nsymptom: chest pain\ndisease: flu"
GOLD = {(0, 7, 0), (12, 15, 1), (20, 30, 2), (36, 39, 1)}
CHINESE = {
    "text": "因2型糖尿病服用二甲双胍，仍口渴。",
    "entities": [
        {"start": 1, "end": 6, "type": "疾病", "text": "2型糖尿病"},
        {"start": 8, "end": 12, "type": "药物", "text": "二甲双胍"},
        {"start": 14, "end": 16, "type": "症状", "text": "口渴"},
    ],
}
CHINESE_TYPES = ("药物", "疾病", "症状")


@pytest.fixture
def task(card, jsonl):
    return extraction(card(), jsonl([NOTE]), types=TYPES)


@pytest.fixture
def chinese(card, jsonl):
    return extraction(card("zh"), jsonl([CHINESE]), types=CHINESE_TYPES)


def answered(task, text, finish="stop"):
    (document, *_) = task.documents(None)
    return task.score(document, [Generation(texts=(text,), finish=(finish,), tokens=(9,))], "gen")


def primary(task, *scores):
    metric = task.metrics[0]
    sums = np.array([metric.statistics(score.outcome) for score in scores]).sum(axis=0)
    return AGGREGATES[metric.info.aggregate](sums[None])[0]


def asked(task, format_="plain", shots=0, template=None):
    first, *others = task.documents(None)
    prompt = Prompt(
        formulation="gen", format=format_, examples=tuple(others[:shots]), template=template
    )
    (request,) = task.requests(first, prompt)
    return request


def test_the_plain_prompt_names_the_types_and_ends_before_the_first_line(card, jsonl):
    rows = [NOTE, {"text": "All is well.", "entities": []}, {**NOTE, "id": "x"}]
    task = extraction(card(), jsonl(rows), types=TYPES, max_tokens=64)
    question = (
        "List every mention of these types in the text: drug, disease, symptom.\n"
        'One per line as "type: mention", copied, in the order of the text; '
        '"none" if there are none.\nMentions:\n'
    )
    assert asked(task, shots=2) == Generate(
        context=(
            f"Text: All is well.\n{question}none\n\n"
            f"Text: {TEXT}\n{question}{ANSWER}\n\n"
            f"Text: {TEXT}\n{question}"
        ),
        stop=("\n\n",),
        max_tokens=64,
    )
    assert task.generation == {"max_tokens": 64, "stop": ["\n\n"], "temperature": 0.0}


def test_chinese_is_asked_and_answered_in_chinese(card, jsonl):
    rows = [CHINESE, {"text": "一切正常。", "entities": []}, {**CHINESE, "id": "x"}]
    context = asked(extraction(card("zh-Hans"), jsonl(rows), types=CHINESE_TYPES), shots=2).context
    assert "药物、疾病、症状" in context
    assert "实体：\n无\n\n" in context
    assert "实体：\n疾病：2型糖尿病\n药物：二甲双胍\n症状：口渴\n\n" in context
    assert "Text" not in context


def test_a_chat_is_answered_until_the_end_of_the_turn(task, template):
    request = asked(task, "chat", template=template)
    assert request.context.endswith("Mentions:\n[assistant]")
    assert request.stop == ()


def test_the_right_list_scores_one(task):
    score = answered(task, ANSWER)
    assert (score.status, score.reason) == ("ok", None)
    assert primary(task, score) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "- drug: Aspirin\n- disease: flu\n- symptom: chest pain\n- disease: flu",
        "1. Drug: aspirin\n2. Disease: Flu.\n3. Symptom: chest  pain\n4. DISEASE: flu",
        "**drug**: `Aspirin`\n**Diseases**: flu, flu\n**symptom**: “chest pain”",
        "Here they are:\ndrug：Aspirin\ndisease：flu；flu\nsymptom：chest pain\nThat is all.",
        "Aspirin: drug\nflu (disease)\nchest pain (symptom)\nflu: disease",
        '{"drug": ["Aspirin"], "disease": ["flu", "flu"], "symptom": "chest pain"}',
        '```json\n[{"type": "drug", "text": "Aspirin"}, {"type": "disease", "text": "flu"},\n'
        '{"text": "chest pain", "type": "symptom"}, {"label": "Disease", "entity": "flu"}]\n```',
        '{"entities": [{"type": "drug", "mention": "Aspirin"}, {"type": "disease", "name": "flu"},'
        '{"type": "symptom", "text": "chest pain"}, {"type": "disease", "text": "flu"}]}',
        "symptom: chest pain\ndisease: flu\ndisease: flu\ndrug: Aspirin",
    ],
)
def test_other_spellings_of_the_right_list_are_read(task, text):
    assert set(answered(task, text).outcome.predicted) == GOLD


def test_chinese_answers_are_read_with_either_colon_in_any_order(chinese):
    for text in [
        "疾病：2型糖尿病\n药物：二甲双胍\n症状：口渴",
        "症状: 口渴\n药物: 二甲双胍\n疾病: ２型糖尿病",
        "药物：二甲双胍。\n疾病：2 型糖尿病\n口渴（症状）",
    ]:
        assert answered(chinese, text).reason is None


def test_a_text_that_the_document_lacks_is_a_false_positive(task):
    score = answered(task, f"{ANSWER}\ndrug: ibuprofen")
    assert score.outcome.elsewhere == [0]
    assert score.reason == "wrong: 1 spurious, 1 not in the text"
    assert primary(task, score) == pytest.approx(2 * 4 / (5 + 4))


def test_a_text_listed_more_often_than_it_occurs_is_a_false_positive(task):
    score = answered(task, ANSWER + "\ndisease: flu" * 3)
    assert set(score.outcome.predicted) == GOLD
    assert score.outcome.elsewhere == [1, 1, 1]


def test_lines_that_cannot_be_read_are_counted_and_cost_nothing(task):
    score = answered(task, f"Sure! I found:\n{ANSWER}\ngene: BRCA1\nHope this helps")
    assert (score.status, score.reason) == ("ok", None)
    assert answered(task, "Sure!\ndrug: Aspirin").reason == "wrong: 3 missed, 1 lines not read"


@pytest.mark.parametrize(
    ("text", "finish", "status", "reason"),
    [
        ("", "stop", "empty", "empty: 4 missed"),
        (" \n ", "length", "empty", "empty: 4 missed"),
        ("I'm sorry, but I can't help with that.", "stop", "refusal", None),
        ("抱歉，我无法提供医疗信息。", "stop", "refusal", None),
        ("The text is about flu.", "stop", "no_answer", "no_answer: 4 missed, 1 lines not read"),
        ("The text is", "length", "truncated", "truncated: 4 missed, 1 lines not read"),
        ("drug: Aspirin\ndisease: fl", "length", "truncated", "truncated: 3 missed, 1 spurious"),
        ("none", "stop", "ok", "wrong: 4 missed"),
        ("disease: none", "stop", "ok", "wrong: 4 missed"),
        ("[]", "stop", "ok", "wrong: 4 missed"),
        ('{"disease": []}', "stop", "ok", "wrong: 4 missed"),
    ],
)
def test_an_answer_has_a_status_and_a_reason(task, text, finish, status, reason):
    score = answered(task, text, finish)
    assert score.status == status
    assert score.reason.startswith(reason or f"{status}: 4 missed")
    if "Aspirin" not in text:
        assert primary(task, score) == 0.0


def test_none_is_right_where_there_is_none(card, jsonl):
    rows = [{"text": "All is well.", "entities": []}]
    task = extraction(card(), jsonl(rows), types=TYPES)
    for text in ("none", "None.", "- none", "无", "drug: none\ndisease: none"):
        assert answered(task, text).reason is None
    assert answered(task, "All is well.").status == "no_answer"
    assert answered(task, "drug: well").reason == "wrong: 1 spurious"


def test_nitric_oxide_is_an_entity_and_not_a_no(card, jsonl):
    entity = {"start": 0, "end": 2, "type": "chemical", "text": "NO"}
    task = extraction(
        card(), jsonl([{"text": "NO fell.", "entities": [entity]}]), types=("chemical",)
    )
    assert answered(task, "chemical: NO").reason is None


def test_a_failure_is_an_error_and_a_likelihood_is_none(task):
    (document,) = task.documents(None)
    score = task.score(document, [Failure("NaN logits")], "gen")
    assert (score.status, score.outcome, score.reason) == ("error", None, "NaN logits")
    with pytest.raises(TypeError, match="Likelihood"):
        task.score(document, [Likelihood(logprob=0.0, tokens=1)], "gen")


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(alphabet=st.sampled_from('drug:disease： \n{}[]",-*(1.)无Aspirin\ud800½ß'), max_size=80)
)
def test_no_answer_raises(task, text):
    score = answered(task, text)
    assert score.status in {"ok", "no_answer", "empty"}
    assert len(task.metrics[0].statistics(score.outcome)) == 9


@pytest.mark.parametrize(
    "text",
    ["disease: flu\n" * 20_000, "[" * 200_000, '{"drug":' * 50_000, "drug: " + "x" * 500_000],
    ids=["lines", "brackets", "nested", "long"],
)
def test_a_huge_answer_is_scored(task, text):
    tracemalloc.start()
    assert answered(task, text).reason
    assert tracemalloc.get_traced_memory()[1] < 200_000_000
    tracemalloc.stop()


def test_an_outcome_can_be_rebuilt_from_the_stored_fields(task):
    (document,) = task.documents(None)
    stored = Document(id=document.id, fields=json.loads(json.dumps(document.fields)))
    written = Generation(texts=(ANSWER,), finish=("stop",), tokens=(1,))
    assert task.score(stored, [written], "gen").reason is None
