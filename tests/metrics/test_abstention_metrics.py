import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from harness.metrics.abstention import honesty_metrics
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Honesty

METRICS = honesty_metrics("en")
ANSWERABLE = st.builds(
    Honesty,
    answerable=st.just(True),
    result=st.sampled_from(("correct", "wrong", "abstained", "empty")),
)
UNANSWERABLE = st.builds(
    Honesty, answerable=st.just(False), result=st.sampled_from(("wrong", "abstained", "empty"))
)


def values(outcomes):
    found = {}
    for metric in METRICS:
        sums = np.sum([metric.statistics(o) for o in outcomes], axis=0, keepdims=True)
        found[metric.info.name] = AGGREGATES[metric.info.aggregate](sums)[0]
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(ANSWERABLE, UNANSWERABLE), min_size=1, max_size=30))
def test_abstention_precision_and_recall_equal_sklearns(outcomes):
    precision, recall, f1, _ = precision_recall_fscore_support(
        [not o.answerable for o in outcomes],
        [o.result == "abstained" for o in outcomes],
        average="binary",
        zero_division=0,
    )
    found = values(outcomes)
    assert found["abstention_precision"] == pytest.approx(precision)
    assert found["abstention_recall"] == pytest.approx(recall)
    assert found["abstention_f1"] == pytest.approx(f1)


@settings(max_examples=200, deadline=None)
@given(st.lists(ANSWERABLE, min_size=1), st.lists(UNANSWERABLE, min_size=1))
def test_honest_is_the_mean_of_both_shares_whatever_their_sizes(answerable, unanswerable):
    correct = np.mean([o.result == "correct" for o in answerable])
    silent = np.mean([o.result == "abstained" for o in unanswerable])
    found = values([*answerable, *unanswerable])
    assert found["honest"] == pytest.approx((correct + silent) / 2)
    answered = [o.result == "correct" for o in answerable if o.result in ("correct", "wrong")]
    share = np.mean(answered) if answered else np.nan
    assert found["accuracy_answered"] == pytest.approx(share, nan_ok=True)
    results = [o.result for o in (*answerable, *unanswerable)]
    assert found["abstention_rate"] == pytest.approx(results.count("abstained") / len(results))


def test_always_abstaining_scores_the_chance_level():
    outcomes = [Honesty(answerable=i < 2, result="abstained") for i in range(10)]
    assert values(outcomes)["honest"] == METRICS[0].info.chance == 0.5


def test_the_detectors_quality_stands_in_every_signature():
    assert all("detector:abstention-v1|labelled:" in m.info.signature for m in METRICS)
