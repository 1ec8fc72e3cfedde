"""What a record says of a document, without the task that asked it."""

from typing import Any

import pytest
from cells import ACCURACY

from harness.analysis.exchange import blanked, exchange, is_harmful, searched
from harness.metrics.metric import MetricInfo
from harness.records import (
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    RollingLogLikelihood,
    SampleRecord,
    Veiled,
)

PER_CHARACTER = MetricInfo(
    name="acc_norm", signature="acc_norm|norm:characters", columns=("c", "n"), aggregate="mean"
)


def asked(texts: list[str], logprobs: list[float], **changes: Any) -> SampleRecord:
    requests = tuple(LogLikelihood("Which?", f" {text}") for text in texts)
    responses = tuple(Likelihood(logprob=p, tokens=2) for p in logprobs)
    given: dict[str, Any] = {"fields": {"choices": texts, "answer": 1}, "status": "ok"}
    given |= {"requests": requests, "responses": responses} | changes
    return SampleRecord(cell="c", document="d", **given)


def said(text: str, **changes: Any) -> SampleRecord:
    given: dict[str, Any] = {"fields": {"target": "ward"}, "status": "ok"} | changes
    answer = Generation(texts=(text,), finish=("length",), tokens=(3,))
    return SampleRecord(
        cell="c", document="d", requests=(Generate(context="Where?"),), responses=(answer,), **given
    )


def test_the_metric_decides_which_choice_was_picked() -> None:
    record = asked(["oxygen", "carbon dioxide"], [-5.0, -6.0])
    summed, averaged = exchange(record, "x", ACCURACY), exchange(record, "x", PER_CHARACTER)
    assert [choice.picked for choice in summed.choices] == [True, False]
    assert [choice.picked for choice in averaged.choices] == [False, True]
    assert averaged.answers == ("carbon dioxide",)
    assert averaged.choices[0].per_character == -5.0 / 6
    assert averaged.target == "carbon dioxide"


@pytest.mark.parametrize(
    ("name", "picked"),
    [
        ("acc_norm,none", [False, True]),  # lm-eval's: its signature doesn't say so
        ("acc,none", [True, False]),
        ("acc_bytes", [False, False]),
        ("acc_tokens", [False, False]),
        ("acc_pmi", [False, False]),
        ("acc_mutual_info,none", [False, False]),
    ],
)
def test_no_choice_is_marked_where_the_metric_picks_in_another_way(
    name: str, picked: list[bool]
) -> None:
    info = MetricInfo(name=name, signature=f"{name}|v", columns=("c", "n"), aggregate="mean")
    found = exchange(asked(["oxygen", "carbon dioxide"], [-5.0, -6.0]), "lm-eval", info)
    assert [choice.picked for choice in found.choices] == picked
    assert bool(found.answers) == any(picked)


def test_answers_that_are_no_places_of_choices_are_left_alone() -> None:
    found = exchange(said("b", fields={"choices": ["a", "b"], "answer": ["b"]}), "x", ACCURACY)
    assert found.target == ""
    options = [str(i) for i in range(30)]
    found = exchange(said("b", fields={"choices": options, "answer": 28}), "x", ACCURACY)
    assert found.target == "28"


def test_letters_are_spelled_with_what_they_stand_for() -> None:
    record = asked(["A", "B"], [-1.0, -2.0], fields={"choices": ["red", "blue"], "answer": 1})
    found = exchange(record, "multiple_choice", ACCURACY)
    assert [choice.text for choice in found.choices] == ["A. red", "B. blue"]
    assert [choice.correct for choice in found.choices] == [False, True]


def test_rotated_and_neutral_contexts_are_no_further_choices() -> None:
    more = tuple(LogLikelihood("Answer:", f" {text}") for text in ("a", "b"))
    record = asked(["a", "b"], [-1.0, -2.0])
    record = asked(
        ["a", "b"], [-1.0, -2.0], requests=(*record.requests, *more), responses=record.responses * 2
    )
    assert len(exchange(record, "x", ACCURACY).choices) == 2


def test_contexts_that_differ_before_one_ending_are_the_choices() -> None:
    requests = tuple(LogLikelihood(f"The {who}", " fell.") for who in ("cat", "dog"))
    record = asked(["x", "y"], [-1.0, -2.0], requests=requests, fields={}, reason="wrong")
    found = exchange(record, "lm-eval", ACCURACY)
    assert [choice.text for choice in found.choices] == ["The cat", "The dog"]
    assert [choice.correct for choice in found.choices] == [None, None]


def test_a_generated_answer_stands_beside_what_was_wanted() -> None:
    found = exchange(said("the ward"), "generation", ACCURACY)
    assert (found.prompt, found.target, found.answers) == ("Where?", "ward", ("the ward",))
    assert found.cut
    assert found.tokens == 3


def test_a_scored_text_has_its_log_probability_and_no_answer() -> None:
    record = asked(
        [], [], requests=(RollingLogLikelihood("Once."),), fields={"text": "Once."},
        responses=(Likelihood(logprob=-9.5, tokens=4),),
    )  # fmt: skip
    found = exchange(record, "perplexity", ACCURACY)
    assert (found.prompt, found.logprob, found.answers) == ("Once.", -9.5, ())


def test_a_failure_says_why() -> None:
    record = asked(["a", "b"], [], status="error", responses=(Failure("NaN logits"),))
    found = exchange(record, "x", ACCURACY)
    assert (found.reason, found.choices) == ("NaN logits", ())


def test_of_a_sensitive_record_only_lengths_are_told() -> None:
    veiled = Veiled(document_hash="a", request_hash="b", response_hash="c", rows={}, chance={})
    answer = Generation(texts=("hmac:0ff:12",), finish=("stop",), tokens=(3,))
    record = SampleRecord(
        cell="c", document="d", status="ok", fields={"target": "hmac:abc:4"}, veiled=veiled,
        requests=(Generate(context="hmac:fe:33"),), responses=(answer,),
    )  # fmt: skip
    found = exchange(record, "generation", ACCURACY)
    assert found.withheld == "sensitive"
    assert found.prompt == "(withheld, 33 characters)"
    assert found.answers == ("(withheld, 12 characters)",)
    assert "hmac" not in repr(found)


def test_blanked_keeps_outcomes_and_no_text() -> None:
    record = asked(["SECRET1", "SECRET2"], [-1.0, -2.0], reason="wrong: SECRET3")
    found = blanked(exchange(record, "x", ACCURACY))
    assert "SECRET" not in repr(found)
    assert [choice.picked for choice in found.choices] == [True, False]
    assert found.reason == "wrong"
    failed = asked(["a", "b"], [], status="error", responses=(Failure("SECRET"),))
    assert "SECRET" not in repr(blanked(exchange(failed, "x", ACCURACY)))


def test_refusal_tasks_warn_unless_the_prompt_is_benign() -> None:
    assert is_harmful("refusal", {"label": "harmful"})
    assert is_harmful("refusal", {"label": "hmac:ab:7"})
    assert not is_harmful("refusal", {"label": "benign"})
    assert not is_harmful("generation", {})


def test_a_search_looks_in_prompt_fields_and_answers_whatever_the_case() -> None:
    record = said("In the ÄRZTEHAUS", fields={"source": "慢性胃炎"})
    for text in ("where", "ärztehaus", "胃炎"):
        assert searched(record, text)
    assert not searched(record, "elsewhere")
