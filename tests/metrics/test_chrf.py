import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import CHRF

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.chrf import COLUMNS, chrf_plus_plus
from harness.metrics.outcomes import Text

MIXED = st.text(alphabet="abcd, 今天气很好。", min_size=1, max_size=14).filter(str.strip)
CORPORA = st.lists(st.tuples(MIXED | st.just(""), MIXED, MIXED), min_size=1, max_size=5)


def rows(corpus):
    metric = chrf_plus_plus()
    return np.array(
        [metric.statistics(Text(prediction=p, references=refs)) for p, *refs in corpus], dtype=float
    )


def theirs(corpus):
    predictions, *references = zip(*corpus, strict=True)
    metric = CHRF(word_order=2)
    return metric.corpus_score(list(predictions), [list(r) for r in references]).score


@settings(deadline=None)
@given(CORPORA)
def test_corpora_agree_with_sacrebleu(corpus):
    ours = AGGREGATES["chrf"](rows(corpus).sum(axis=0, keepdims=True))
    assert ours[0] == pytest.approx(theirs(corpus), abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(CORPORA, st.integers(0, 2**32 - 1))
def test_many_resamples_at_once_equal_each_alone(corpus, seed):
    draws = np.random.default_rng(seed).integers(len(corpus), size=(7, len(corpus)))
    at_once = AGGREGATES["chrf"](rows(corpus)[draws].sum(axis=1))
    alone = [theirs([corpus[i] for i in draw]) for draw in draws]
    assert at_once == pytest.approx(alone, abs=1e-9)


def test_identical_texts_score_one_hundred_in_both_languages():
    for text in ("the cat sat on the mat", "今天天气很好，我们去公园散步。"):
        assert AGGREGATES["chrf"](rows([(text, text)]))[0] == pytest.approx(100.0)


def test_an_empty_answer_scores_zero_and_an_empty_corpus_has_no_value():
    assert AGGREGATES["chrf"](rows([("", "今天")]))[0] == 0.0
    assert np.isnan(AGGREGATES["chrf"](np.zeros((1, len(COLUMNS)))))[0]


def test_the_signature_is_sacrebleus():
    metric = CHRF(word_order=2)
    metric.corpus_score(["a"], [["a"]])
    assert chrf_plus_plus().info.signature == f"chrf++|{metric.get_signature()}"
