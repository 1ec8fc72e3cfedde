import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import TER

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Text
from harness.metrics.ter import ter

ENGLISH = st.lists(
    st.sampled_from(["The", "cat", "sat", "on", "mat.", "a", "it's", "3.5"]), min_size=1, max_size=8
).map(" ".join)
CHINESE = st.text(alphabet="今天气很好我们去公园。，CT ", min_size=1, max_size=12).filter(str.strip)
EMPTY = st.just("")


def corpora(text):
    """Predictions (some empty) with two references each."""
    return st.lists(st.tuples(text | EMPTY, text, text), min_size=1, max_size=4)


def value(metric, corpus):
    rows = [metric.statistics(Text(prediction=p, references=refs)) for p, *refs in corpus]
    return AGGREGATES[metric.info.aggregate](np.array(rows).sum(axis=0, keepdims=True))[0]


def theirs(corpus, **options):
    predictions, *references = zip(*corpus, strict=True)
    return TER(**options).corpus_score(list(predictions), [list(r) for r in references]).score


@settings(deadline=None, max_examples=200)
@given(corpora(ENGLISH))
def test_english_corpora_agree_with_sacrebleu(corpus):
    assert value(ter("en"), corpus) == pytest.approx(theirs(corpus), abs=1e-9)


@settings(deadline=None, max_examples=200)
@given(corpora(CHINESE))
def test_chinese_corpora_agree_with_sacrebleu(corpus):
    expected = theirs(corpus, normalized=True, asian_support=True)
    assert value(ter("zh"), corpus) == pytest.approx(expected, abs=1e-9)


def test_chinese_is_edited_by_character():
    pair = ("今天天气很好", "今天天气不好")
    assert value(ter("zh"), [pair]) == pytest.approx(100 / 6)
    assert value(ter("en"), [pair]) == 100.0  # one word that differs


def test_identical_texts_need_no_edit_and_nothing_needs_all():
    assert value(ter("zh"), [("今天好", "今天好")]) == 0.0
    assert value(ter("en"), [("", "a b c")]) == 100.0


def test_a_moved_phrase_is_one_edit():
    assert value(ter("en"), [("d e a b c", "a b c d e")]) == pytest.approx(100 / 5)


def test_lower_is_better_and_nothing_is_the_best():
    info = ter("en").info
    assert (info.higher_is_better, info.ceiling, info.unit) == (False, 0.0, "points")


@pytest.mark.parametrize(
    ("language", "options"),
    [("en", {}), ("zh", {"normalized": True, "asian_support": True})],
)
def test_the_signature_is_sacrebleus(language, options):
    metric = TER(**options)
    metric.corpus_score(["a"], [["a"]])
    assert ter(language).info.signature == f"ter|{metric.get_signature()}"


def test_a_corpus_without_reference_tokens_has_no_value():
    assert not np.isfinite(AGGREGATES["ter"](np.array([[0.0, 0.0], [1.0, 0.0]]))).any()
