"""Calibration against hand-worked numbers, scikit-learn, and a plain re-implementation."""

from itertools import pairwise
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.calibration import calibration_metrics, confidence_and_hit, ece_row
from harness.metrics.outcomes import Choice
from harness.metrics.record_aggregates import RECORD_AGGREGATES, ece_adaptive
from harness.records import Document

METRICS = {m.info.name: m for m in calibration_metrics(lambda d: 1 / len(d.fields["choices"]))}
GOLDEN = [(0.9, 1), (0.8, 1), (0.7, 0), (0.6, 1)]
"""Confidences and hits of the worked example: ECE .35 with 10 bins, Brier of the picked .175."""


def choice(shares, gold):
    return Choice(logprobs=[log(p) - 3.0 for p in shares], characters=[1] * len(shares), gold=gold)


def two_choices(confidence, hit):
    return choice([confidence, 1 - confidence], 0 if hit else 1)


def mean(name, outcomes):
    rows = np.array([METRICS[name].statistics(o) for o in outcomes])
    return AGGREGATES["mean"](rows.sum(axis=0, keepdims=True))[0]


def test_the_worked_ece_with_ten_bins_is_035():
    rows = np.array([ece_row(c, hit, bins=10) for c, hit in GOLDEN])
    assert AGGREGATES["ece"](rows.sum(axis=0, keepdims=True))[0] == pytest.approx(0.35)


def test_the_worked_brier_of_the_picked_choice_is_half_of_ours():
    brier = mean("brier", [two_choices(*answer) for answer in GOLDEN])
    assert brier / 2 == pytest.approx(0.175)


def test_one_bin_holds_what_lies_between_its_bounds():
    # (0, 0.1] and (0.1, 0.2]: the upper bound belongs to a bin, as in Guo et al.
    assert [ece_row(c, 1, bins=10)[:10].index(1.0) for c in (1e-9, 0.1, 0.1001, 0.2, 1.0)] == [
        0, 0, 1, 1, 9,
    ]  # fmt: skip


off_the_bounds = st.floats(0.01, 1.0).filter(lambda c: abs(c * 15 - round(c * 15)) > 1e-9)
"""A bound itself falls on either side by rounding."""

confidences = st.lists(
    st.tuples(st.sampled_from([0.25, 0.3, 0.5, 0.55, 0.7, 0.9, 0.95, 1.0]), st.booleans()),
    min_size=1,
    max_size=60,
)


@settings(max_examples=300)
@given(st.lists(st.tuples(off_the_bounds, st.booleans()), min_size=1, max_size=60))
def test_ece_is_the_weighted_gap_of_its_bins(answers):
    rows = np.array([ece_row(c, float(hit)) for c, hit in answers])
    c, hits = (np.array(values, dtype=float) for values in zip(*answers, strict=True))
    edges, expected = np.linspace(0, 1, 16), 0.0
    for low, high in pairwise(edges):
        inside = (c > low) & (c <= high)
        if inside.any():
            expected += inside.mean() * abs(hits[inside].mean() - c[inside].mean())
    assert AGGREGATES["ece"](rows.sum(axis=0, keepdims=True))[0] == pytest.approx(expected)


@settings(max_examples=300)
@given(confidences, st.randoms(use_true_random=False))
def test_the_order_of_records_decides_nothing(answers, random):
    rows = np.array(answers, dtype=float)
    shuffled = np.array(random.sample(answers, len(answers)), dtype=float)
    assert ece_adaptive(shuffled) == pytest.approx(ece_adaptive(rows))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.floats(0.01, 1.0), st.booleans()), min_size=1, max_size=80,
                unique_by=lambda answer: answer[0]))  # fmt: skip
def test_adaptive_bins_are_of_equal_size(answers):
    rows = np.array(answers, dtype=float)
    expected = sum(
        abs((part[:, 1] - part[:, 0]).sum())
        for part in np.array_split(rows[rows[:, 0].argsort()], 15)
    ) / len(rows)
    assert ece_adaptive(rows) == pytest.approx(expected)


def test_adaptive_bins_see_what_equal_widths_average_out():
    # all in (0.933, 1]: right when sure, wrong when a little less so
    rows = np.array([[0.94, 0.0]] * 15 + [[1.0, 1.0]] * 285)
    wide = np.array([ece_row(c, hit) for c, hit in rows])
    assert AGGREGATES["ece"](wide.sum(axis=0, keepdims=True))[0] == pytest.approx(0.047)
    assert ece_adaptive(rows) == pytest.approx(0.047)
    rows[:15, 0] = 1.0 - 1e-9
    rows[15:, 0] = 0.95
    # together calibrated (.95), apart not: 15 of 300 overconfident, the rest under
    wide = np.array([ece_row(c, hit) for c, hit in rows])
    assert AGGREGATES["ece"](wide.sum(axis=0, keepdims=True))[0] == pytest.approx(0.0025, abs=1e-6)
    assert ece_adaptive(rows) > 0.09


@st.composite
def answered(draw):
    size = draw(st.integers(2, 5))
    weights = draw(
        st.lists(st.lists(st.floats(0.01, 1), min_size=size, max_size=size), min_size=2, max_size=9)
    )
    shares = [[w / sum(row) for w in row] for row in weights]
    return shares, draw(
        st.lists(st.integers(0, size - 1), min_size=len(shares), max_size=len(shares))
    )


@settings(max_examples=300)
@given(answered())
def test_brier_and_nll_are_scikit_learns(drawn):
    shares, golds = drawn
    outcomes = [choice(row, gold) for row, gold in zip(shares, golds, strict=True)]
    labels = list(range(len(shares[0])))
    normal = np.array(shares) / np.array(shares).sum(axis=1, keepdims=True)
    brier = brier_score_loss(golds, normal, labels=labels, scale_by_half=False)
    assert mean("brier", outcomes) == pytest.approx(brier)
    assert mean("nll", outcomes) == pytest.approx(log_loss(golds, normal, labels=labels))


def test_brier_ends_at_two():
    assert mean("brier", [choice([1e-12, 1 - 1e-12, 1e-12], 0)]) == pytest.approx(2.0)


def test_a_hopeless_letter_has_a_finite_nll():
    lost = Choice(logprobs=[-5000.0, -0.01], characters=[1, 1], gold=0)
    assert mean("nll", [lost]) == pytest.approx(4999.99)


def test_confidence_is_the_share_of_the_picked_letter():
    assert confidence_and_hit(choice([0.2, 0.5, 0.3], 1)) == pytest.approx((0.5, 1.0))
    assert confidence_and_hit(choice([0.2, 0.5, 0.3], 2)) == pytest.approx((0.5, 0.0))


def test_chance_is_the_score_of_equal_shares():
    document = Document(id="1", fields={"choices": list("abcd")})
    guess = choice([0.25] * 4, 2)
    for name in ("nll", "brier"):
        assert METRICS[name].chance(document) == pytest.approx(mean(name, [guess]))


def test_all_are_of_letters_and_better_when_lower():
    for metric in METRICS.values():
        assert metric.formulations == ("mcf",)
        assert not metric.info.higher_is_better
        assert "over:letters" in metric.info.signature
    assert [n for n, m in METRICS.items() if m.info.resample == "records"] == ["ece_adaptive"]
    assert METRICS["ece_adaptive"].info.aggregate in RECORD_AGGREGATES


def test_nothing_has_no_calibration():
    assert np.isnan(AGGREGATES["ece"](np.zeros((1, 45))))[0]
    assert np.isnan(ece_adaptive(np.empty((0, 2))))
