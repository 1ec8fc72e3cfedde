import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Choice
from harness.metrics.rotations import rotation_metrics
from harness.records import Document

CHANCE = lambda document: 1 / len(document.fields["choices"])  # noqa: E731
METRICS = {m.info.name: m for m in rotation_metrics(CHANCE, 4)}


def rotated(picked, gold=0, size=4):
    return Choice(logprobs=[-1.0] * size, characters=[1] * size, gold=gold, picked=picked)


def value(name, *outcomes):
    metric = METRICS[name]
    sums = np.array([metric.statistics(o) for o in outcomes]).sum(axis=0, keepdims=True)
    return AGGREGATES[metric.info.aggregate](sums)[0]


def test_who_picks_by_text_is_consistent_and_has_no_bias():
    # the text at index 2 moves to position 2, 1, 0, 3
    by_text = rotated([2, 1, 0, 3], gold=2)
    assert value("consistency", by_text) == 1.0
    assert value("acc_rotations", by_text) == 1.0
    assert value("position_bias", by_text) == pytest.approx(0.0)


def test_who_always_picks_a_scores_chance_and_has_all_bias():
    always_a = rotated([0, 0, 0, 0])
    assert value("consistency", always_a) == 0.0
    assert value("acc_rotations", always_a) == pytest.approx(0.25)
    assert value("position_bias", always_a) == pytest.approx(0.75)


def test_a_consistent_error_is_consistent():
    wrong = rotated([2, 1, 0, 3], gold=0)
    assert (value("consistency", wrong), value("acc_rotations", wrong)) == (1.0, 0.0)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(2, 6), st.data()), min_size=1, max_size=8))
def test_position_bias_is_half_the_sum_of_gaps(drawn):
    outcomes = []
    for size, data in drawn:
        picked = data.draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
        outcomes.append(rotated(picked, size=size))
    observed, expected = np.zeros(26), np.zeros(26)
    for outcome in outcomes:
        size = len(outcome.logprobs)
        observed += np.bincount(outcome.picked, minlength=26) / size
        expected += np.where(np.arange(26) < size, 1 / size, 0)
    gaps = np.abs(observed - expected).sum() / 2 / len(outcomes)
    assert value("position_bias", *outcomes) == pytest.approx(gaps)


def test_opposite_likings_cancel_over_documents():
    assert value("position_bias", rotated([0, 0], size=2), rotated([1, 1], size=2)) == 0.0


def test_chance_of_consistency_counts_the_rotations_there_are():
    four, two = (Document(id="1", fields={"choices": ["x"] * n}) for n in (4, 2))
    chance = METRICS["consistency"].chance
    assert (chance(four), chance(two)) == pytest.approx((4**-3, 2**-1))
