import pytest

from harness.errors import DataError, TaskError
from harness.kinds.classification import classification
from harness.metrics.outcomes import Label
from harness.records import Failure, Likelihood, LogLikelihood
from harness.task import Prompt

LABELS = ("yes", "no", "maybe")
ROWS = [{"text": "It works.", "label": "yes"}, {"text": "It fails.", "label": "no"}]
ZH_ROWS = [{"text": "患者发热。", "label": "内科"}, {"text": "患者骨折。", "label": "外科"}]


def likely(*logprobs):
    return [Likelihood(logprob=logprob, tokens=1) for logprob in logprobs]


def test_english_labels_follow_text_question_and_cue(card, jsonl):
    task = classification(card(), jsonl(ROWS), labels=LABELS, instruction="Does it work?")
    first, second = task.documents(None)
    context = "It works.\nQuestion: Does it work?\nAnswer:"
    plain = Prompt(formulation="cf", format="plain")
    assert task.requests(first, plain) == [
        LogLikelihood(context, " yes"),
        LogLikelihood(context, " no"),
        LogLikelihood(context, " maybe"),
    ]
    shown = Prompt(formulation="cf", format="plain", examples=(second,))
    assert task.requests(first, shown)[0].context == (
        "It fails.\nQuestion: Does it work?\nAnswer: no\n\n" + context
    )


def test_two_chinese_shots_as_a_chat(card, jsonl, template):
    rows = [*ZH_ROWS, {"text": "患者咳嗽。", "label": "内科"}]
    task = classification(card("zh"), jsonl(rows), labels=("内科", "外科"))
    first, *others = task.documents(None)
    prompt = Prompt(formulation="cf", format="chat", examples=tuple(others), template=template)
    question = "问题：下列哪个标签符合上述文本：内科、外科？\n答案："
    assert task.requests(first, prompt) == [
        LogLikelihood(
            f"[user]患者骨折。\n{question}\n[assistant]外科\n"
            f"[user]患者咳嗽。\n{question}\n[assistant]内科\n"
            f"[user]患者发热。\n{question}\n[assistant]",
            label,
        )
        for label in ("内科", "外科")
    ]


def test_the_default_question_lists_the_labels(card, jsonl):
    task = classification(card(), jsonl(ROWS), labels=LABELS)
    (request, *_) = task.requests(task.documents(None)[0], Prompt(formulation="cf", format="plain"))
    assert "\nQuestion: Which of these labels fits the text: yes, no, maybe?\n" in request.context


def test_the_likeliest_label_is_the_prediction(card, jsonl):
    task = classification(card(), jsonl(ROWS), labels=LABELS)
    first, second = task.documents(None)
    right = task.score(first, likely(-1.0, -1.5, -2.0), "cf")
    wrong = task.score(second, likely(-1.0, -1.5, -2.0), "cf")
    assert (right.outcome, right.reason) == (Label(gold=0, predicted=0, size=3), None)
    assert (wrong.outcome, wrong.reason) == (Label(gold=1, predicted=0, size=3), "wrong")


def test_length_counts_only_when_the_task_says_so(card, jsonl):
    answers = likely(-9.0, -1.0, -1.4)
    by_sum = classification(card(), jsonl(ROWS), labels=LABELS)
    per_character = classification(card(), jsonl(ROWS), labels=LABELS, per_character=True)
    document = by_sum.documents(None)[0]
    assert by_sum.score(document, answers, "cf").outcome.predicted == 1
    assert per_character.score(document, answers, "cf").outcome.predicted == 2
    signatures = [task.metrics[0].info.signature for task in (by_sum, per_character)]
    assert "picked_by:logprob_sum" in signatures[0]
    assert "picked_by:logprob_per_character" in signatures[1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"text": "a", "label": "perhaps"},
            "label 'perhaps' isn't one of the task's labels: 'yes', 'no', 'maybe'",
        ),
        ({"text": "a"}, "field 'label' is missing"),
        ({"text": "a", "label": 1}, "field 'label' must be text, not int"),
        ({"text": "", "label": "yes"}, "field 'text' is empty"),
    ],
)
def test_a_bad_row_is_named(card, jsonl, row, message):
    task = classification(card(), jsonl([*ROWS, row]), labels=LABELS)
    with pytest.raises(DataError, match=rf"rows\.jsonl:3: {message}"):
        task.documents(None)


@pytest.mark.parametrize("labels", ["yes", ("yes",), ("yes", ""), ("yes", "yes "), (0, 1)])
def test_labels_must_be_different_texts(card, jsonl, labels):
    with pytest.raises(TaskError, match="quiz: `labels` must be"):
        classification(card(), jsonl(ROWS), labels=labels)


def test_a_failure_is_an_error_not_a_wrong_label(card, jsonl):
    task = classification(card(), jsonl(ROWS), labels=LABELS)
    score = task.score(task.documents(None)[0], [*likely(-1.0, -2.0), Failure("timeout")], "cf")
    assert (score.status, score.outcome, score.reason) == ("error", None, "timeout")


def test_both_formulations_report_the_same_and_generation_what_was_extracted(card, jsonl):
    task = classification(card(), jsonl(ROWS), labels=LABELS)
    likely, read = ([m.info.name for m in task.metrics_of(f)] for f in ("cf", "gen"))
    assert task.formulations == ("cf", "gen")
    assert likely[:2] == ["macro_f1", "accuracy"]
    assert "mcc" in likely
    assert read == ["macro_f1", "extracted", *likely[1:]]
