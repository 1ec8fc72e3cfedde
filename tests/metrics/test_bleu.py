import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.bleu import bleu
from harness.metrics.outcomes import Text

ENGLISH = st.lists(
    st.sampled_from(["the", "cat", "sat", "on", "mat", "mat.", "a", "it's", "3.5"]),
    min_size=1,
    max_size=9,
).map(" ".join)
CHINESE = st.text(alphabet="今天气很好我们去公园。，CT ", min_size=1, max_size=12).filter(str.strip)
EMPTY = st.just("")


def corpora(text):
    """Predictions (some empty) with two references each."""
    return st.lists(st.tuples(text | EMPTY, text, text), min_size=1, max_size=5)


def rows(metric, corpus):
    return np.array(
        [metric.statistics(Text(prediction=p, references=refs)) for p, *refs in corpus], dtype=float
    )


def value(metric, corpus):
    sums = rows(metric, corpus).sum(axis=0, keepdims=True)
    return AGGREGATES[metric.info.aggregate](sums)[0]


def theirs(corpus, **options):
    predictions, *references = zip(*corpus, strict=True)
    return BLEU(**options).corpus_score(list(predictions), [list(r) for r in references]).score


@settings(deadline=None)
@given(corpora(ENGLISH))
def test_english_corpora_agree_with_sacrebleu(corpus):
    assert value(bleu("en"), corpus) == pytest.approx(theirs(corpus), abs=1e-9)


@settings(deadline=None)
@given(corpora(CHINESE))
def test_chinese_corpora_agree_with_sacrebleu(corpus):
    assert value(bleu("zh"), corpus) == pytest.approx(theirs(corpus, tokenize="zh"), abs=1e-9)


@pytest.mark.parametrize(
    "corpus",
    [
        [("x y z w v", "a b c d e")],  # no match at all
        [("a b", "a b")],  # no 4-gram on either side
        [("a x b y c z d", "a b c d e f g")],  # unigrams match, no longer n-gram does
        [("", "a b c d")],
        [("a b c d e f", "a b c")],
    ],
)
def test_edges_agree_with_sacrebleu(corpus):
    assert value(bleu("en"), corpus) == pytest.approx(theirs(corpus), abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(corpora(ENGLISH), st.integers(0, 2**32 - 1))
def test_many_resamples_at_once_equal_each_alone(corpus, seed):
    metric = bleu("en")
    draws = np.random.default_rng(seed).integers(len(corpus), size=(7, len(corpus)))
    sums = rows(metric, corpus)[draws].sum(axis=1)
    at_once = AGGREGATES["bleu"](sums)
    alone = [theirs([corpus[i] for i in draw]) for draw in draws]
    assert at_once == pytest.approx(alone, abs=1e-9)


PARK = "今天天气很好，我们去公园散步。"
PLAY = "今天天气很好，我们去公园玩。"


def test_the_chinese_golden_needs_the_chinese_tokenizer():
    assert value(bleu("zh"), [(PLAY, PARK)]) == pytest.approx(79.65, abs=0.005)
    assert value(bleu("ja"), [(PLAY, PARK)]) == pytest.approx(79.65, abs=0.005)  # by character
    assert value(bleu("en"), [(PLAY, PARK)]) == 0.0


def test_identical_chinese_texts_score_one_hundred():
    assert value(bleu("zh"), [(PARK, PARK)]) == pytest.approx(100.0)


def test_a_corpus_is_not_the_mean_of_its_sentences():
    corpus = [
        ("the cat sat on the mat today", "the cat sat on the mat"),
        ("a dog ran in the big park near us", "one dog was in the big park near here"),
    ]
    mean = np.mean([value(bleu("en"), [pair]) for pair in corpus])
    assert value(bleu("en"), corpus) == pytest.approx(theirs(corpus), abs=1e-9)
    assert abs(value(bleu("en"), corpus) - mean) > 1


def test_a_corpus_without_reference_tokens_has_no_value():
    assert np.isnan(AGGREGATES["bleu"](np.zeros((1, 10))))[0]


@pytest.mark.parametrize("language", ["en", "zh", "ja"])
def test_the_signature_is_sacrebleus(language):
    tokenizer = {"en": "13a", "zh": "zh", "ja": "char"}[language]
    metric = BLEU(tokenize=tokenizer)
    metric.corpus_score(["a"], [["a"]])
    info = bleu(language).info
    assert info.signature == f"bleu|{metric.get_signature()}"
    assert (info.unit, info.ceiling) == ("points", 100.0)


def test_a_varying_number_of_references_is_in_the_signature():
    metric = BLEU()
    metric.corpus_score(["a", "b"], [["a", "b"], ["c", None]])
    assert bleu("en", nrefs=None).info.signature == f"bleu|{metric.get_signature()}"
