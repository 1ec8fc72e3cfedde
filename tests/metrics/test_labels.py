"""Label metrics against scikit-learn with ``labels=`` fixed and ``zero_division=0``."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, matthews_corrcoef, precision_recall_fscore_support

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.labels import extracted_label_metrics, label_metrics
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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a single label
        expected["mcc"] = matthews_corrcoef(gold, given_labels)
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


@settings(max_examples=300)
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


@pytest.mark.parametrize("name", ["macro_f1", "mcc"])
def test_aggregates_take_many_resamples_at_once(name):
    [metric] = [m for m in label_metrics(names(3), "logprob_sum") if m.info.name == name]
    pairs = [(0, 0), (1, 0), (2, 2), (1, 1), (2, 0)]
    rows = np.array([metric.statistics(Label(gold=g, predicted=p, size=3)) for g, p in pairs])
    draws = np.random.default_rng(0).integers(0, len(rows), (50, len(rows)))
    sums = rows[draws].sum(axis=1)
    aggregate = AGGREGATES[name]
    one_by_one = [aggregate(row[None])[0] for row in sums]
    assert aggregate(sums) == pytest.approx(one_by_one)
    assert aggregate(sums).shape == (50,)


@pytest.mark.parametrize("name", ["macro_f1", "micro_precision", "weighted_recall", "mcc"])
def test_no_samples_are_no_evidence(name):
    assert np.isnan(AGGREGATES[name](np.zeros((1, 6)))).all()


def test_macro_f1_is_primary_and_chance_is_one_over_the_labels():
    metrics = label_metrics(("yes", "no", "maybe"), "logprob_sum")
    assert [m.info.name for m in metrics[:2]] == ["macro_f1", "accuracy"]
    assert "f1[maybe]" in [m.info.name for m in metrics]
    assert len(metrics) == 11 + 9
    assert {m.info.chance for m in metrics if m.info.name != "mcc"} == {1 / 3}


def test_mcc_is_a_plain_number_whose_chance_level_is_zero():
    [info] = [m.info for m in label_metrics(names(3), "logprob_sum") if m.info.name == "mcc"]
    assert (info.unit, info.chance, info.ceiling) == ("", 0.0, 1.0)


def test_generated_labels_have_signatures_of_their_own_and_the_share_extracted():
    likely = label_metrics(names(3), "logprob_sum", ("cf",))
    read = extracted_label_metrics(names(3))
    assert not {m.info.signature for m in likely} & {m.info.signature for m in read}
    assert {m.formulations for m in likely} == {("cf",)}
    assert {m.formulations for m in read} == {("gen",)}
    assert [m.info.name for m in read[:2]] == ["macro_f1", "extracted"]
    assert [m.info.name for m in read if m.info.name != "extracted"] == [
        m.info.name for m in likely
    ]
    outcomes = [Label(gold=1, predicted=p, size=3) for p in (0, None, 1, None)]
    rows = np.array([read[1].statistics(outcome) for outcome in outcomes])
    assert AGGREGATES[read[1].info.aggregate](rows.sum(axis=0, keepdims=True)) == 0.5


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
