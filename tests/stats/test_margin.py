"""Non-inferiority tests: printed numbers, agreement of p and interval, errors at the margin."""

from math import sqrt

import numpy as np
import pytest
from cells import ACCURACY, BITS, BLEU, mean_rows, right, rng, scores
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from harness.evidence import Scores
from harness.metrics.metric import MetricInfo
from harness.stats.margin import MarginTest, margin_test

LOW_IS_GOOD = MetricInfo(
    name="refused",
    signature="refused",
    columns=("refused", "n"),
    aggregate="mean",
    higher_is_better=False,
)


def flipped(gained: int, lost: int, n: int) -> tuple[Scores, Scores]:
    before = np.zeros(n)
    before[gained : gained + lost] = 1
    after = np.zeros(n)
    after[:gained] = 1
    return right(before), right(after)


def judged(sides: tuple[Scores, Scores], margin: float = 0.02) -> MarginTest:
    found = margin_test(sides, [None] * len(sides[0].rows), margin, rng())
    assert found is not None
    return found


# Tango's z at a difference of -0.02, as tabled for this definition.
@pytest.mark.parametrize(
    ("gained", "lost", "n", "z"),
    [(1, 7, 21, -1.9976), (43, 57, 1000, 0.5980), (40, 80, 1319, -1.2610), (10, 10, 1000, 3.5477)],
)
def test_binary_outcomes_take_tangos_z_at_the_margin(
    gained: int, lost: int, n: int, z: float
) -> None:
    found = judged(flipped(gained, lost, n))
    assert found.p_pass == pytest.approx(norm.sf(z), abs=2e-5)
    assert found.p_regressed == pytest.approx(norm.cdf(z), abs=2e-5)


@given(st.integers(0, 30), st.integers(0, 30), st.floats(0.005, 0.2))
def test_a_p_below_alpha_is_a_bound_beyond_the_margin(
    gained: int, lost: int, margin: float
) -> None:
    found = judged(flipped(gained, lost, 150), margin)
    low, high = found.estimate.low, found.estimate.high
    assert low is not None
    assert high is not None
    assert found.p_pass is not None
    assert found.p_regressed is not None
    assert (found.p_pass < 0.05) == (low > -margin) or abs(low + margin) < 1e-7
    assert (found.p_regressed < 0.05) == (high < -margin) or abs(high + margin) < 1e-7


def test_a_rate_that_should_be_low_is_worse_when_it_rises() -> None:
    before, after = (scores(LOW_IS_GOOD, side.rows) for side in flipped(30, 0, 200))
    found = judged((before, after))
    assert found.estimate.value == pytest.approx(-0.15)
    assert found.p_regressed is not None
    assert found.p_regressed < 0.001


def test_identical_answers_pass_only_with_enough_documents() -> None:
    few, many = (judged(flipped(0, 0, n)) for n in (40, 400))
    assert few.p_pass is not None
    assert many.p_pass is not None
    assert few.p_pass > 0.05 > many.p_pass
    assert few.estimate.low is not None
    assert few.estimate.low < -0.02


def test_a_continuous_metric_without_variance_isnt_tested() -> None:
    same = scores(BITS, np.column_stack([np.full(50, 2.0), np.full(50, 3.0)]))
    found = judged((same, same))
    assert (found.p_pass, found.p_regressed, found.estimate.low) == (None, None, None)
    assert "no variance" in found.estimate.method


def test_clusters_lessen_what_documents_prove() -> None:
    before, after = flipped(0, 40, 800)
    alone = margin_test((before, after), [None] * 800, 0.02, rng())
    joined = margin_test((before, after), [f"c{i // 40}" for i in range(800)], 0.02, rng())
    assert alone is not None
    assert joined is not None
    assert alone.p_regressed is not None
    assert joined.p_regressed is not None
    assert alone.p_regressed < 0.001 < joined.p_regressed
    assert joined.units == 20


def test_corpus_metrics_decide_by_the_paired_bootstrap() -> None:
    generator = np.random.default_rng(4)
    lengths = generator.integers(15, 30, 120)
    matches = [generator.binomial(lengths - o, 0.7 / (o + 1)) for o in range(4)]
    rows = np.column_stack([lengths, lengths, *matches, *[lengths - o for o in range(4)]])
    worse = rows.astype(float)
    worse[:, 2:6] = np.floor(worse[:, 2:6] * 0.7)
    found = judged((scores(BLEU, rows), scores(BLEU, worse)), 1.0)
    assert found.p_regressed is not None
    assert found.p_regressed < 0.01
    assert found.estimate.high is not None
    assert found.estimate.high < -1.0
    back = judged((scores(BLEU, worse), scores(BLEU, rows)), 1.0)
    assert back.p_pass is not None
    assert back.p_pass < 0.01


@pytest.mark.parametrize("flips", [0.04, 0.2])
def test_errors_at_exactly_the_margin_keep_their_bound(flips: float) -> None:
    generator = np.random.default_rng(9)
    n, repetitions = 600, 400
    passed = regressed = 0
    for _ in range(repetitions):
        drawn = generator.choice(3, size=n, p=[(flips - 0.02) / 2, 1 - flips, (flips + 0.02) / 2])
        found = judged(flipped(int((drawn == 0).sum()), int((drawn == 2).sum()), n))
        assert found.p_pass is not None
        assert found.p_regressed is not None
        passed += found.p_pass < 0.05
        regressed += found.p_regressed < 0.05
    bound = 0.065 + 2 * sqrt(0.065 * 0.935 / repetitions)
    assert passed / repetitions <= bound
    assert regressed / repetitions <= bound


def test_different_metrics_are_refused() -> None:
    with pytest.raises(ValueError, match="different metrics"):
        margin_test((scores(ACCURACY, mean_rows([1])), scores(BITS, [[1, 1]])), [None], 0.1, rng())
