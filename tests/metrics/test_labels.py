"""Label metrics against scikit-learn with ``labels=`` fixed and ``zero_division=0``."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.labels import label_metrics
from harness.metrics.outcomes import Label

MEASURES = ("precision", "recall", "f1")


def names(size):
    return tuple(f"c{index}" for index in range(size))


def values(gold, predicted, size):
    """Return every metric's value over the samples."""
    pairs = zip(gold, predicted, strict=True)
    outcomes = [Label(gold=g, predicted=p, size=size) for g, p in pairs]
    result = {}
    for metric in label_metrics(names(size), "logprob_sum"):
        rows = np.array([metric.statistics(outcome) for outcome in outcomes])
        assert rows.shape == (len(outcomes), len(metric.info.columns))
        (value,) = AGGREGATES[metric.info.aggregate](rows.sum(axis=0, keepdims=True))
        result[metric.info.name] = value
    return result


def sklearns(gold, predicted, size):
    """Return scikit-learn's values; no label given counts as a label that isn't in the set."""
    labels = list(range(size))
    given_labels = [size if p is None else p for p in predicted]
    expected = {"accuracy": accuracy_score(gold, given_labels)}
    for average in ("macro", "micro", "weighted", None):
        measured = precision_recall_fscore_support(
            gold, given_labels, labels=labels, average=average, zero_division=0
        )
        for measure, value in zip(MEASURES, measured[:3], strict=True):
            if average is None:
                expected |= {f"{measure}[c{label}]": value[label] for label in labels}
            else:
                expected[f"{average}_{measure}"] = value
    return expected


@st.composite
def samples(draw):
    """Draw C and (gold, predicted) pairs that often miss a class, on one side or on both."""
    size = draw(st.integers(2, 6))
    gold_classes = draw(st.sets(st.integers(0, size - 1), min_size=1))
    classes = draw(st.sets(st.integers(0, size - 1), min_size=1))
    pair = st.tuples(
        st.sampled_from(sorted(gold_classes)), st.sampled_from([*sorted(classes), None])
    )
    pairs = draw(st.lists(pair, min_size=1, max_size=25))
    return [g for g, _ in pairs], [p for _, p in pairs], size


@given(samples())
def test_every_metric_equals_scikit_learns(sample):
    expected = sklearns(*sample)
    assert values(*sample) == pytest.approx(expected, abs=1e-12)


def test_the_example_of_seven_samples():
    found = values([0, 0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 1, 0], 3)
    macro = [found[f"macro_{measure}"] for measure in MEASURES]
    assert macro == pytest.approx([0.4722, 0.5833, 0.5167], abs=5e-5)
    assert found["accuracy"] == found["micro_f1"] == pytest.approx(0.7143, abs=5e-5)


def test_a_class_nobody_names_counts_as_zero_in_the_mean():
    found = values([0, 1], [0, 1], 4)
    assert found["macro_f1"] == pytest.approx(0.5)
    assert found["f1[c3]"] == 0.0
    assert found["micro_f1"] == found["weighted_f1"] == 1.0


def test_aggregates_take_many_resamples_at_once():
    metric, *_ = label_metrics(names(3), "logprob_sum")
    pairs = [(0, 0), (1, 0), (2, 2), (1, 1), (2, 0)]
    rows = np.array([metric.statistics(Label(gold=g, predicted=p, size=3)) for g, p in pairs])
    draws = np.random.default_rng(0).integers(0, len(rows), (50, len(rows)))
    sums = rows[draws].sum(axis=1)
    aggregate = AGGREGATES["macro_f1"]
    one_by_one = [aggregate(row[None])[0] for row in sums]
    assert aggregate(sums) == pytest.approx(one_by_one)
    assert aggregate(sums).shape == (50,)


@pytest.mark.parametrize("name", ["macro_f1", "micro_precision", "weighted_recall"])
def test_no_samples_are_no_evidence(name):
    assert np.isnan(AGGREGATES[name](np.zeros((1, 6)))).all()


def test_macro_f1_is_primary_and_chance_is_one_over_the_labels():
    metrics = label_metrics(("yes", "no", "maybe"), "logprob_sum")
    assert [m.info.name for m in metrics[:2]] == ["macro_f1", "accuracy"]
    assert "f1[maybe]" in [m.info.name for m in metrics]
    assert len(metrics) == 10 + 9
    assert {m.info.chance for m in metrics} == {1 / 3}


def test_the_label_set_its_order_and_the_rule_are_in_the_signature():
    def signature(labels, picked_by):
        return label_metrics(labels, picked_by)[0].info.signature

    asked = signature(("yes", "no"), "logprob_sum")
    assert asked.startswith("macro_f1|labels:2:")
    assert asked.endswith("|picked_by:logprob_sum|zero_division:0|version:1")
    assert signature(("no", "yes"), "logprob_sum") != asked
    assert signature(("yes", "never"), "logprob_sum") != asked
    assert signature(("yes", "no"), "text") != asked


def test_every_metric_has_a_signature_of_its_own():
    signatures = [m.info.signature for m in label_metrics(names(5), "logprob_sum")]
    assert len(set(signatures)) == len(signatures)
