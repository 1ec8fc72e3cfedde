from dataclasses import dataclass, field
from math import exp, log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_eval.api.metrics import perplexity

from harness.data import Row
from harness.errors import DataError
from harness.kinds.cloze import cloze
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Target
from harness.metrics.target import TARGET_METRICS
from harness.records import Failure, Likelihood, LogLikelihood
from harness.task import Card, Prompt

ROW = {"context": "I don't care about", "target": "signs"}
PLAIN = Prompt(formulation="cf", format="plain")


def asked(task):
    (document,) = task.documents(None)
    return list(task.requests(document, PLAIN))


def scored(task, logprob, *, greedy=False):
    (document,) = task.documents(None)
    return task.score(document, [Likelihood(logprob=logprob, tokens=2, greedy=greedy)], "cf")


def test_the_target_is_scored_after_its_context_and_a_blank(card, jsonl):
    assert asked(cloze(card(), jsonl([ROW]))) == [LogLikelihood("I don't care about", " signs")]


def test_blanks_around_both_do_not_count(card, jsonl):
    row = {"context": "I don't care about \n", "target": "\n\nsigns"}
    assert asked(cloze(card(), jsonl([row]))) == [LogLikelihood("I don't care about", " signs")]


def test_there_is_no_blank_in_chinese(card, jsonl):
    row = {"context": "他得了阑尾", "target": "炎"}
    assert asked(cloze(card("zh"), jsonl([row]))) == [LogLikelihood("他得了阑尾", "炎")]


def test_it_is_asked_plain_and_without_examples(card, jsonl):
    task = cloze(card(), jsonl([ROW]))
    assert (task.formats, task.formulations, task.examples(None)) == (("plain",), ("cf",), ())


def test_a_target_that_greedy_decoding_gives_matches(card, jsonl):
    task = cloze(card(), jsonl([ROW]))
    assert scored(task, -0.5, greedy=True).reason is None
    score = scored(task, -0.5)
    assert (score.status, score.reason) == ("ok", "wrong")


def test_the_metrics_are_lm_evals_and_bits_per_byte(card, jsonl):
    task = cloze(card(), jsonl([ROW]))
    outcomes = [scored(task, -1.0, greedy=True).outcome, scored(task, -4.0).outcome]
    found = {}
    for metric in task.metrics:
        sums = np.sum([metric.statistics(o) for o in outcomes], axis=0, keepdims=True)
        [found[metric.info.name]] = AGGREGATES[metric.info.aggregate](sums)
    assert found == pytest.approx(
        {
            "acc": 0.5,
            "target_perplexity": exp(2.5),  # lm-eval: exp(-mean(loglikelihoods))
            "target_bits_per_byte": 5.0 / log(2) / 10,
        }
    )
    assert task.metrics[0].info.name == "acc"


@settings(max_examples=200)
@given(st.lists(st.floats(-30, 0), min_size=1, max_size=20))
def test_target_perplexity_is_lm_evals(logprobs):
    metric = TARGET_METRICS[1]
    rows = [metric.statistics(Target(nll=-x, bytes=1, greedy=False)) for x in logprobs]
    [value] = AGGREGATES[metric.info.aggregate](np.sum(rows, axis=0, keepdims=True))
    assert value == pytest.approx(perplexity(logprobs))


def test_a_failure_or_no_finite_likelihood_is_an_error(card, jsonl):
    task = cloze(card(), jsonl([ROW]))
    (document,) = task.documents(None)
    assert task.score(document, [Failure("NaN logits")], "cf").status == "error"
    assert scored(task, float("-inf")).status == "error"


CARD = Card(name="c", capability="general", language="en", licence="CC0", source="this test")
values = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.text())


@settings(max_examples=1000, deadline=None)
@given(st.dictionaries(st.sampled_from(["context", "target", "id", "cluster"]), values))
def test_a_bad_row_is_one_line_with_its_place_and_nothing_else(fields):
    task = cloze(CARD, Given(fields))
    problem = problem_of(task)
    if problem is None:
        (request,) = asked(task)
        assert request.context
        assert request.continuation.strip()
    else:
        assert problem.startswith("rows.jsonl:1: ")
        assert "\n" not in problem


def problem_of(task):
    try:
        task.documents(None)
    except DataError as error:
        return str(error)
    return None


@dataclass(frozen=True)
class Given:
    """One row, without a file."""

    fields: dict[str, Any] = field(hash=False)

    def rows(self, folder):
        return [Row(self.fields, "rows.jsonl", 1)]

    def shot_rows(self, folder):
        return None
