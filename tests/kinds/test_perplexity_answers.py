import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data import Row
from harness.errors import DataError, TaskError
from harness.kinds.perplexity import perplexity
from harness.kinds.perplexity.answers import answer_fields
from harness.metrics.outcomes import RollingText
from harness.records import Failure, Likelihood, LogLikelihood
from harness.task import Prompt

PLAIN = Prompt(formulation="cf", format="plain")
ROW = {"instruction": "Translate.", "input": "Guten Tag", "output": "Good day"}
CHINESE = {"instruction": "头痛怎么办？", "input": "", "output": "多休息。"}
TALK = {
    "messages": [
        {"role": "user", "content": "头痛。"},
        {"role": "assistant", "content": "多久了？"},
        {"role": "user", "content": "一天。"},
        {"role": "assistant", "content": "多休息。"},
    ]
}


def only(task):
    (document,) = task.documents(None)
    return document


@pytest.fixture
def build(card, jsonl):
    def task(row, language="en"):
        return perplexity(card(language), jsonl([row]), completion_only=True)

    return task


def test_only_the_answer_is_scored_after_the_whole_question(build):
    task = build(ROW)
    assert task.requests(only(task), PLAIN) == [
        LogLikelihood("Translate.\nGuten Tag\nAnswer:", " Good day")
    ]
    assert (task.formats, task.formulations) == (("plain", "chat"), ("cf",))


def test_chinese_answers_follow_without_a_blank(build):
    task = build(CHINESE, "zh")
    assert task.requests(only(task), PLAIN) == [LogLikelihood("头痛怎么办？\n答案：", "多休息。")]


def test_a_chat_renders_the_question_as_the_users_turn(build, template):
    task = build(ROW)
    prompt = Prompt(formulation="cf", format="chat", template=template)
    assert task.requests(only(task), prompt) == [
        LogLikelihood("[user]Translate.\nGuten Tag\n[assistant]", "Good day")
    ]


def test_every_turn_of_the_assistant_is_scored_after_all_before_it(build, template):
    task = build(TALK, "zh")
    prompt = Prompt(formulation="cf", format="chat", template=template)
    assert task.requests(only(task), prompt) == [
        LogLikelihood("[user]头痛。\n[assistant]", "多久了？"),
        LogLikelihood("[user]头痛。\n[assistant]多久了？\n[user]一天。\n[assistant]", "多休息。"),
    ]
    assert task.requests(only(task), PLAIN)[1] == LogLikelihood(
        "用户：头痛。\n\n助手：多久了？\n\n用户：一天。\n\n助手：", "多休息。"
    )


def test_sizes_are_those_of_the_answers_summed_over_turns(build):
    task = build(TALK, "zh")
    answers = [Likelihood(logprob=-3.0, tokens=4), Likelihood(logprob=-5.5, tokens=3)]
    score = task.score(only(task), answers, "cf")
    assert score.outcome == RollingText(nll=8.5, tokens=7, words=6, bytes=24)
    assert (score.status, score.reason) == ("ok", None)


def test_the_blank_before_an_answer_is_no_byte_of_it(build):
    task = build(ROW)
    outcome = task.score(only(task), [Likelihood(logprob=-1.0, tokens=2)], "cf").outcome
    assert (outcome.bytes, outcome.words) == (len("Good day"), 2)


def test_the_signature_says_whose_bytes_count(build):
    assert "bytes:utf8_of_the_answers" in build(ROW).metrics[0].info.signature


def test_one_failed_turn_is_an_error_of_the_document(build):
    task = build(TALK)
    answers = [Likelihood(logprob=-3.0, tokens=4), Failure("too long")]
    score = task.score(only(task), answers, "cf")
    assert (score.status, score.outcome, score.reason) == ("error", None, "too long")


@pytest.mark.parametrize("options", [{"characters": 9}, {"overlap": 9}])
def test_answers_are_scored_whole(card, jsonl, options):
    with pytest.raises(TaskError, match="quiz: `completion_only` scores whole answers"):
        perplexity(card(), jsonl([ROW]), completion_only=True, **options)


def test_completion_only_is_yes_or_no(card, jsonl):
    with pytest.raises(TaskError, match="quiz: `completion_only` is true or false, not 'yes'"):
        perplexity(card(), jsonl([ROW]), completion_only="yes")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"output": "x"}, r"field 'instruction' is missing \(it has: output\)"),
        (ROW | {"input": ["x"]}, "field 'input' must be text, not list"),
        (ROW | {"output": " "}, "field 'output' is empty"),
        ({"instruction": "x"}, "field 'output' is missing"),
        ({"messages": TALK["messages"][:3]}, "field 'messages' must end with the assistant's turn"),
        ({"messages": TALK["messages"][1:]}, "field 'messages': turn 1 is the assistant's, and"),
        (ROW | {"output": "a\ud800"}, "field 'output' holds half a surrogate pair at character 1"),
    ],
)
def test_a_bad_row_is_named(row, message):
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: {message}"):
        answer_fields(Row(row, "rows.jsonl", 2))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
TURN = st.fixed_dictionaries(
    {}, optional={"role": st.sampled_from(["system", "user", "assistant"]), "content": JUNK}
)
FIELDS = {
    **dict.fromkeys(["instruction", "input", "output"], JUNK | st.just("Fine.")),
    "messages": JUNK | st.lists(TURN | JUNK, max_size=4),
}


@settings(max_examples=1000, deadline=None)
@given(st.fixed_dictionaries({}, optional=FIELDS))
def test_a_malformed_row_is_a_data_error_of_one_line_and_nothing_else(row):
    refused = ""
    try:
        fields = answer_fields(Row(row, "rows.jsonl", 7))
    except DataError as error:
        refused = str(error)
    if refused:
        assert refused.startswith("rows.jsonl:7: ")
        assert len(refused.splitlines()) == 1
    else:
        assert fields.keys() in ({"messages"}, {"question", "answer"})
