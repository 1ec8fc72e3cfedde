import math

import numpy as np
import pytest
from lm_eval.api.metrics import bits_per_byte, weighted_perplexity

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.likelihood import likelihood_metrics
from harness.metrics.outcomes import RollingText

ALL = likelihood_metrics()
BITS_PER_BYTE, TOKEN_PERPLEXITY, WORD_PERPLEXITY, BYTE_PERPLEXITY = ALL
TWO = (
    RollingText(nll=1200.0, tokens=400, words=250, bytes=1500),
    RollingText(nll=800.0, tokens=300, words=180, bytes=1100),
)


def corpus(metric, texts):
    sums = np.array([[metric.statistics(text) for text in texts]]).sum(axis=1)
    (value,) = AGGREGATES[metric.info.aggregate](sums)
    return value


def test_bits_per_byte_is_a_ratio_of_sums():
    # 2000 / (ln 2 * 2600); the mean of the two documents' values would be 1.10169.
    assert corpus(BITS_PER_BYTE, TWO) == pytest.approx(1.10977, abs=5e-6)


def test_perplexities_worked_by_hand():
    assert corpus(TOKEN_PERPLEXITY, TWO) == pytest.approx(math.exp(2000 / 700))
    assert corpus(WORD_PERPLEXITY, TWO) == pytest.approx(math.exp(2000 / 430))
    assert corpus(BYTE_PERPLEXITY, TWO) == pytest.approx(math.exp(2000 / 2600))


def test_byte_values_are_lm_evals():
    items = [(-text.nll, text.bytes) for text in TWO]
    assert corpus(BITS_PER_BYTE, TWO) == pytest.approx(bits_per_byte(items))
    assert corpus(BYTE_PERPLEXITY, TWO) == pytest.approx(weighted_perplexity(items))
    words = [(-text.nll, text.words) for text in TWO]
    assert corpus(WORD_PERPLEXITY, TWO) == pytest.approx(weighted_perplexity(words))


def test_a_tokenizer_with_half_the_tokens_changes_only_token_perplexity():
    halved = [
        RollingText(nll=t.nll, tokens=t.tokens // 2, words=t.words, bytes=t.bytes) for t in TWO
    ]
    changed = [m.info.name for m in ALL if corpus(m, TWO) != corpus(m, halved)]
    assert changed == ["token_perplexity"]


def test_lower_is_better_and_nothing_is_the_best():
    assert all(not m.info.higher_is_better and m.info.ceiling is None for m in ALL)
    assert [m.info.unit for m in ALL] == ["bits/byte", "ppl", "ppl", "ppl"]


def test_signatures_say_what_is_counted():
    assert [m.info.signature.split("|")[1] for m in ALL] == [
        "bytes:utf8_of_the_text_asked",
        "tokens:scored",
        "words:blanks_and_cjk_characters",
        "bytes:utf8_of_the_text_asked",
    ]


def test_signatures_say_when_windows_overlap_or_only_answers_count():
    (overlapping, *_) = likelihood_metrics(notes="overlap:512|")
    assert overlapping.info.signature.startswith("bits_per_byte|overlap:512|bytes:utf8_of_the_text")
    (answers, *_) = likelihood_metrics(text="the_answers")
    assert answers.info.signature.split("|")[1] == "bytes:utf8_of_the_answers"
