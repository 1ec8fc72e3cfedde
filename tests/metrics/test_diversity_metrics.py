"""Diversity worked by hand, and self-BLEU against sacrebleu."""

from fractions import Fraction
from statistics import fmean

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.diversity import diversity_metrics, expected_distinct, self_bleu
from harness.metrics.outcomes import Samples

EN = {m.info.name: m for m in diversity_metrics("en", 10)}
ZH = {m.info.name: m for m in diversity_metrics("zh", 10)}


def value(metric, *texts):
    found, n = metric.statistics(Samples(texts=texts))
    assert n == 1.0
    return found


def test_length_adjusted_diversity_comes_first():
    assert [*EN] == [
        "ead",
        "distinct_1",
        "distinct_2",
        "distinct_3",
        "self_bleu",
        "repetition",
        "length",
    ]


def test_distinct_n_worked_by_hand():
    samples = ("The cat sat.", "the cat ran")
    assert value(EN["distinct_1"], *samples) == 4 / 6  # the cat sat ran
    assert value(EN["distinct_2"], *samples) == 3 / 4  # the-cat, cat-sat, cat-ran
    assert value(EN["distinct_3"], *samples) == 1.0


def test_n_grams_do_not_span_two_samples():
    assert value(EN["distinct_2"], "one two", "one two") == 1 / 2


def test_each_chinese_character_is_a_token():
    assert value(ZH["distinct_1"], "今天很好。", "明天很好！") == 5 / 8
    assert value(ZH["distinct_2"], "今天很好。", "明天很好！") == 4 / 6
    assert value(ZH["length"], "今天很好。", "CT 正常") == (4 + 3) / 2


def test_expectation_adjusted_distinct_worked_by_hand():
    # Liu et al. 2022: distinct / (V (1 - ((V - 1) / V)^C)), here 4 / (10 (1 - 0.9^6)).
    assert value(EN["ead"], "The cat sat.", "the cat ran") == pytest.approx(4 / (10 * (1 - 0.9**6)))


def test_distinct_falls_with_length_where_the_adjusted_one_does_not():
    # the expected number of distinct tokens of 10, at both lengths
    short = " ".join("abcdefg") + " a b c"  # 10 tokens, 7 distinct (6.5 expected)
    long = " ".join("abcdefghi") + " a b c d e f g h i a b"  # 20 tokens, 9 distinct (8.8)
    assert value(EN["distinct_1"], short) > 1.5 * value(EN["distinct_1"], long)
    assert value(EN["ead"], short) == pytest.approx(value(EN["ead"], long), abs=0.06)


@settings(max_examples=300)
@given(st.integers(0, 400), st.integers(1, 60_000))
def test_the_expectation_is_the_formulas(tokens, vocabulary):
    exact = vocabulary * (1 - Fraction(vocabulary - 1, vocabulary) ** tokens)
    assert expected_distinct(tokens, vocabulary) == pytest.approx(float(exact), rel=1e-9)


def test_repetition_is_the_share_of_four_grams_seen_before():
    # 7 four-grams of "a b c d a b c d a b", 4 of them distinct
    assert value(EN["repetition"], "a b c d a b c d a b") == pytest.approx(3 / 7)
    assert value(EN["repetition"], "a b c d a b c d a b", "one two three four") == pytest.approx(
        3 / 14
    )
    assert value(ZH["repetition"], "好好好好好好") == pytest.approx(2 / 3)


def test_equal_samples_have_the_highest_self_bleu():
    assert value(EN["self_bleu"], *["The cat sat on the mat."] * 3) == pytest.approx(100.0)
    assert value(ZH["self_bleu"], *["今天天气很好。"] * 3) == pytest.approx(100.0)
    assert value(EN["self_bleu"], "one two three four", "five six seven eight") == 0.0


WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat", "."]), min_size=1)
CHINESE = st.text(st.sampled_from("今天气很好病人，。CT 1"), min_size=1, max_size=12)
SAMPLES = st.lists(WORDS.map(" ".join) | CHINESE, min_size=2, max_size=5)


@settings(max_examples=300, deadline=None)
@given(SAMPLES, st.sampled_from(["13a", "zh"]))
def test_self_bleu_is_the_mean_of_sacrebleus_sentence_scores(texts, tokenizer):
    theirs = fmean(
        sacrebleu.sentence_bleu(
            text, [*texts[:i], *texts[i + 1 :]], tokenize=tokenizer, use_effective_order=True
        ).score
        for i, text in enumerate(texts)
    )
    assert self_bleu(texts, tokenizer) == pytest.approx(theirs, abs=1e-9)


@given(SAMPLES)
def test_the_order_of_samples_changes_nothing(texts):
    for metric in EN.values():
        one = metric.statistics(Samples(texts=texts))
        assert one == pytest.approx(metric.statistics(Samples(texts=texts[::-1])))


def test_nothing_said_is_not_diverse():
    silent = Samples(texts=("", " "))
    rows = {name: metric.statistics(silent) for name, metric in EN.items()}
    assert {rows[name] for name in ("ead", "distinct_1", "distinct_2", "distinct_3")} == {
        (0.0, 1.0)
    }
    assert rows["length"] == (0.0, 1.0)
    assert rows["self_bleu"] == rows["repetition"] == (0.0, 0.0)


def test_an_empty_sample_does_not_lower_self_bleu():
    assert value(EN["self_bleu"], "The cat sat down.", "The cat sat down.", "") == pytest.approx(
        100
    )


def test_signatures_state_vocabulary_tokens_and_sacrebleus_version():
    assert EN["ead"].info.signature == (
        "ead|tok:words+cjk_characters|V:10|empty:0|prompts:mean|version:1"
    )
    assert f"sacrebleu:{sacrebleu.__version__}" in ZH["self_bleu"].info.signature
    assert "tok:zh" in ZH["self_bleu"].info.signature


def test_alike_answers_are_worse():
    falling = {name for name, metric in EN.items() if not metric.info.higher_is_better}
    assert falling == {"self_bleu", "repetition"}
