"""Scores of record fields against scikit-learn, and what counts as the same value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.fields import field_metrics, values_of
from harness.metrics.outcomes import Filled

FIELDS = ("complaint", "药物", "plan")
VALUES = ("cough", "发热", "", "flu")
MEASURES = ("precision", "recall", "f1")


def values(filled):
    found = {}
    for metric in field_metrics(FIELDS):
        rows = np.array([metric.statistics(outcome) for outcome in filled])
        assert rows.shape == (len(filled), len(metric.info.columns))
        (found[metric.info.name],) = AGGREGATES[metric.info.aggregate](rows.sum(axis=0)[None])
    return found


def record(gold, predicted, well_formed=True):
    gold, predicted = ([values_of(value) for value in side] for side in (gold, predicted))
    return Filled(gold=gold, predicted=predicted, well_formed=well_formed)


drawn = st.lists(st.sampled_from(VALUES), min_size=len(FIELDS), max_size=len(FIELDS))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(drawn, drawn), min_size=1, max_size=6))
def test_averages_equal_scikit_learns_on_field_and_value_pairs(pairs):
    """A record is a row of indicators, one per (field, value); sums per field are weighted sums."""
    columns = [(field, value) for field in FIELDS for value in VALUES if value]
    sides = [
        np.array([[dict(zip(FIELDS, r, strict=True))[f] == v for f, v in columns] for r in side])
        for side in zip(*pairs, strict=True)
    ]
    found = values([record(gold, predicted) for gold, predicted in pairs])
    if not sides[0].any():
        assert np.isnan(found["micro_f1"])
        return
    expected = precision_recall_fscore_support(*sides, average="micro", zero_division=0)
    ours = [found[f"micro_{measure}"] for measure in MEASURES]
    assert ours == pytest.approx(list(expected[:3]))
    each = []
    for field in FIELDS:
        of_field = [side[:, [f == field for f, _ in columns]] for side in sides]
        scores = precision_recall_fscore_support(*of_field, average="micro", zero_division=0)[:3]
        assert [found[f"{m}[{field}]"] for m in MEASURES] == pytest.approx(list(scores))
        each.append(scores)
    assert [found[f"macro_{m}"] for m in MEASURES] == pytest.approx(list(np.mean(each, axis=0)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Type 2  diabetes ", "type 2 Diabetes"),
        ("２型糖尿病", "2型糖尿病"),
        ("服用 5 天", "服用5天"),
        (38, "38"),
        (38.0, "38"),
        (37.5, "37.5"),
        (True, "true"),
        (["b", "a"], ["A", "b"]),
        (["a"], "a"),
        (None, ""),
        (None, []),
        (None, "None"),
        ("无", None),
        ("N/A", "not stated"),
    ],
)
def test_values_that_are_the_same(one, other):
    assert values_of(one) == values_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("5 mg", "5mg"), ("a b", "ab"), ("flu.", "flu"), ({"a": 1}, "a"), ("0", None), (0, False)],
)
def test_values_that_differ(one, other):
    assert values_of(one) != values_of(other)


def test_an_object_or_a_nested_list_is_one_value_that_no_text_equals():
    assert len(values_of({"a": [1, 2]})) == len(values_of([["a"], {"b": 1}])) == 1
    found = values([record(["a", "b", None], [{"x": "a"}, [["b"]], None])])
    assert found["micro_f1"] == 0.0
    assert found["precision[complaint]"] == found["recall[complaint]"] == 0.0


def test_the_scores_of_two_records_by_hand():
    first = record(["cough", "aspirin", None], ["Cough", "ibuprofen", "rest"])
    second = record(["fever", ["a", "b"], "rest"], ["fever", ["b", "a"], "rest"])
    found = values([first, second])
    assert found["micro_precision"] == pytest.approx(5 / 7)
    assert found["micro_recall"] == pytest.approx(5 / 6)
    assert found["f1[complaint]"] == 1.0
    assert found["f1[药物]"] == pytest.approx(2 / 3)
    assert found["precision[plan]"] == 0.5
    assert found["macro_f1"] == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)
    assert (found["exact_record"], found["well_formed"]) == (0.5, 1.0)


def test_an_answer_without_json_is_counted():
    silent = record(["a", None, None], [None] * 3, well_formed=False)
    found = values([silent, record(["a", None, None], ["a", None, None])])
    assert (found["well_formed"], found["exact_record"], found["micro_recall"]) == (0.5, 0.5, 0.5)


def test_micro_f1_is_primary_and_signatures_differ():
    metrics = [*field_metrics(FIELDS), *field_metrics(FIELDS[:2])]
    assert metrics[0].info.name == "micro_f1"
    assert len({metric.info.signature for metric in metrics}) == len(metrics)
