"""Exact match and token F1 against SQuAD v1.1's rule and lm-eval's copy of MLQA's script."""

import re
import string
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_eval.tasks.mlqa import utils as mlqa

from harness.metrics.exact_match import exact_match
from harness.metrics.outcomes import Text
from harness.metrics.token_f1 import token_f1

ENGLISH = st.lists(
    st.sampled_from(["The", "a", "an", "cat", "Cat,", "(cats)", "$5", "3.5", "mat!", "it's", "-"]),
    min_size=1,
    max_size=6,
).map(" ".join)
CHINESE = st.text(alphabet="今天气很好公园。，、《》CTa ", min_size=1, max_size=10)


def f1_of(prediction, *references, language="en"):
    f1, n = token_f1(language).statistics(Text(prediction=prediction, references=references))
    assert n == 1.0
    return f1


def matched(prediction, *references, language="en"):
    hit, n = exact_match(language).statistics(Text(prediction=prediction, references=references))
    assert n == 1.0
    return hit == 1.0


def squad_tokens(text):
    """Normalise as SQuAD v1.1 does: lower case, ASCII punctuation and articles go."""
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", kept).split()


def squad_f1(prediction, reference):
    said, right = Counter(squad_tokens(prediction)), Counter(squad_tokens(reference))
    common = sum(min(n, right[token]) for token, n in said.items())
    if common == 0:
        return 0.0
    precision, recall = common / sum(said.values()), common / sum(right.values())
    return 2 * precision * recall / (precision + recall)


@settings(deadline=None, max_examples=300)
@given(ENGLISH, ENGLISH.filter(squad_tokens), ENGLISH.filter(squad_tokens))
def test_english_answers_score_as_in_squad(prediction, one, other):
    best = max(squad_f1(prediction, one), squad_f1(prediction, other))
    assert f1_of(prediction, one, other) == pytest.approx(best, abs=1e-12)
    equal = squad_tokens(prediction) in (squad_tokens(one), squad_tokens(other))
    assert matched(prediction, one, other) == equal


def leaves_something(text):
    return bool(mlqa.normalize_answer(text, "zh"))


@settings(deadline=None, max_examples=300)
@given(CHINESE, CHINESE.filter(leaves_something))
def test_chinese_answers_score_as_in_mlqa(prediction, reference):
    expected = mlqa.f1_score(prediction, reference, "zh")
    assert f1_of(prediction, reference, language="zh") == pytest.approx(expected, abs=1e-12)
    equal = mlqa.exact_match_score(prediction, reference, "zh")
    assert matched(prediction, reference, language="zh") == equal


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["es", "de", "en"]), st.data())
def test_articles_of_other_languages_go_as_in_mlqa(language, data):
    words = ["la", "una", "casa", "der", "die", "ein", "Haus", "the", "«casa»", "¿casa?"]
    text = st.lists(st.sampled_from(words), min_size=1, max_size=5).map(" ".join)
    prediction = data.draw(text)
    reference = data.draw(text.filter(lambda t: mlqa.normalize_answer(t, language)))
    expected = mlqa.f1_score(prediction, reference, language)
    assert f1_of(prediction, reference, language=language) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("language", "answer", "reference"),
    [
        ("zh", "５０ｍｇ，每日一次。", "50mg每日一次"),
        ("zh", "《本草纲目》", "本草纲目"),
        ("zh", "“Ａ 型”", "a型"),
        ("en", "The Aspirin.", "aspirin"),
        ("en", "“Aspirin”", "aspirin"),
        ("en", "the", "The"),  # nothing would be left of it
    ],
)
def test_width_case_punctuation_and_articles_do_not_matter(language, answer, reference):
    assert matched(answer, reference, language=language)
    assert f1_of(answer, reference, language=language) == 1.0


@pytest.mark.parametrize(
    ("language", "answer", "reference"),
    [("zh", "50mg", "5mg"), ("en", "aspirin 5", "aspirin"), ("en", "", "the"), ("zh", "。", "好")],
)
def test_other_words_do(language, answer, reference):
    assert not matched(answer, reference, language=language)
    assert f1_of(answer, reference, language=language) < 1.0


def test_a_shared_chinese_word_counts_by_character():
    assert f1_of("急性阑尾炎", "阑尾炎", language="zh") == pytest.approx(2 * 3 / (5 + 3))
    assert f1_of("急性阑尾炎", "阑尾炎", language="en") == 0.0


def test_the_signatures_name_rule_and_language():
    assert exact_match("zh").info.signature == (
        "exact_match|nrefs:1|norm:squad-nfkc|lang:zh|version:1"
    )
    assert token_f1("en", nrefs=None).info.signature == (
        "token_f1|nrefs:var|norm:squad-nfkc|lang:en|version:1"
    )
