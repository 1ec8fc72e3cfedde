"""Multiple choice beyond one letter: generated, by PMI, several right answers, rotations."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.data import LocalFile
from harness.errors import DataError, TaskError
from harness.kinds.multiple_choice import multiple_choice
from harness.records import Document, Failure, Generate, Generation, Likelihood, LogLikelihood
from harness.stats.bootstrap import value_of
from harness.task import Card, Prompt

GAS = {"question": "Which gas do plants take up?", "choices": ["oxygen", "CO2"], "answer": "B"}
SKY = {"question": "What colour is the sky?", "choices": ["blue", "green", "red"], "answer": 0}
SIGNS = {"question": "肺炎的表现有", "choices": ["咳嗽", "发热", "骨折"], "answer": "AB"}
ONE_SIGN = {"question": "骨折的表现有", "choices": ["咳嗽", "畸形", "发热"], "answer": "B"}


def asked(task, formulation, format_="plain", shots=0, template=None):
    first, *others = task.documents(None)
    prompt = Prompt(
        formulation=formulation, format=format_, examples=tuple(others[:shots]), template=template
    )
    return list(task.requests(first, prompt))


def likely(*logprobs):
    return [Likelihood(logprob=logprob, tokens=1) for logprob in logprobs]


def wrote(text, finish="stop"):
    return [Generation(texts=(text,), finish=(finish,), tokens=(9,))]


def values(task, formulation, *outcomes):
    return {
        m.info.name: value_of(m.info, np.array([m.statistics(o) for o in outcomes], dtype=float))
        for m in task.metrics_of(formulation)
    }


def test_a_generation_is_asked_with_the_choices_and_stops_before_the_next_question(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS, SKY]))
    assert asked(task, "gen", shots=1) == [
        Generate(
            context=(
                "Question: What colour is the sky?\nA. blue\nB. green\nC. red\nAnswer: A\n\n"
                "Question: Which gas do plants take up?\nA. oxygen\nB. CO2\nAnswer:"
            ),
            stop=("\n\n",),
            max_tokens=32,
        )
    ]
    assert task.generation == {"max_tokens": 32, "stop": ["\n\n"], "temperature": 0.0}


def test_a_chat_reply_ends_where_the_model_ends_it(card, jsonl, template):
    task = multiple_choice(card("zh"), jsonl([GAS]))
    (request,) = asked(task, "gen", "chat", template=template)
    assert request.stop == ()
    assert request.context.startswith("[user]问题：")
    assert request.context.endswith("答案：\n[assistant]")


@pytest.mark.parametrize(
    ("text", "finish", "status", "reason"),
    [
        (" B", "stop", "ok", None),
        ("The answer is B. CO2", "length", "ok", None),
        ("CO2", "stop", "ok", None),
        ("A", "stop", "ok", "wrong"),
        ("", "stop", "empty", "empty"),
        (" \n", "length", "empty", "empty"),
        ("Plants are green and", "length", "truncated", "truncated"),
        ("Plants are green.", "stop", "no_answer", "no_answer"),
        ("A or B", "stop", "no_answer", "no_answer"),
        ("I'm sorry, but I can't help with that.", "stop", "refusal", "refusal"),
        ("I'm sorry, but I can't help with that", "length", "refusal", "refusal"),
    ],
)
def test_a_reply_without_the_answer_says_why(card, jsonl, text, finish, status, reason):
    task = multiple_choice(card(), jsonl([GAS]))
    (document,) = task.documents(None)
    score = task.score(document, wrote(text, finish), "gen")
    assert (score.status, score.reason) == (status, reason)
    found = values(task, "gen", score.outcome)
    assert found["acc"] == float(reason is None)
    assert found["extracted"] == float(status == "ok")


def test_a_failed_generation_is_an_error(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS]))
    (document,) = task.documents(None)
    score = task.score(document, [Failure("out of memory")], "gen")
    assert (score.status, score.outcome, score.reason) == ("error", None, "out of memory")
    with pytest.raises(TypeError, match="a generated text is needed, not a Likelihood"):
        task.score(document, likely(-1.0), "gen")


def test_pmi_also_asks_each_choice_after_the_cue_alone(card, jsonl, template):
    task = multiple_choice(card(), jsonl([GAS, SKY]), pmi=True)
    *_, first, second = asked(task, "cf", shots=1)
    assert (first, second) == (
        LogLikelihood("Answer:", " oxygen"),
        LogLikelihood("Answer:", " CO2"),
    )
    chat = asked(task, "cf", "chat", template=template)
    assert chat[2] == LogLikelihood("[user]Answer:\n[assistant]", "oxygen")
    assert len(chat) == 4
    assert len(asked(task, "mcf")) == 2


def test_pmi_picks_what_the_question_makes_likelier(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS]), pmi=True)
    (document,) = task.documents(None)
    # oxygen is likelier, but less so than without the question
    outcome = task.score(document, likely(-2.0, -3.0, -1.0, -9.0), "cf").outcome
    found = values(task, "cf", outcome)
    assert (found["acc"], found["acc_pmi"]) == (0.0, 1.0)
    assert "acc_pmi" not in [m.info.name for m in task.metrics_of("mcf")]


def test_several_answers_are_asked_as_every_set_of_letters(card, jsonl):
    task = multiple_choice(card("zh"), jsonl([SIGNS, ONE_SIGN]), several=True)
    assert task.formulations == ("mcf", "gen")
    requests = asked(task, "mcf", shots=1)
    assert [r.continuation for r in requests] == [
        "A", "B", "C", "A、B", "A、C", "B、C", "A、B、C",
    ]  # fmt: skip
    assert {r.context for r in requests} == {
        "问题：骨折的表现有\nA. 咳嗽\nB. 畸形\nC. 发热\n"
        "正确选项有一个或多个，请写出全部正确选项的字母，用顿号隔开。\n答案：B\n\n"
        "问题：肺炎的表现有\nA. 咳嗽\nB. 发热\nC. 骨折\n"
        "正确选项有一个或多个，请写出全部正确选项的字母，用顿号隔开。\n答案："
    }


def test_an_english_set_is_written_with_commas(card, jsonl):
    task = multiple_choice(card(), jsonl([{**GAS, "answer": "AB"}]), several=True)
    *_, both = asked(task, "mcf")
    assert both.continuation == " A, B"
    assert both.context.splitlines()[-2].startswith("One or more are right.")


def test_the_likeliest_set_is_the_answer_though_its_first_letter_is_likelier(card, jsonl):
    task = multiple_choice(card("zh"), jsonl([SIGNS]), several=True)
    (document,) = task.documents(None)
    score = task.score(document, likely(-0.1, -3.0, -9.0, -0.2, -9.0, -9.0, -4.0), "mcf")
    assert (score.outcome.picked, score.outcome.gold) == ((0, 1), (0, 1))
    assert (score.status, score.reason) == ("ok", None)
    wrong = task.score(document, likely(-0.1, -3.0, -9.0, -6.0, -9.0, -9.0, -9.0), "mcf")
    assert (wrong.outcome.picked, wrong.reason) == ((0,), "wrong")
    found = values(task, "mcf", score.outcome, wrong.outcome)
    assert found == {"acc": 0.5, "micro_f1": pytest.approx(2 * 3 / (3 + 4))}


def test_a_generated_set_is_read_whole(card, jsonl):
    task = multiple_choice(card("zh"), jsonl([SIGNS]), several=True)
    (document,) = task.documents(None)
    assert task.score(document, wrote("AB"), "gen").reason is None
    assert task.score(document, wrote("答案：B、A"), "gen").reason is None
    part = task.score(document, wrote("A"), "gen")
    assert part.reason == "wrong"
    names = [m.info.name for m in task.metrics_of("gen")]
    assert names == ["acc", "micro_f1", "extracted", "acc_if_extracted"]
    assert values(task, "gen", part.outcome)["micro_f1"] == pytest.approx(2 / 3)


def test_a_stored_set_is_scored_as_the_fresh_one(card, jsonl):
    task = multiple_choice(card("zh"), jsonl([SIGNS]), several=True)
    (document,) = task.documents(None)
    stored = Document(id=document.id, fields=json.loads(json.dumps(dict(document.fields))))
    assert task.score(stored, wrote("AB"), "gen") == task.score(document, wrote("AB"), "gen")


def test_chance_of_several_is_that_of_a_set_drawn_from_all(card, jsonl):
    task = multiple_choice(card("zh"), jsonl([SIGNS]), several=True)
    (document,) = task.documents(None)
    chance = {m.info.name: m.chance(document) for m in task.metrics_of("mcf")}
    # of the 7 sets 4 hold a letter: 2 * (4/7 * 2) / (4/7 * 3 + 2)
    assert chance == pytest.approx({"acc": 1 / 7, "micro_f1": 16 / 26})


def test_too_many_choices_for_all_sets_are_an_error_of_that_variant(card, jsonl):
    row = {"question": "?", "choices": list("uvwxyz"), "answer": "AF"}
    task = multiple_choice(card(), jsonl([row]), several=True)
    with pytest.raises(TaskError, match=r"quiz: '\w+' has 6 choices, .* ask the variant `gen`"):
        asked(task, "mcf")
    assert len(asked(task, "gen")) == 1


def test_rotations_move_each_choice_through_the_letters(card, jsonl):
    task = multiple_choice(card(), jsonl([SKY]), permutations=3)
    requests = asked(task, "mcf")
    assert [r.continuation for r in requests] == [" A", " B", " C"] * 3
    shown = [requests[i].context.splitlines()[1:4] for i in (0, 3, 6)]
    assert shown == [
        ["A. blue", "B. green", "C. red"],
        ["A. green", "B. red", "C. blue"],
        ["A. red", "B. blue", "C. green"],
    ]
    assert len(asked(task, "cf")) == 3
    assert len(asked(task, "gen")) == 1


def test_there_are_no_more_rotations_than_choices(card, jsonl):
    task = multiple_choice(card(), jsonl([GAS]), permutations=4)
    assert len(asked(task, "mcf")) == 2 * 2


def test_rotations_tell_a_liking_for_a_letter_from_an_answer(card, jsonl):
    task = multiple_choice(card(), jsonl([SKY]), permutations=3)
    (document,) = task.documents(None)
    always_a = task.score(document, likely(*(-1.0, -2.0, -3.0) * 3), "mcf")
    assert always_a.reason is None  # blue is A in the order as it stands
    found = values(task, "mcf", always_a.outcome)
    assert found["acc"] == 1.0
    assert found["acc_rotations"] == pytest.approx(1 / 3)
    assert found["consistency"] == 0.0
    assert found["position_bias"] == pytest.approx(2 / 3)
    by_text = task.score(document, likely(-1, -2, -3, -2, -3, -1, -3, -1, -2), "mcf")
    found = values(task, "mcf", by_text.outcome)
    assert [found[n] for n in ("acc_rotations", "consistency", "position_bias")] == pytest.approx(
        [1, 1, 0]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"several": True, "single_answer_only": True}, "`several` and `single_answer_only`"),
        ({"several": True, "stem": True}, "`several` and `stem`"),
        ({"several": True, "pmi": True}, "`several` and `pmi`"),
        ({"several": True, "permutations": 2}, "`several` and `permutations`"),
        ({"stem": True, "permutations": 2}, "`stem` and `permutations`"),
        ({"stem": True, "pmi": True}, "`stem` and `pmi`"),
        ({"permutations": 0}, "`permutations` must be at least 1, not 0"),
        ({"permutations": "all"}, "`permutations` must be a number, not 'all'"),
        ({"permutations": True}, "`permutations` must be a number, not True"),
        ({"pmi": "yes"}, "`pmi` must be true or false, not 'yes'"),
    ],
)
def test_options_that_cannot_be_are_refused(card, jsonl, options, message):
    with pytest.raises(TaskError, match=f"^quiz: {message}"):
        multiple_choice(card(), jsonl([GAS]), **options)


wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=6,
)
half_right = st.fixed_dictionaries(
    {},
    optional={
        "id": wild,
        "cluster": wild,
        "question": wild | st.just("Q?"),
        "choices": wild | st.lists(st.text(min_size=1, max_size=3) | wild, max_size=30),
        "answer": wild | st.sampled_from(["A", "AB", 0, [0, 1], ["A"], "Z"]),
        "context": wild,
        "subject": wild,
    },
)


@settings(
    max_examples=1000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(row=half_right, several=st.booleans())
def test_any_row_is_a_document_or_a_one_line_error(tmp_path, row, several):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    card = Card(name="q", capability="domain", language="en", licence="CC0", source="this test")
    task = multiple_choice(card, LocalFile(path), several=several)
    message = ""
    try:
        (document,) = task.documents(None)
    except DataError as error:
        message = str(error)
    if message:
        assert message.startswith(f"{path}:1: ")
        assert len(message.splitlines()) == 1
    else:
        for formulation in ("mcf", "gen") if len(document.fields["choices"]) < 6 else ("gen",):
            assert task.requests(document, Prompt(formulation=formulation, format="plain"))
