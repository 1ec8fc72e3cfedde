import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.answer_sets import extracted_metrics, several_metrics
from harness.metrics.outcomes import AnswerSet

SEVERAL = several_metrics(lambda document: 0.1, lambda document: 0.4)
SINGLE = extracted_metrics(lambda document: 0.25)


def value(name, outcomes, metrics=SINGLE, formulation="gen"):
    (metric,) = [m for m in metrics if m.info.name == name and formulation in m.formulations]
    sums = np.array([metric.statistics(o) for o in outcomes]).sum(axis=0, keepdims=True)
    return AGGREGATES[metric.info.aggregate](sums)[0]


sets = st.lists(
    st.tuples(
        st.sets(st.integers(0, 4), min_size=1), st.none() | st.sets(st.integers(0, 4), min_size=1)
    ),
    min_size=1,
    max_size=20,
)


def outcomes_of(drawn):
    return [
        AnswerSet(gold=sorted(gold), picked=None if picked is None else sorted(picked), size=5)
        for gold, picked in drawn
    ]


@settings(max_examples=300)
@given(sets)
def test_exact_sets_and_micro_f1_are_scikit_learns(drawn):
    def matrix(side):
        return np.array([[letter in (pair[side] or ()) for letter in range(5)] for pair in drawn])

    outcomes = outcomes_of(drawn)
    exact = accuracy_score(matrix(0), matrix(1))
    micro = f1_score(matrix(0), matrix(1), average="micro", zero_division=0)
    for formulation in ("mcf", "gen"):
        assert value("acc", outcomes, SEVERAL, formulation) == pytest.approx(exact)
        assert value("micro_f1", outcomes, SEVERAL, formulation) == pytest.approx(micro)


@settings(max_examples=200)
@given(sets)
def test_accuracy_is_extraction_times_accuracy_of_the_extracted(drawn):
    outcomes = outcomes_of(drawn)
    extracted = value("extracted", outcomes)
    given_that = value("acc_if_extracted", outcomes)
    if extracted == 0:
        assert np.isnan(given_that)
    else:
        assert extracted * given_that == pytest.approx(value("acc", outcomes))


def test_no_answer_is_wrong_but_not_wrong_among_the_extracted():
    right = AnswerSet(gold=(1,), picked=(1,), size=4)
    silent = AnswerSet(gold=(1,), picked=None, size=4)
    assert value("acc", [right, silent]) == 0.5
    assert value("extracted", [right, silent]) == 0.5
    assert value("acc_if_extracted", [right, silent]) == 1.0


def test_a_part_of_the_set_is_not_the_set():
    part = AnswerSet(gold=(0, 1, 4), picked=(0, 1), size=5)
    assert value("acc", [part], SEVERAL) == 0.0
    assert value("micro_f1", [part], SEVERAL) == pytest.approx(2 * 2 / (2 + 3))


def test_how_an_answer_comes_about_is_in_the_signature():
    signatures = [m.info.signature for m in (*SINGLE, *SEVERAL) if m.info.name == "acc"]
    assert signatures == [
        "acc|answer:extracted|version:1",
        "acc|set:exact|answer:likeliest_set|version:1",
        "acc|set:exact|answer:extracted|version:1",
    ]
