"""Aggregates over records against lm-eval's own and scikit-learn's."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lm_eval.api.metrics import median
from sklearn.metrics import matthews_corrcoef

from harness.metrics.record_aggregates import RECORD_AGGREGATES

PAIRS = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=1, max_size=30)


@given(PAIRS)
def test_matthews_is_scikit_learns(pairs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a single label
        expected = matthews_corrcoef(*zip(*pairs, strict=True))
    found = RECORD_AGGREGATES["matthews"](np.array(pairs, dtype=float))
    assert found == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_the_upper_median_is_lm_evals(values):
    assert RECORD_AGGREGATES["upper_median"](np.array(values)[:, None]) == median(values)


@pytest.mark.parametrize("name", ["matthews", "upper_median"])
def test_no_records_have_no_value(name):
    assert np.isnan(RECORD_AGGREGATES[name](np.empty((0, 2))))
