"""Classification by generation: what is asked, and what a reply amounts to."""

import pytest

from harness.kinds.classification import classification
from harness.metrics.outcomes import Label
from harness.records import Failure, Generate, Generation, Likelihood
from harness.task import Prompt

LABELS = ("neoplasms", "nervous system diseases", "other")
ROWS = [{"text": "A tumour grew.", "label": "neoplasms"}, {"text": "A cold.", "label": "other"}]


def said(text, finish="stop"):
    return [Generation(texts=(text,), finish=(finish,), tokens=(9,))]


@pytest.fixture
def task(card, jsonl):
    return classification(card(), jsonl(ROWS), labels=LABELS)


@pytest.mark.parametrize("format_", ["plain", "chat"])
def test_the_prompt_is_that_of_the_likelihoods(task, template, format_):
    first, second = task.documents(None)
    asked = {
        formulation: task.requests(
            first,
            Prompt(formulation=formulation, format=format_, examples=(second,), template=template),
        )
        for formulation in ("cf", "gen")
    }
    [request] = asked["gen"]
    stop = ("\n\n",) if format_ == "plain" else ()
    assert request == Generate(context=asked["cf"][0].context, stop=stop, max_tokens=32)


def test_the_parameters_of_generation_are_the_tasks(task):
    assert task.generation == {"max_tokens": 32, "stop": ["\n\n"], "temperature": 0.0}


@pytest.mark.parametrize(
    ("text", "finish", "predicted", "status", "reason"),
    [
        (" neoplasms", "stop", 0, "ok", None),
        ("Neoplasms, and then", "length", 0, "ok", None),
        ("It is about nervous system diseases.", "stop", 1, "ok", "wrong"),
        (" \n", "stop", None, "empty", "empty"),
        ("I'm sorry, but I can't help with that.", "stop", None, "refusal", "refusal"),
        ("The text describes a growth which", "length", None, "truncated", "truncated"),
        ("A growth.", "stop", None, "no_answer", "no_answer"),
        ("Neoplasms or nervous system diseases.", "stop", None, "no_answer", "no_answer"),
    ],
)
def test_a_reply_has_a_status_and_a_reason(task, text, finish, predicted, status, reason):
    score = task.score(task.documents(None)[0], said(text, finish), "gen")
    assert (score.status, score.reason) == (status, reason)
    assert score.outcome == Label(gold=0, predicted=predicted, size=3)


def test_a_chinese_reply_and_refusal(card, jsonl):
    rows = [{"text": "患者骨折。", "label": "外科"}]
    task = classification(card("zh"), jsonl(rows), labels=("内科", "外科"))
    [document] = task.documents(None)
    assert task.score(document, said("该患者应就诊于外科。"), "gen").outcome.predicted == 1
    assert task.score(document, said("抱歉，我无法回答这个问题。"), "gen").status == "refusal"


def test_a_failure_is_an_error_and_a_likelihood_a_mistake(task):
    document = task.documents(None)[0]
    score = task.score(document, [Failure("out of memory")], "gen")
    assert (score.status, score.outcome, score.reason) == ("error", None, "out of memory")
    with pytest.raises(TypeError, match="not a Likelihood"):
        task.score(document, [Likelihood(logprob=-1.0, tokens=1)], "gen")
