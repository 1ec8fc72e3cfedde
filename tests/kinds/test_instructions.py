"""Instructions: rows are checked, lm-eval's checkers judge, and what they lack is said."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.data import LocalFile
from harness.errors import DataError, TaskError
from harness.kinds.instructions import instructions
from harness.kinds.instructions.arguments import INSTRUCTIONS, NEED_NLTK_DATA
from harness.kinds.instructions.checks import _checkers, followed
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Followed
from harness.records import Failure, Generate, Generation
from harness.task import Prompt

TITLE = {
    "prompt": "Write of aspirin, with a title and no commas.",
    "instruction_id_list": ["punctuation:no_comma", "detectable_format:title"],
    "kwargs": [{}, None],
}
WORDS = {
    "prompt": "Three words at least.",
    "instruction_id_list": ["length_constraints:number_words"],
    "kwargs": [{"relation": "at least", "num_words": 3, "language": None}],
}
SENTENCES = {
    "prompt": "One sentence.",
    "instruction_id_list": ["length_constraints:number_sentences"],
    "kwargs": [{"relation": "less than", "num_sentences": 2}],
}


def said(text, finish="stop"):
    return Generation(texts=(text,), finish=(finish,), tokens=(7,))


@pytest.fixture
def task(card, jsonl):
    return instructions(card(), jsonl([TITLE, WORDS]))


def scored(task, index, response):
    return task.score(task.documents(None)[index], [response], "gen")


def test_the_prompt_is_asked_as_it_is_and_nothing_stops_the_reply(task, template):
    document = task.documents(None)[0]
    plain = Prompt(formulation="gen", format="plain")
    chat = Prompt(formulation="gen", format="chat", template=template)
    assert task.requests(document, plain) == [Generate(context=TITLE["prompt"], max_tokens=1280)]
    [request] = task.requests(document, chat)
    assert request.context == f"[user]{TITLE['prompt']}\n[assistant]"


@pytest.mark.parametrize(
    ("text", "strict", "loose", "reason"),
    [
        ("<<Aspirin>>\nIt helps.", (True, True), (True, True), None),
        (
            "It helps, often.",
            (False, False),
            (False, False),
            "wrong: not followed: punctuation:no_comma, ",
        ),
        (
            "Sure, here:\n<<A>>\nIt helps.",
            (False, True),
            (True, True),
            "wrong: not followed: punctuation",
        ),
    ],
)
def test_each_instruction_is_judged_strictly_and_loosely(task, text, strict, loose, reason):
    score = scored(task, 0, said(text))
    assert score.outcome == Followed(strict=strict, loose=loose)
    assert score.status == "ok"
    assert score.reason is None if reason is None else score.reason.startswith(reason)


def test_the_four_accuracies_are_lm_evals(task):
    """``process_results`` and ``agg_inst_level_acc`` of lm_eval/tasks/ifeval/utils.py."""
    texts = ["A, b\n<<T>>", "one two three"]
    pairs = list(zip((TITLE, WORDS), texts, strict=True))
    theirs = []
    for row, text in pairs:
        kwargs = [{k: v for k, v in (a or {}).items() if k != "language"} for a in row["kwargs"]]
        theirs.append(_checkers().process_results({"key": 1, **row, "kwargs": kwargs}, [text]))
    outcomes = [scored(task, i, said(text)).outcome for i, text in enumerate(texts)]
    for metric in task.metrics:
        rows = np.array([metric.statistics(outcome) for outcome in outcomes])
        [value] = AGGREGATES[metric.info.aggregate](rows.sum(axis=0)[None, :])
        items = [result[metric.info.name] for result in theirs]
        flat = np.concatenate([np.atleast_1d(item) for item in items])
        assert value == pytest.approx(flat.mean()), metric.info.name
    assert task.metrics[0].info.name == "prompt_level_strict_acc"


def test_the_table_of_instructions_is_lm_evals():
    from lm_eval.tasks.ifeval.instructions_registry import INSTRUCTION_DICT

    assert _checkers()
    theirs = {
        name: set(c(name).get_instruction_args_keys()) for name, c in INSTRUCTION_DICT.items()
    }
    assert {name: {*arguments} for name, arguments in INSTRUCTIONS.items()} == theirs


@pytest.mark.parametrize(
    ("response", "status", "reason"),
    [
        (said(" "), "empty", "empty"),
        (said("a,", "length"), "truncated", "truncated: 7 tokens"),
        (Failure("out of memory"), "error", "out of memory"),
    ],
)
def test_the_status_says_what_came_back(task, response, status, reason):
    score = scored(task, 0, response)
    assert (score.status, score.reason) == (status, reason)


def test_without_nltks_data_a_document_is_an_error_and_never_not_followed(card, jsonl, monkeypatch):
    import nltk

    assert _checkers()
    monkeypatch.setattr(nltk.data, "path", [])
    from lm_eval.tasks.ifeval import instructions_util

    instructions_util._get_sentence_tokenizer.cache_clear()
    score = scored(instructions(card(), jsonl([SENTENCES])), 0, said("One."))
    assert (score.status, score.outcome) == ("error", None)
    assert "nltk.downloader punkt_tab" in score.reason


def test_documents_that_need_nltks_data_can_be_left_out(card, jsonl):
    task = instructions(card(), jsonl([TITLE, SENTENCES]), without_nltk_data=True)
    assert [d.fields["prompt"] for d in task.documents(None)] == [TITLE["prompt"]]


def test_the_checkers_that_need_nltks_data_are_the_ones_named(monkeypatch):
    import nltk

    assert _checkers()
    monkeypatch.setattr(nltk.data, "path", [])
    from lm_eval.tasks.ifeval import instructions_util

    instructions_util._get_sentence_tokenizer.cache_clear()
    values = {"count": 1, "text": "en", "texts": ["a"], "letter": "a", "relation": "at least"}
    failing = set()
    for name, wanted in INSTRUCTIONS.items():
        told = {"id": name, "arguments": {key: values[kind] for key, kind in wanted.items()}}
        try:
            followed("Prompt.", [told], "Some text. And more.")
        except LookupError:
            failing.add(name)
    assert failing == NEED_NLTK_DATA


def test_a_languages_verdict_doesnt_change_from_call_to_call():
    told = [{"id": "language:response_language", "arguments": {"language": "fr"}}]
    verdicts = {followed("x", told, "Le patient tousse a mal").strict for _ in range(20)}
    assert len(verdicts) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"instruction_id_list": ["punctuation:no_coma", "x"]},
            "did you mean 'punctuation:no_comma'",
        ),
        ({"kwargs": [{}]}, "as long as"),
        ({"kwargs": [{}, {"size": 1}]}, "has no argument 'size'"),
        ({"instruction_id_list": []}, "at least 1"),
        ({"prompt": " "}, "field 'prompt' is empty"),
    ],
)
def test_a_row_that_cant_be_checked_is_named(card, jsonl, changes, message):
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: .*{message}"):
        instructions(card(), jsonl([WORDS, TITLE | changes])).documents(None)


def test_an_argument_that_is_missing_is_no_rule_drawn_at_random(card, jsonl):
    row = WORDS | {"kwargs": [{"relation": "at least"}]}
    with pytest.raises(DataError, match="'num_words' of length_constraints:number_words must be"):
        instructions(card(), jsonl([row])).documents(None)


def test_the_length_of_a_reply_is_a_number(card, jsonl):
    with pytest.raises(TaskError, match="`max_tokens` must be at least 1"):
        instructions(card(), jsonl([TITLE]), max_tokens=0)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=4) | st.just(float("inf")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
NAMES = st.lists(st.sampled_from([*INSTRUCTIONS]) | JUNK, max_size=3)
KNOWN = sorted({key for wanted in INSTRUCTIONS.values() for key in wanted})
ARGUMENTS = st.lists(st.dictionaries(st.sampled_from(KNOWN), JUNK, max_size=3) | JUNK, max_size=3)


@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(prompt=st.just("Do it.") | JUNK, names=NAMES | JUNK, arguments=ARGUMENTS | JUNK)
def test_a_malformed_row_raises_a_data_error_or_is_scored(tmp_path, card, prompt, names, arguments):
    path = tmp_path / "rows.jsonl"
    row = {"prompt": prompt, "instruction_id_list": names, "kwargs": arguments}
    path.write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    task = instructions(card(), LocalFile(path))
    try:
        documents = task.documents(None)
    except DataError as error:
        problem = str(error)
    else:
        problem = ""
        for document in documents:
            assert task.score(document, [said("Some text.")], "gen").status in {"ok", "error"}
    assert "\n" not in problem
