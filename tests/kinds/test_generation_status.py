import pytest

from harness.errors import DataError
from harness.kinds.generation import generation
from harness.kinds.generation.status import match_of
from harness.records import Generation


@pytest.mark.parametrize(
    ("language", "target", "answer", "status"),
    [
        ("zh", "早上好。", "Good morning.", "wrong_language"),
        ("zh", "早上好。", "Good 早 morning.", "ok"),
        ("zh", "血压120/80。", "120/80", "ok"),  # no letter, no language
        ("zh", "CT", "MRI", "ok"),  # the reference has no Chinese either
        ("en", "Good morning.", "早上好呀，Tom", "wrong_language"),
        ("en", "Good morning.", "Good morning 早上好", "ok"),
        ("en", "早上好", "谢谢", "ok"),
        ("en-zh", "早上好。", "Good morning.", "wrong_language"),
        ("zh-en", "Good morning.", "早上好。", "wrong_language"),
        ("ja", "おはよう。", "Good morning.", "wrong_language"),
        ("fr", "Bonjour.", "早上好。", "wrong_language"),
    ],
)
def test_an_answer_in_the_wrong_script_is_told(card, jsonl, language, target, answer, status):
    task = generation(card(language), jsonl([{"source": "x", "target": target}]))
    score = scored(task, answer)
    assert score.status == status
    assert score.outcome.prediction == answer  # scored all the same


def test_the_wrong_language_goes_before_the_token_limit(card, jsonl):
    task = generation(card("zh"), jsonl([{"source": "x", "target": "早上好。"}]))
    assert scored(task, "Good", finish="length").status == "wrong_language"


SUM = {"source": "Tom has 20 pills and takes 2.", "target": "20 - 2 = 18\n#### 18"}


@pytest.mark.parametrize(
    ("metric", "answer", "finish", "status", "reason"),
    [
        ("flexible", "So 18 are left.", "stop", "ok", None),
        ("flexible", "#### 18 and that", "length", "ok", None),  # it matches all the same
        ("flexible", "So 17 are left.", "stop", "ok", "wrong"),
        ("flexible", "None of it.", "stop", "no_answer", "no final number"),
        ("flexible", "20 minus", "length", "truncated", "truncated"),
        ("flexible", "I'm sorry, but I can't help with that.", "stop", "refusal", "refusal"),
        ("flexible", "", "stop", "empty", "empty"),
        ("strict", "So 18 are left.", "stop", "no_answer", "no final number"),
        ("strict", "#### 18", "stop", "ok", None),
        ("strict_if_extracted", "So 18.", "stop", "no_answer", "no final number"),
    ],
)
def test_a_final_answer_is_right_wrong_or_missing(
    card, jsonl, metric, answer, finish, status, reason
):
    score = scored(generation(card(), jsonl([SUM]), metrics=("bleu", metric)), answer, finish)
    assert score.status == status
    assert score.reason is None if reason is None else reason in score.reason


def test_an_exact_match_is_told_from_a_wrong_answer(card, jsonl):
    task = generation(
        card("zh"), jsonl([{"source": "x", "target": "阑尾炎"}]), metrics=("exact_match",)
    )
    assert scored(task, "阑尾炎。").reason is None
    assert scored(task, "胃炎。").reason == "wrong"


def test_a_refusal_is_told_before_its_language(card, jsonl):
    task = generation(card("zh"), jsonl([{"source": "x", "target": "多喝水。"}]))
    assert scored(task, "I'm sorry, but I can't help with that.").status == "refusal"
    assert scored(task, "抱歉，我不能回答这个问题。").status == "refusal"


def test_a_refusal_that_is_the_reference_is_none(card, jsonl):
    row = {"source": "x", "target": "I'm sorry, but I can't help with that."}
    assert scored(generation(card(), jsonl([row])), "I cannot help with that.").status == "ok"


def test_a_reference_without_a_number_cannot_be_compared(card, jsonl):
    with pytest.raises(DataError, match=r"rows.jsonl:1: the reference 'none' holds no number"):
        generation(card(), jsonl([{**SUM, "target": "none"}]), metrics=("strict",)).documents(None)


@pytest.mark.parametrize(
    ("metrics", "match"),
    [
        (["bleu", "rougeL"], "words"),
        (["bleu", "exact_match"], "exact"),
        (["token_f1"], "words"),
        (["flexible", "strict"], "flexible"),
        (["strict_extracted", "flexible", "exact_match"], "strict"),
    ],
)
def test_the_first_metric_that_says_what_a_match_is_decides(metrics, match):
    assert match_of(metrics) == match


def scored(task, text, finish="stop"):
    (document,) = task.documents(None)
    return task.score(document, [Generation(texts=(text,), finish=(finish,), tokens=(7,))], "gen")
