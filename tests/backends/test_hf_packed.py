"""Any set of requests gets, packed, what each gets when it is scored alone and plainly."""

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import CORPUS, spec_for, tiny_model, tiny_tokenizer

from harness.backends.encoding import Encoder, UnencodableError
from harness.backends.hf import HFBackend
from harness.backends.plain import PlainScorer
from harness.records import Failure, Likelihood, LogLikelihood, RollingLogLikelihood

BEGINNING = " ".join(CORPUS[:2])
KINDS = ("llama", "gpt2", "mistral, sliding")


@cache
def parts(kind: str) -> tuple[Any, Encoder, PlainScorer]:
    """A backend, and what scores a request alone."""
    tokenizer = tiny_tokenizer(bos=True)
    backend = HFBackend(tiny_model(kind, tokenizer), tokenizer, spec_for())
    backend._scorer._probe()
    plain = PlainScorer(backend._scorer._model, backend._scorer.plain._head, 1)
    return backend, Encoder(tokenizer, "auto", 64), plain


@cache
def alone(kind: str, request: Any) -> Likelihood | Failure:
    _, encoder, plain = parts(kind)
    try:
        if isinstance(request, LogLikelihood):
            spans = [encoder.pair(request.context, request.continuation)]
        else:
            spans = encoder.rolling(request.text, request.overlap)
    except UnencodableError as error:
        return Failure(str(error))
    found: list[Any] = [plain.score([span]) for span in spans]
    scored = [answer for batches in found for batch in batches for answer in batch.values()]
    return Likelihood(
        logprob=sum(answer.logprob for answer in scored),
        tokens=sum(answer.tokens for answer in scored),
        greedy=all(answer.greedy for answer in scored),
    )


pieces = st.sampled_from(["a", " b", "The pain", " went", "患者", ". ", "", "\n", "one two three"])
contexts = st.one_of(
    st.lists(pieces, max_size=3).map("".join),
    st.lists(pieces, max_size=3).map(lambda found: BEGINNING + "".join(found)),
    st.sampled_from([CORPUS[3] * 3, CORPUS[2] + CORPUS[0]]),  # over-long
)
continuations = st.one_of(
    st.sampled_from([" A", " B", " C", CORPUS[0], CORPUS[1] + CORPUS[3]]),
    st.lists(pieces, max_size=4).map("".join),
)
pairs = st.builds(LogLikelihood, contexts, continuations)
rolling = st.builds(RollingLogLikelihood, contexts, st.sampled_from([0, 7]))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(
    requests=st.lists(st.one_of(pairs, pairs, pairs, rolling), min_size=1, max_size=16),
    repeated=st.lists(st.integers(0, 15), max_size=4),
    budget=st.sampled_from([1, 12, 40, 1000]),
    block=st.sampled_from([1, 5, 128]),
)
def test_any_set_of_requests_is_scored_as_each_alone(
    kind: str, requests: list[Any], repeated: list[int], budget: int, block: int
) -> None:
    backend, *_ = parts(kind)
    assert backend._scorer.packed is not None
    backend._scorer.packed.budget, backend._scorer.packed.block = budget, block
    asked = requests + [requests[index % len(requests)] for index in repeated]
    found = dict(backend.respond(asked))
    assert sorted(found) == list(range(len(asked)))
    for index, request in enumerate(asked):
        expected = alone(kind, request)
        answer = found[index]
        assert type(answer) is type(expected)
        if isinstance(answer, Likelihood) and isinstance(expected, Likelihood):
            assert abs(answer.logprob - expected.logprob) <= 1e-3
            assert (answer.tokens, answer.greedy) == (expected.tokens, expected.greedy)


def test_half_precision_is_packed_and_stays_near() -> None:
    tokenizer = tiny_tokenizer(bos=True)
    asked = [LogLikelihood(BEGINNING[: 40 + k], c) for k in range(5) for c in (" A", " and so")]
    exact = [alone("llama", request) for request in asked]
    for dtype in (torch.bfloat16, torch.float16):
        model = tiny_model("llama", tokenizer).to(dtype)
        backend = HFBackend(model, tokenizer, spec_for())
        found = dict(backend.respond(asked))
        assert backend.measured().notes == ()
        for index, wanted in enumerate(exact):
            answer = found[index]
            assert isinstance(answer, Likelihood)
            assert isinstance(wanted, Likelihood)
            assert abs(answer.logprob - wanted.logprob) <= 0.03 * abs(wanted.logprob)


def test_keys_and_values_that_are_kept_are_those_of_the_next_pack() -> None:
    """Packs whose beginnings are longer, shorter and others than what is kept at the time."""
    backend, *_ = parts("llama")
    backend._scorer.packed.budget, backend._scorer.packed.block = 30, 8
    for beginning in (BEGINNING[:60], BEGINNING[:90], BEGINNING[:75], CORPUS[2], BEGINNING[:60]):
        asked = [LogLikelihood(beginning + f" {k}", " yes" * (1 + k % 3)) for k in range(12)]
        for index, answer in backend.respond(asked):
            expected = alone("llama", asked[index])
            assert isinstance(answer, Likelihood)
            assert isinstance(expected, Likelihood)
            assert abs(answer.logprob - expected.logprob) <= 1e-3
