from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data import Row
from harness.errors import DataError, TaskError
from harness.kinds.generation import generation
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Text
from harness.metrics.rouge import ROUGE_TYPES
from harness.records import Document, Failure, Generate, Generation, Likelihood
from harness.task import Card, Prompt

NOTE = {"source": "A cough for two days.", "target": "The patient coughs."}
PAIRS = [
    {"en": "Good morning.", "zh": "早上好。"},
    {"en": "Thank you.", "zh": "谢谢。"},
    {"en": "See you.", "zh": "再见。"},
]


def asked(task, format_="plain", shots=0, template=None):
    """Ask the first row, with the ones behind it as examples."""
    first, *others = task.documents(None)
    prompt = Prompt(
        formulation="gen", format=format_, examples=tuple(others[:shots]), template=template
    )
    (request,) = task.requests(first, prompt)
    return request


def written(text, finish="stop", tokens=7):
    return [Generation(texts=(text,), finish=(finish,), tokens=(tokens,))]


def scored(task, text, finish="stop"):
    (document,) = task.documents(None)
    return task.score(document, written(text, finish), "gen")


def value(metric, *outcomes):
    sums = np.array([metric.statistics(o) for o in outcomes]).sum(axis=0, keepdims=True)
    return AGGREGATES[metric.info.aggregate](sums)[0]


@pytest.fixture
def to_chinese(card, jsonl):
    data = jsonl(PAIRS, source="en", target="zh")
    return generation(
        card("en-zh"),
        data,
        prompt="English: {source}\nChinese:",
        metrics=("bleu", "chrf++"),
        max_tokens=48,
        stop=("\n",),
    )


def test_the_plain_prompt_is_the_template_with_the_documents_fields(to_chinese):
    assert asked(to_chinese) == Generate(
        context="English: Good morning.\nChinese:", stop=("\n",), max_tokens=48
    )


def test_examples_are_answered_after_a_blank_and_parted_by_blank_lines(to_chinese):
    assert asked(to_chinese, shots=2).context == (
        "English: Thank you.\nChinese: 谢谢。\n\n"
        "English: See you.\nChinese: 再见。\n\n"
        "English: Good morning.\nChinese:"
    )


def test_after_a_chinese_cue_there_is_no_blank(card, jsonl):
    rows = [{"source": "咳嗽两天。", "target": "咳嗽"}, {"source": "发热。", "target": "发热"}]
    task = generation(card("zh"), jsonl(rows), prompt="{source}\n摘要：")
    assert asked(task, shots=1).context == "发热。\n摘要：发热\n\n咳嗽两天。\n摘要："


def test_a_chat_is_answered_until_the_end_of_the_turn(to_chinese, template):
    assert asked(to_chinese, "chat", shots=1, template=template) == Generate(
        context=(
            "[user]English: Thank you.\nChinese:\n[assistant]谢谢。\n"
            "[user]English: Good morning.\nChinese:\n[assistant]"
        ),
        stop=(),
        max_tokens=48,
    )


def test_without_a_template_the_cue_is_in_the_tasks_language(card, jsonl):
    data = jsonl([NOTE])
    assert asked(generation(card(), data)).context == "A cough for two days.\nAnswer:"
    assert asked(generation(card("zh"), data)).context == "A cough for two days.\n答案："


def test_other_fields_and_doubled_braces_can_stand_in_the_template(card, jsonl):
    rows = [{"age": "23", "note": "{cough}", "target": "x"}]
    task = generation(card(), jsonl(rows), prompt="{{JSON}} {age}: {note}\nSummary:")
    assert asked(task).context == "{JSON} 23: {cough}\nSummary:"


def test_generation_parameters_are_stated_for_the_cells_key(to_chinese):
    assert to_chinese.generation == {"max_tokens": 48, "stop": ["\n"], "temperature": 0.0}
    assert to_chinese.formulations == ("gen",)


def test_the_target_language_chooses_the_tokenizer(to_chinese, card, jsonl):
    assert "|tok:zh|" in to_chinese.metrics[0].info.signature
    back = generation(card("zh-en"), jsonl(PAIRS, source="zh", target="en"), metrics=("bleu",))
    assert "|tok:13a|" in back.metrics[0].info.signature
    summary = generation(card("zh-Hans"), jsonl([NOTE]), metrics=("rougeL",))
    assert "|tok:cjk|" in summary.metrics[0].info.signature


def test_the_reference_itself_scores_the_ceiling(card, jsonl):
    metrics = (*ROUGE_TYPES, "bleu", "chrf++", "ter", "exact_match", "token_f1")
    for language, target in [("en", "The patient coughs at night."), ("zh", "患者夜间咳嗽。")]:
        row = {"source": "x", "target": target}
        task = generation(card(language), jsonl([row]), metrics=metrics)
        score = scored(task, f" {target}\n")
        assert (score.status, score.reason) == ("ok", None)
        for metric in task.metrics:
            assert value(metric, score.outcome) == pytest.approx(metric.info.ceiling)


def test_another_answer_is_ok_and_wrong(card, jsonl):
    score = scored(generation(card(), jsonl([NOTE])), "The patient sneezes.")
    assert score.status == "ok"
    assert score.reason == "wrong"
    assert score.outcome == Text(
        prediction="The patient sneezes.", references=("The patient coughs.",)
    )


def test_a_blank_answer_is_empty_and_scores_zero(card, jsonl):
    task = generation(card(), jsonl([NOTE]), metrics=("rouge1", "bleu", "chrf++"))
    score = scored(task, " \n")
    assert score.status == "empty"
    assert score.reason
    assert [value(metric, score.outcome) for metric in task.metrics] == [0.0, 0.0, 0.0]


def test_an_answer_at_the_token_limit_is_truncated_and_scored(card, jsonl):
    task = generation(card(), jsonl([NOTE]), metrics=("rouge1",))
    score = scored(task, "The patient", finish="length")
    assert score.status == "truncated"
    assert score.reason == "truncated: 7 tokens"
    assert value(task.metrics[0], score.outcome) == pytest.approx(0.8)


def test_a_failure_is_an_error_without_an_outcome(card, jsonl):
    task = generation(card(), jsonl([NOTE]))
    (document,) = task.documents(None)
    score = task.score(document, [Failure("NaN logits")], "gen")
    assert (score.status, score.outcome, score.reason) == ("error", None, "NaN logits")


def test_a_likelihood_is_no_answer_to_a_generation(card, jsonl):
    task = generation(card(), jsonl([NOTE]))
    (document,) = task.documents(None)
    with pytest.raises(TypeError, match="Likelihood"):
        task.score(document, [Likelihood(logprob=0.0, tokens=1)], "gen")


def test_the_best_of_several_references_counts(card, jsonl):
    row = {"source": "x", "references": ["one answer", "another answer"]}
    task = generation(card(), jsonl([row]), metrics=("rouge1:2", "chrf++:var"))
    assert "|nrefs:2|" in task.metrics[0].info.signature
    assert "|nrefs:var|" in task.metrics[1].info.signature
    score = scored(task, "another answer")
    assert score.reason is None
    assert value(task.metrics[0], score.outcome) == 1.0


def test_the_first_reference_answers_an_example(card, jsonl):
    rows = [{"source": s, "references": [f"{s}1", f"{s}2"]} for s in "ab"]
    task = generation(card(), jsonl(rows), metrics=("bleu:var",))
    assert asked(task, shots=1).context == "b\nAnswer: b1\n\na\nAnswer:"


def test_metrics_that_read_another_number_of_references_are_an_error(card, jsonl):
    row = {"source": "x", "references": ["a", "b"]}
    task = generation(card(), jsonl([row]), metrics=("bleu",))
    with pytest.raises(DataError, match=r"rows.jsonl:1: .*2 texts.*read 1.*'bleu:2'"):
        task.documents(None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"target": "x"}, "field 'source' is missing"),
        ({"source": "x"}, "field 'target' is missing"),
        ({"source": "x", "target": " "}, "field 'target' is empty"),
        ({"source": 3, "target": "x"}, "field 'source' must be text"),
        ({"source": "x", "references": []}, "'references' must be a list of at least 1 text"),
        ({"source": "x", "references": "y"}, "'references' must be a list of at least 1 text"),
        ({"source": "x", "references": [""]}, "'references' must be a list of texts"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(card, jsonl, row, message):
    with pytest.raises(DataError, match=rf"rows.jsonl:1: .*{message}"):
        generation(card(), jsonl([row])).documents(None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": "Summarize."}, "names no field"),
        ({"prompt": "{}"}, "plain name"),
        ({"prompt": "{source.__class__}"}, "plain name"),
        ({"prompt": "{source!r}"}, "plain name"),
        ({"prompt": "{source:>9}"}, "plain name"),
        ({"prompt": "{source"}, "double a brace"),
        ({"prompt": 3}, "`prompt` must be a text"),
        ({"metrics": ("blue",)}, "no metric is named 'blue'; known: rouge1"),
        ({"metrics": ("bleu:0",)}, "'bleu:4'"),
        ({"metrics": ("token_f1:jieba",)}, "`metrics`: .*takes no 'jieba'"),
        ({"metrics": "bleu"}, "`metrics` must be a list"),
        ({"metrics": ()}, "`metrics` must be a list"),
        ({"stop": "\n"}, "`stop` must be a list"),
        ({"stop": ("",)}, "`stop` must be a list"),
        ({"max_tokens": 0}, "`max_tokens` must be at least 1"),
        ({"max_tokens": "9"}, "`max_tokens` must be at least 1"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(card, jsonl, options, message):
    with pytest.raises(TaskError, match=f"quiz: .*{message}"):
        generation(card(), jsonl([NOTE]), **options)


def test_an_outcome_can_be_rebuilt_from_the_stored_fields(to_chinese):
    first, *_ = to_chinese.documents(None)
    stored = Document(id=first.id, fields=dict(first.fields))
    assert to_chinese.score(stored, written("早上好。"), "gen").reason is None


cells = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.lists(st.text(), max_size=3)
)
names = st.sampled_from(["source", "target", "references", "id", "cluster"])


@dataclass(frozen=True)
class Given:
    """One row, without a file."""

    fields: dict[str, Any] = field(hash=False)

    def rows(self, folder):
        return [Row(self.fields, "rows.jsonl", 1)]

    def shot_rows(self, folder):
        return None


@settings(max_examples=1000, deadline=None)
@given(st.dictionaries(names, cells), st.sampled_from(["bleu", "bleu:var", "flexible:2"]))
def test_a_bad_row_is_one_line_with_its_place_and_nothing_else(fields, metric):
    card = Card(name="c", capability="domain", language="en", licence="CC0", source="this test")
    problem = problem_of(generation(card, Given(fields), metrics=(metric,)))
    assert problem is None or (problem.startswith("rows.jsonl:1: ") and "\n" not in problem)
    usable = isinstance(fields.get("source"), str) and fields["source"].strip()
    assert usable or problem is not None


def problem_of(task):
    try:
        task.documents(None)
    except DataError as error:
        return str(error)
    return None
