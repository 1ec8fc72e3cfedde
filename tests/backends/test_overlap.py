"""Overlapping windows against lm-eval's and against a model that is asked token by token."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window
from tiny_models import CORPUS, answers, opened
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness.backends.encoding import rolling_windows
from harness.records import Failure, RollingLogLikelihood, pack, request_hash, unpack

TEXT = " ".join(CORPUS)[:300]
LENGTH = 24


@settings(max_examples=300)
@given(
    st.integers(0, 80),
    st.integers(1, 20).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))),
)
def test_windows_are_lm_evals_with_a_longer_context(count: int, sizes: tuple[int, int]) -> None:
    size, overlap = sizes
    tokens = list(range(1, count + 1))
    theirs = [
        (tuple(before), tuple(after))
        for before, after in map(
            make_disjoint_window, get_rolling_token_windows(tokens, 0, size, overlap + 1)
        )
    ]
    ours = [
        (span.tokens[: span.start], span.scored)
        for span in rolling_windows(tokens, 0, size, overlap)
    ]
    assert ours == theirs


@given(st.integers(1, 80), st.integers(0, 9))
def test_every_token_is_scored_once_with_the_overlap_before_it(count: int, overlap: int) -> None:
    spans = list(rolling_windows(list(range(1, count + 1)), 0, 10, overlap))
    assert [token for span in spans for token in span.scored] == list(range(1, count + 1))
    assert all(len(span.fed) <= 10 for span in spans)
    assert all(span.start >= overlap + 1 for span in spans[1:])


def one_by_one(folder: Path, overlap: int) -> float:
    """Score each token alone, after what the window that it falls into has before it."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    padded = [tokenizer.bos_token_id, *tokenizer.encode(TEXT, add_special_tokens=False)]
    total, done = 0.0, 0
    while done < len(padded) - 1:
        end = min(len(padded) - 1, done + (LENGTH - overlap if done else LENGTH))
        begin = max(0, end - LENGTH)
        for target in range(done + 1, end + 1):
            with torch.no_grad():
                logits = model(torch.tensor([padded[begin:target]])).logits[0, -1]
            total += float(torch.log_softmax(logits.double(), -1)[padded[target]])
        done = end
    return total


@pytest.mark.parametrize("overlap", [0, 8, LENGTH - 1])
def test_a_text_scores_as_when_each_token_is_asked_alone(with_bos: Path, overlap: int) -> None:
    backend = opened(with_bos, max_length=LENGTH, batch_size=4)
    [answer] = answers(backend, [RollingLogLikelihood(TEXT, overlap)])
    assert answer.logprob == pytest.approx(one_by_one(with_bos, overlap), abs=1e-3)


def test_overlap_changes_context_and_never_the_number_of_tokens(with_bos: Path) -> None:
    backend = opened(with_bos, max_length=LENGTH)
    apart, over = answers(
        backend, [RollingLogLikelihood(TEXT), RollingLogLikelihood(TEXT, LENGTH // 2)]
    )
    assert apart.tokens == over.tokens > 2 * LENGTH
    assert apart.logprob != over.logprob


@pytest.mark.parametrize("overlap", [LENGTH, LENGTH + 9, -1])
def test_an_overlap_that_fills_the_window_fails_the_request(with_bos: Path, overlap: int) -> None:
    backend = opened(with_bos, max_length=LENGTH)
    assert answers(backend, [RollingLogLikelihood(TEXT, overlap)]) == [
        Failure(f"overlap {overlap} leaves no token to score in max_length {LENGTH}")
    ]


def test_lm_evals_models_refuse_what_they_would_ignore(without_bos: Path) -> None:
    backend = opened(without_bos, name="lm_eval")
    refused, scored = answers(backend, [RollingLogLikelihood("a", 2), RollingLogLikelihood("a")])
    assert isinstance(refused, Failure)
    assert "disjoint" in refused.reason
    assert scored.tokens >= 1


def test_requests_without_overlap_keep_the_hash_they_always_had() -> None:
    asked = RollingLogLikelihood("肺炎 is pneumonia.")
    assert pack(asked) == {"type": "rolling", "text": "肺炎 is pneumonia."}
    assert request_hash([asked]) == (
        "787d986428d8ea7cc473ee68b3324344211cf3fec7af1f4c7438f3485dec43a1"
    )
    over = RollingLogLikelihood("肺炎 is pneumonia.", overlap=3)
    assert unpack(pack(over)) == over
    assert unpack(pack(asked)) == asked
    assert request_hash([over]) != request_hash([asked])
