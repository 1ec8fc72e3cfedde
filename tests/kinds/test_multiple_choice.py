import json

import pytest

from harness.errors import DataError
from harness.kinds.multiple_choice import multiple_choice
from harness.records import Document, Failure, Likelihood, LogLikelihood
from harness.task import Prompt

GAS = {"question": "Which gas do plants take up?", "choices": ["oxygen", "CO2"], "answer": "B"}
SKY = {"question": "What colour is the sky?", "choices": ["blue", "green", "red"], "answer": 0}
ZH = {"question": "植物吸收哪种气体？", "choices": ["氧气", "二氧化碳"], "answer": "B"}
ZH_SKY = {"question": "天空是什么颜色？", "choices": ["蓝色", "绿色"], "answer": "A"}
STEM = {"question": "Plants take up", "choices": ["oxygen", "CO2"], "answer": "B"}


def asked(task, formulation, format_="plain", shots=0, template=None):
    """Ask the first row, with the ones behind it as examples."""
    first, *others = task.documents(None)
    prompt = Prompt(
        formulation=formulation,
        format=format_,
        examples=tuple(others[:shots]),
        template=template,
    )
    return list(task.requests(first, prompt))


def likely(*logprobs):
    return [Likelihood(logprob=logprob, tokens=1) for logprob in logprobs]


@pytest.fixture
def one(card, jsonl):
    """The task's only document, or the error it raises."""

    def build(row, **options) -> Document:
        (document,) = multiple_choice(card(), jsonl([row]), **options).documents(None)
        return document

    return build


def test_english_choices_are_asked_by_text(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS]))
    context = "Question: Which gas do plants take up?\nAnswer:"
    assert asked(task, "cf") == [LogLikelihood(context, " oxygen"), LogLikelihood(context, " CO2")]


def test_english_choices_are_asked_by_letter_after_two_shots(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS, SKY, {**GAS, "question": "And animals?"}]))
    context = (
        "Question: What colour is the sky?\nA. blue\nB. green\nC. red\nAnswer: A\n\n"
        "Question: And animals?\nA. oxygen\nB. CO2\nAnswer: B\n\n"
        "Question: Which gas do plants take up?\nA. oxygen\nB. CO2\nAnswer:"
    )
    assert asked(task, "mcf", shots=2) == [
        LogLikelihood(context, " A"),
        LogLikelihood(context, " B"),
    ]


def test_chinese_choices_are_asked_without_blanks(card, jsonl):
    task = multiple_choice(card("zh"), jsonl([ZH, ZH_SKY]))
    assert asked(task, "cf", shots=1) == [
        LogLikelihood(
            "问题：天空是什么颜色？\n答案：蓝色\n\n问题：植物吸收哪种气体？\n答案：", "氧气"
        ),
        LogLikelihood(
            "问题：天空是什么颜色？\n答案：蓝色\n\n问题：植物吸收哪种气体？\n答案：", "二氧化碳"
        ),
    ]
    assert asked(task, "mcf")[1] == LogLikelihood(
        "问题：植物吸收哪种气体？\nA. 氧气\nB. 二氧化碳\n答案：", "B"
    )


def test_a_regional_tag_is_asked_in_its_language(card, jsonl):
    (first, _) = asked(multiple_choice(card("zh-Hans"), jsonl([ZH])), "cf")
    assert first.context.startswith("问题：")


def test_a_chat_has_a_turn_for_each_shot_and_no_blank_before_the_answer(card, jsonl, template):
    task = multiple_choice(card(), jsonl([GAS, SKY]))
    assert asked(task, "cf", "chat", shots=1, template=template)[1] == LogLikelihood(
        "[user]Question: What colour is the sky?\nAnswer:\n[assistant]blue\n"
        "[user]Question: Which gas do plants take up?\nAnswer:\n[assistant]",
        "CO2",
    )


def test_a_chinese_chat_asks_by_letter(card, jsonl, template):
    task = multiple_choice(card("zh"), jsonl([ZH]))
    assert asked(task, "mcf", "chat", template=template)[0] == LogLikelihood(
        "[user]问题：植物吸收哪种气体？\nA. 氧气\nB. 二氧化碳\n答案：\n[assistant]", "A"
    )


def test_a_stem_is_asked_as_it_is(card, jsonl):
    task = multiple_choice(
        card(), jsonl([STEM, {**STEM, "question": "Animals take up"}]), stem=True
    )
    assert task.formulations == ("cf",)
    assert asked(task, "cf", shots=1)[0] == LogLikelihood(
        "Animals take up CO2\n\nPlants take up", " oxygen"
    )


def test_a_context_stands_before_the_question(card, jsonl):
    row = {**GAS, "context": "Plants breathe."}
    task = multiple_choice(card(), jsonl([row]))
    assert asked(task, "cf")[0].context == (
        "Plants breathe.\nQuestion: Which gas do plants take up?\nAnswer:"
    )


def test_an_empty_context_is_none(card, jsonl):
    plain = asked(multiple_choice(card(), jsonl([GAS])), "cf")
    empty = multiple_choice(card(), jsonl([{**GAS, "context": "", "subject": None}]))
    assert asked(empty, "cf") == plain


def test_renamed_fields_are_read(card, jsonl):
    row = {"stem": "Q?", "options": ["yes", "no"], "key": "A"}
    data = jsonl([row], question="stem", choices="options", answer="key")
    (document,) = multiple_choice(card(), data).documents(None)
    assert document.fields == {"question": "Q?", "choices": ["yes", "no"], "answer": 0}


@pytest.mark.parametrize(
    ("choices", "answer", "gold"),
    [
        (["x", "y", "z"], "C", 2),
        (["x", "y", "z"], 1, 1),
        (["x", "y", "z"], "y", 1),
        (["x", "y", "z"], [2], 2),
        (["x", "y", "z"], ["B"], 1),
        ([" x", "y "], "y", 1),
        (["B", "A"], "B", 1),  # a letter within range is a letter, as cmexam and MMLU mean it
        (["x", "C"], "C", 1),  # beyond the range it can only be a text
        (["x", "BA"], "BA", 1),  # the text of a choice isn't two letters
        (["3", "2", "1"], "1", 2),  # digits in quotes are a text, never an index
    ],
)
def test_the_answer_is_a_letter_an_index_or_a_text(one, choices, answer, gold):
    document = one({"question": "?", "choices": choices, "answer": answer})
    assert document.fields["answer"] == gold


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"question": None}, "field 'question' must be text, not NoneType"),
        ({"question": " "}, "field 'question' is empty"),
        ({"choices": "AB"}, "field 'choices' must be a list of at least 2 texts"),
        ({"choices": ["only"]}, "field 'choices' must be a list of at least 2 texts"),
        ({"choices": ["x", ""]}, "choice B must be a text that isn't empty, not ''"),
        ({"choices": [1, 2]}, "choice A must be a text that isn't empty, not 1"),
        ({"choices": ["x"] * 27}, "field 'choices' has 27 choices, more than there are letters"),
        ({"answer": "C"}, "answer 'C' must be a letter from A to B, an index from 0 to 1"),
        ({"answer": 2}, "answer 2 must be a letter from A to B, an index from 0 to 1"),
        ({"answer": -1}, "answer -1 must be"),
        ({"answer": "1"}, "answer '1' must be"),
        ({"answer": True}, "answer True must be"),
        ({"answer": []}, r"answer \[\] must be"),
        ({"answer": "b"}, "answer 'b' must be"),
        ({"answer": "AB"}, "answer 'AB' names 2 choices, and one is needed; `several: true`"),
        ({"answer": [0, 1]}, r"answer \[0, 1\] names 2 choices"),
        ({"choices": ["x", "y", "x"], "answer": "x"}, "answer 'x' is the text of several choices"),
        ({"context": 3}, "field 'context' must be text, not int"),
    ],
)
def test_a_bad_row_is_named_by_file_line_and_field(card, jsonl, change, message):
    task = multiple_choice(card(), jsonl([SKY, {**GAS, **change}]))
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: {message}"):
        task.documents(None)


@pytest.mark.parametrize("field", ["question", "choices", "answer"])
def test_a_missing_field_is_named(card, jsonl, field):
    row = {key: value for key, value in GAS.items() if key != field}
    with pytest.raises(DataError, match=rf"rows\.jsonl:1: field '{field}' is missing"):
        multiple_choice(card(), jsonl([row])).documents(None)


def test_rows_with_several_answers_are_left_out_on_demand(card, jsonl):
    rows = [GAS, {**SKY, "answer": "AC"}, {**SKY, "answer": [0, 1]}, SKY]
    named = [{**row, "id": str(number)} for number, row in enumerate(rows, start=1)]
    task = multiple_choice(card(), jsonl(named), single_answer_only=True)
    assert [d.id for d in task.documents(None)] == ["1", "4"]


def test_chance_is_one_over_each_documents_own_choices(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS, SKY]))
    documents = task.documents(None)
    accuracies = [m for m in task.metrics if m.info.name.startswith("acc")]
    assert len(accuracies) == 6
    for metric in accuracies:
        levels = [metric.chance(document) for document in documents]
        assert levels == pytest.approx([1 / 2, 1 / 3])


def test_the_normalised_accuracy_is_primary_for_texts_only(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS]))
    names = {f: [m.info.name for m in task.metrics_of(f)] for f in task.formulations}
    assert names == {
        "cf": ["acc_norm", "acc", "acc_bytes", "acc_tokens"],
        "mcf": ["acc", "nll", "brier", "ece", "ece_adaptive"],
        "gen": ["acc", "extracted", "acc_if_extracted"],
    }


def test_a_text_is_judged_per_character_and_a_letter_by_its_sum(card, jsonl):
    row = {"question": "?", "choices": ["long answer", "short"], "answer": "A"}
    task = multiple_choice(card(), jsonl([row]))
    (document,) = task.documents(None)
    by_text = task.score(document, likely(-8.0, -5.0), "cf")
    by_letter = task.score(document, likely(-8.0, -5.0), "mcf")
    assert (by_text.status, by_text.reason) == ("ok", None)
    assert (by_letter.status, by_letter.reason) == ("ok", "wrong")
    acc_norm, acc = task.metrics_of("cf")[:2]
    assert acc_norm.statistics(by_text.outcome) == (1.0, 1.0)
    assert acc.statistics(by_text.outcome) == (0.0, 1.0)
    assert acc.statistics(by_letter.outcome) == (0.0, 1.0)


def test_a_text_has_its_bytes_and_tokens(card, jsonl):
    task = multiple_choice(card("zh"), jsonl([ZH]))
    (document,) = task.documents(None)
    answers = [Likelihood(logprob=-1.0, tokens=3), Likelihood(logprob=-2.0, tokens=4)]
    outcome = task.score(document, answers, "cf").outcome
    assert (outcome.characters, outcome.bytes, outcome.tokens) == ((2, 4), (6, 12), (3, 4))


def test_a_stored_document_is_scored_as_the_fresh_one(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS]))
    (document,) = task.documents(None)
    stored = Document(id=document.id, fields=json.loads(json.dumps(dict(document.fields))))
    responses = likely(-1.0, -2.0)
    assert task.score(stored, responses, "cf") == task.score(document, responses, "cf")
    assert stored.hash == document.hash


def test_one_failed_choice_fails_the_document(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS]))
    (document,) = task.documents(None)
    score = task.score(document, [*likely(-1.0), Failure("out of memory")], "cf")
    assert (score.status, score.outcome, score.reason) == ("error", None, "out of memory")


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_a_log_likelihood_that_is_not_finite_is_an_error(card, jsonl, value):
    task = multiple_choice(card(), jsonl([GAS]))
    (document,) = task.documents(None)
    score = task.score(document, likely(-1.0, value), "mcf")
    assert (score.status, score.reason) == ("error", f"the log-likelihood is {value}")
