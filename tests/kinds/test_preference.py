from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data import Row
from harness.errors import DataError, TaskError
from harness.kinds.preference import preference
from harness.kinds.preference.rows import preference_fields
from harness.metrics.outcomes import Ranking
from harness.records import Failure, Likelihood, LogLikelihood
from harness.task import Prompt

PLAIN = Prompt(formulation="cf", format="plain")
ROW = {"prompt": "Fix: He go.", "chosen": "He goes.", "rejected": "He goes, dummy."}
RANKED = {
    "prompt": "头痛怎么办？",
    "responses": [
        {"text": "不知道。", "rank": 2},
        {"text": "多休息，多喝水。", "rank": 0},
        {"text": "随便。", "rank": 2},
    ],
}
LABELLED = {"prompt": "Is tea hot?", "response1": "Yes.", "response2": "It may be.", "label": 2}
TALK = [
    {"role": "user", "content": "My head hurts."},
    {"role": "assistant", "content": "Since when?"},
    {"role": "user", "content": "Since noon."},
]


@pytest.fixture
def task(card, jsonl):
    return preference(card(), jsonl([ROW]))


def scored(task, *logprobs):
    responses = [Likelihood(logprob=value, tokens=1) for value in logprobs]
    return task.score(task.documents(None)[0], responses, "cf")


def test_plain_responses_follow_a_line_break(task):
    assert task.requests(task.documents(None)[0], PLAIN) == [
        LogLikelihood("Fix: He go.", "\nHe goes."),
        LogLikelihood("Fix: He go.", "\nHe goes, dummy."),
    ]


def test_chat_responses_follow_the_generation_prompt(task, template):
    prompt = Prompt(formulation="cf", format="chat", template=template)
    assert task.requests(task.documents(None)[0], prompt) == [
        LogLikelihood("[user]Fix: He go.\n[assistant]", "He goes."),
        LogLikelihood("[user]Fix: He go.\n[assistant]", "He goes, dummy."),
    ]


def test_chinese_pairs_are_asked_alike(card, jsonl):
    task = preference(card("zh"), jsonl([{"prompt": "你好", "chosen": "您好！", "rejected": "滚"}]))
    assert task.requests(task.documents(None)[0], PLAIN)[0] == LogLikelihood("你好", "\n您好！")


def test_a_conversation_is_a_transcript_in_plain_format(card, jsonl):
    task = preference(
        card(), jsonl([{"messages": TALK, "chosen": "Rest.", "rejected": "So what."}])
    )
    context = "User: My head hurts.\n\nAssistant: Since when?\n\nUser: Since noon.\n\nAssistant:"
    assert task.requests(task.documents(None)[0], PLAIN) == [
        LogLikelihood(context, " Rest."),
        LogLikelihood(context, " So what."),
    ]


def test_a_chinese_transcript_has_chinese_labels_and_no_blanks(card, jsonl):
    talk = [{"role": "system", "content": "要有礼貌。"}, {"role": "user", "content": "头痛。"}]
    task = preference(
        card("zh"), jsonl([{"prompt": talk, "chosen": "多休息。", "rejected": "哦。"}])
    )
    assert task.requests(task.documents(None)[0], PLAIN)[0] == LogLikelihood(
        "要求：要有礼貌。\n\n用户：头痛。\n\n助手：", "多休息。"
    )


def test_a_conversation_is_the_templates_turns_in_chat_format(card, jsonl, template):
    task = preference(
        card(), jsonl([{"messages": TALK, "chosen": "Rest.", "rejected": "So what."}])
    )
    prompt = Prompt(formulation="cf", format="chat", template=template)
    assert task.requests(task.documents(None)[0], prompt)[0] == LogLikelihood(
        "[user]My head hurts.\n[assistant]Since when?\n[user]Since noon.\n[assistant]", "Rest."
    )


def test_responses_that_repeat_the_conversation_are_read_as_their_last_turns():
    answers = {"chosen": "Rest.", "rejected": "So what."}
    whole = {
        name: [*TALK, {"role": "assistant", "content": text}] for name, text in answers.items()
    }
    last = {name: [{"role": "assistant", "content": text}] for name, text in answers.items()}
    meant = {"prompt": TALK, **answers}
    assert preference_fields(Row(whole, "f", 1)) == meant
    assert preference_fields(Row({"prompt": "My head hurts.", **whole}, "f", 1)) == meant
    assert preference_fields(Row({"prompt": TALK, **last}, "f", 1)) == meant


def test_the_outcome_of_a_pair_holds_sums_and_lengths(task):
    assert scored(task, -8.0, -30.0).outcome == Ranking(
        logprobs=(-8.0, -30.0), characters=(8, 15), ranks=(1, 2)
    )


def test_all_responses_of_a_ranked_list_are_asked_and_keep_their_ranks(card, jsonl):
    task = preference(card("zh"), jsonl([RANKED]))
    continuations = [r.continuation for r in task.requests(task.documents(None)[0], PLAIN)]
    assert continuations == ["\n不知道。", "\n多休息，多喝水。", "\n随便。"]
    assert scored(task, -3.0, -1.0, -2.0).outcome == Ranking(
        logprobs=(-3.0, -1.0, -2.0), characters=(4, 8, 3), ranks=(2, 0, 2)
    )


@pytest.mark.parametrize(("label", "ranks"), [(1, (1, 2)), (2, (2, 1)), (0, (1, 1))])
def test_a_label_ranks_two_responses(card, jsonl, label, ranks):
    task = preference(card(), jsonl([{**LABELLED, "label": label}]))
    assert scored(task, -3.0, -1.0).outcome.ranks == ranks


@pytest.mark.parametrize(
    ("chosen", "rejected", "reason"),
    [(-8.0, -30.0, None), (-8.0, -9.0, "wrong"), (-8, -15, "wrong: tie")],
)
def test_the_reason_follows_the_margin_per_character(task, chosen, rejected, reason):
    assert scored(task, chosen, rejected).reason == reason


def test_a_list_matches_only_if_every_pair_does(card, jsonl):
    task = preference(card("zh"), jsonl([RANKED]))
    assert scored(task, -8.0, -1.0, -8.0).reason is None
    assert scored(task, -8.0, -8.0, -1.0).reason == "wrong"
    assert scored(task, -8.0, -8.0, -8.0).reason is None  # per character 1 against 2 and 2.7
    assert scored(task, -4.0, -8.0, -8.0).reason == "wrong: tie"


def test_what_people_tied_on_cannot_be_wrong(card, jsonl):
    task = preference(card(), jsonl([{**LABELLED, "label": 0}]))
    assert scored(task, -1.0, -90.0).reason is None


def test_a_failure_is_an_error(task):
    responses = [Likelihood(logprob=-1.0, tokens=1), Failure("too long")]
    score = task.score(task.documents(None)[0], responses, "cf")
    assert (score.status, score.outcome, score.reason) == ("error", None, "too long")


def test_all_pairs_are_scored_and_none_shown(card, jsonl):
    task = preference(card(), jsonl([{**ROW, "prompt": f"Fix {n}"} for n in range(40)]))
    assert (len(task.documents(None)), len(task.examples(None))) == (40, 0)


def test_agreement_is_there_only_with_a_margin_for_ties(card, jsonl, task):
    assert "agreement" not in [m.info.name for m in task.metrics]
    metrics = preference(card(), jsonl([ROW]), tie_margin=0.5).metrics
    assert [m.info.name for m in metrics] == [m.info.name for m in task.metrics] + ["agreement"]
    assert "margin:0.5" in metrics[-1].info.signature
    assert preference(card(), jsonl([ROW]), tie_margin=0).metrics[-1].info.name == "agreement"


@pytest.mark.parametrize("margin", [-0.1, "wide", True, float("nan")])
def test_a_margin_for_ties_must_be_a_number(card, jsonl, margin):
    with pytest.raises(TaskError, match="quiz: `tie_margin` must be a number >= 0, not "):
        preference(card(), jsonl([ROW]), tie_margin=margin)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW | {"prompt": ""}, "field 'prompt' is empty"),
        (ROW | {"chosen": None}, "field 'chosen' must be text, not NoneType"),
        (ROW | {"rejected": "He goes. "}, "fields 'chosen' and 'rejected' are the same text"),
        ({"prompt": "Hm?"}, r"field 'chosen' is missing \(it has: prompt\)"),
        (RANKED | {"responses": RANKED["responses"][:1]}, "field 'responses' must be a list of at"),
        (RANKED | {"responses": ["a", "b"]}, "field 'responses': number 1 must be an object like"),
        (
            RANKED | {"responses": [{"text": "a", "rank": 1}, {"text": "b", "rank": "2"}]},
            "field 'responses': number 2: rank must be a whole number, not '2'",
        ),
        (
            RANKED | {"responses": [{"text": "a", "rank": 1}, {"text": "a", "rank": 2}]},
            "the same response has two ranks: 'a'",
        ),
        (
            LABELLED | {"label": 3},
            r"field 'label' must be 1 or 2 \(preferred\) or 0 \(tie\), not 3",
        ),
        (LABELLED | {"response2": " "}, "field 'response2' is empty"),
        (ROW | {"prompt": TALK[:2]}, "field 'prompt' must end with the user's turn, not the assis"),
        (
            ROW | {"prompt": TALK[1:]},
            "field 'prompt': turn 1 is the assistant's, and the user's is",
        ),
        (ROW | {"prompt": []}, "field 'prompt' must be a list of turns"),
        (ROW | {"prompt": [{"role": "bot", "content": "x"}]}, "field 'prompt': turn 1: role must"),
        (ROW | {"prompt": [{"role": "user"}]}, "field 'prompt': turn 1: content must be text"),
        (
            ROW | {"chosen": [TALK[0], {"role": "assistant", "content": "Oh."}]},
            "chosen and rejected follow different conversations",
        ),
    ],
)
def test_a_bad_row_is_named(card, jsonl, row, message):
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: {message}"):
        preference(card(), jsonl([ROW, row])).documents(None)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
TURN = st.fixed_dictionaries(
    {}, optional={"role": st.sampled_from(["system", "user", "assistant", "x"]), "content": JUNK}
)
TEXT = JUNK | st.lists(TURN | JUNK, max_size=4) | st.just("Fine.")
RESPONSE = JUNK | st.fixed_dictionaries({}, optional={"text": TEXT, "rank": JUNK})
FIELDS = {
    **dict.fromkeys(["prompt", "messages", "chosen", "rejected", "response1", "response2"], TEXT),
    "responses": JUNK | st.lists(RESPONSE, max_size=4),
    "label": JUNK,
}


@settings(max_examples=1000, deadline=None)
@given(st.fixed_dictionaries({}, optional=FIELDS))
def test_a_malformed_row_is_a_data_error_of_one_line_and_nothing_else(row):
    refused = ""
    try:
        fields = preference_fields(Row(row, "rows.jsonl", 7))
    except DataError as error:
        refused = str(error)
    if refused:
        assert refused.startswith("rows.jsonl:7: ")
        assert len(refused.splitlines()) == 1
    else:
        assert fields["prompt"]
        assert fields.keys() in ({"prompt", "chosen", "rejected"}, {"prompt", "responses", "ranks"})


def test_a_conversation_needs_a_template_in_chat_format(card, jsonl):
    task = preference(card(), jsonl([{"messages": TALK, "chosen": "Rest.", "rejected": "No."}]))
    with pytest.raises(ValueError, match="needs a template"):
        task.requests(task.documents(None)[0], replace(PLAIN, format="chat"))
