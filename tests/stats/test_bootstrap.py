import numpy as np
import pytest
from cells import BLEU, rng, scores
from sacrebleu.metrics import bleu as sacrebleu
from sacrebleu.significance import _compute_p_value

from harness.stats.bootstrap import percentile_interval, resampled_sums, shifted_p
from harness.stats.intervals import estimate
from harness.stats.paired import paired_difference

WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "one", "dog"]


def corpus(noise: float, seed: int, n: int = 80) -> tuple[list[str], list[str]]:
    """Return n references and as many answers with some words exchanged."""
    words, chance = rng(3), rng(seed)
    references = [[WORDS[i] for i in words.integers(10, size=12)] for _ in range(n)]
    answers = [
        [WORDS[chance.integers(10)] if chance.random() < noise else w for w in reference]
        for reference in references
    ]
    return [" ".join(r) for r in references], [" ".join(a) for a in answers]


def bleu_rows(metric: sacrebleu.BLEU, references: list[str], answers: list[str]) -> np.ndarray:
    return np.array(metric._extract_corpus_statistics(answers, [references]), dtype=np.float64)


def test_the_bleu_interval_is_sacrebleus() -> None:
    """sacrebleu 2.6 ``corpus_score(n_bootstrap)``: 95 % half-width of the middle resamples."""
    references, answers = corpus(0.3, 5)
    metric = sacrebleu.BLEU(references=[references])
    theirs = metric.corpus_score(answers, None, n_bootstrap=4000)
    found = estimate(scores(BLEU, bleu_rows(metric, references, answers)), [None] * 80, rng())
    assert found is not None
    assert found.value == pytest.approx(theirs.score)
    assert (found.high - found.low) / 2 == pytest.approx(theirs._ci, rel=0.08)


def test_the_paired_bleu_p_value_counts_as_sacrebleu_does() -> None:
    """sacrebleu 2.6 ``significance._compute_p_value``, on the same resampled differences."""
    differences = rng().normal(0.9, 0.5, 1000)
    stats = np.abs(differences - differences.mean())
    assert shifted_p(differences, 0.9) == pytest.approx(_compute_p_value(stats, 0.9))


def test_a_better_translation_is_told_from_a_worse_one() -> None:
    references, worse = corpus(0.4, 5)
    _, better = corpus(0.2, 6)
    metric = sacrebleu.BLEU()
    sides = [scores(BLEU, bleu_rows(metric, references, a)) for a in (worse, better)]
    found = paired_difference(sides[0], sides[1], [None] * 80, rng())
    assert found is not None
    assert found.estimate.low > 0
    assert found.p is not None
    assert found.p < 0.001
    expected = [metric.corpus_score(a, [references]).score for a in (worse, better)]
    assert found.estimate.value == pytest.approx(expected[1] - expected[0])


def test_resamples_draw_as_many_units_as_there_are() -> None:
    sums = resampled_sums(np.column_stack([np.ones(7), np.arange(7.0)]), rng(), 500)
    assert (sums[:, 0] == 7).all()
    assert sums[:, 1].mean() == pytest.approx(21, abs=1)
    assert sums[:, 1].std() == pytest.approx(2 * np.sqrt(7), rel=0.1)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """8 units from a normal distribution: plain percentiles cover about 89 %, these 95 %."""
    covered, draws = 0, rng(11)
    for _ in range(400):
        units = draws.normal(0, 1, 8)
        values = resampled_sums(units[:, None], draws, 2000)[:, 0] / 8
        low, high = percentile_interval(values, 8, 0.95)
        covered += low <= 0 <= high
    assert 0.925 <= covered / 400 <= 0.985


def test_values_that_are_mostly_undefined_have_no_interval() -> None:
    values = np.linspace(0, 1, 1000)
    values[:100] = np.nan
    assert percentile_interval(values, 50, 0.95) == "undefined in too many resamples"
    values = np.linspace(0, 1, 1000)
    values[:10] = np.nan
    assert percentile_interval(values, 50, 0.95) != "undefined in too many resamples"


def test_units_of_few_kinds_are_resampled_as_they_would_be_one_by_one() -> None:
    units = np.repeat([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [50, 100, 250], axis=0)
    marked = units + np.arange(400)[:, None] * 1e-13  # no two alike: drawn one by one
    few, many = (resampled_sums(each, np.random.default_rng(3)) for each in (units, marked))
    assert few.mean(axis=0) == pytest.approx(many.mean(axis=0), abs=0.5)
    assert np.cov(few.T) == pytest.approx(np.cov(many.T), abs=2.5)
    assert few.sum(axis=1).min() >= 400
