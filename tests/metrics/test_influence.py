from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics import influence
from harness.metrics.influence import influence_rows

pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=2, max_size=30)


def ratio(samples):
    return sum(a for a, _ in samples) / sum(b for _, b in samples)


@settings(max_examples=200)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=30))
def test_rows_of_a_mean_are_the_samples_own_values(numbers):
    rows = influence_rows(lambda xs: sum(xs) / len(xs), numbers)
    assert rows == [(float(x), 1.0) for x in numbers]


@settings(max_examples=200)
@given(pairs)
def test_the_mean_of_the_rows_is_the_metric(samples):
    rows = np.array(influence_rows(ratio, samples))
    assert rows[:, 0].mean() == pytest.approx(ratio(samples))
    assert (rows[:, 1] == 1).all()


def test_their_spread_is_the_jackknifes():
    rng = np.random.default_rng(5)
    samples = [(int(a), int(b)) for a, b in rng.integers(1, 9, size=(40, 2))]
    rows = np.array(influence_rows(ratio, samples))[:, 0]
    n = len(samples)
    left = np.array([ratio(samples[:i] + samples[i + 1 :]) for i in range(n)])
    # Efron & Tibshirani 1993, eq. 11.5
    jackknife = np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
    assert rows.std(ddof=1) / np.sqrt(n) == pytest.approx(jackknife)


def test_a_metric_without_a_value_counts_nothing():
    assert influence_rows(lambda xs: None, [1, 2]) == [(0.0, 0.0)] * 2


def test_a_metric_that_needs_every_sample_has_a_value_and_no_spread():
    assert influence_rows(lambda xs: 0.5 if len(xs) == 3 else None, [1, 2, 3]) == [(0.5, 1.0)] * 3


def test_too_many_samples_are_not_left_out_one_by_one(monkeypatch):
    monkeypatch.setattr(influence, "LARGEST", 19)
    calls = count()

    def counted(samples):
        next(calls)
        return ratio(samples)

    samples = [(i % 3, 1 + i % 4) for i in range(20)]
    assert influence_rows(counted, samples) == [(ratio(samples), 1.0)] * 20
    assert next(calls) < 20
