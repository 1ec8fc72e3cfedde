"""Log-likelihoods against lm-eval 0.4.13's HFLM, batch size 1, float32 softmax."""

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hflm_oracle import LENGTH, TOLERANCE, agree, oracle, pairs, theirs
from tiny_models import BOS, CORPUS, answers, opened

from harness.records import Failure, Likelihood, LogLikelihood, RollingLogLikelihood

CHOICES = [" aspirin", " insulin at once", "胰岛素", " A", " B", " C", " D", "阿司匹林后疼痛消失"]
CONTEXTS = [
    "Question: which organ makes insulin? Answer:",
    "The patient was given ",  # the blank belongs to the continuation
    "患者服用",
    "",
    "The pain went away.\n\n",
    "One two three four five six seven eight nine ten eleven twelve. " * 12,  # over-long
]
REQUESTS = [LogLikelihood(context, choice) for context in CONTEXTS for choice in CHOICES]


def best(numbers: list[float]) -> list[int]:
    """The favoured choice of each context."""
    groups = [numbers[i : i + len(CHOICES)] for i in range(0, len(numbers), len(CHOICES))]
    return [group.index(max(group)) for group in groups]


@pytest.mark.parametrize("batch_size", [1, 3, 8])
@pytest.mark.parametrize("family", ["with_bos", "without_bos"])
def test_loglikelihoods_are_lm_evals(
    family: str, batch_size: int, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(family)
    expected = theirs(oracle(folder), "loglikelihood", pairs(REQUESTS))
    ours = answers(opened(folder, batch_size=batch_size), REQUESTS)
    agree(ours, expected)
    assert best([answer.logprob for answer in ours]) == best([logprob for logprob, _ in expected])


def test_greedy_flags_are_lm_evals_where_they_are_true(with_bos: Path) -> None:
    from transformers import AutoTokenizer

    lm, tokenizer = oracle(with_bos), AutoTokenizer.from_pretrained(with_bos)
    favourites = []
    for context in CONTEXTS[:3]:
        ids = torch.tensor([tokenizer.encode(context.rstrip())])
        top = int(lm.model(ids).logits[0, -1].argmax())
        favourites.append(LogLikelihood(context.rstrip(), tokenizer.decode([top])))
    expected = theirs(lm, "loglikelihood", pairs(favourites))
    assert any(greedy for _, greedy in expected)
    agree(answers(opened(with_bos), favourites), expected)


def test_order_and_company_of_requests_change_nothing(without_bos: Path) -> None:
    backend = opened(without_bos, batch_size=3)
    straight = answers(backend, REQUESTS)
    order = list(range(len(REQUESTS)))
    random.Random(7).shuffle(order)
    shuffled = answers(backend, [REQUESTS[i] for i in order])
    for position, original in enumerate(order):
        delta = shuffled[position].logprob - straight[original].logprob
        assert abs(delta) <= 1e-4
        assert shuffled[position].greedy == straight[original].greedy


@contextmanager
def watched(backend: Any) -> Iterator[list[int]]:
    """Collect how many tokens the model reads each time that it is run."""
    answers(backend, REQUESTS[:1])  # the probe is behind it
    read: list[int] = []
    layer = backend._scorer._model.get_input_embeddings()
    hook = layer.register_forward_hook(lambda _, given, __: read.append(given[0].numel()))
    yield read
    hook.remove()


def ways(folder: Path, **settings: Any) -> Iterator[Any]:
    """The same model twice: as it is packed, and in plain batches."""
    yield opened(folder, **settings)
    plain = opened(folder, **settings)
    plain._scorer.packed, plain._scorer._probed = None, True
    yield plain


def test_letters_of_one_question_run_once(without_bos: Path) -> None:
    for backend in ways(without_bos):
        with watched(backend) as read:
            answers(backend, [LogLikelihood("Answer:", letter) for letter in "ABCD"])
        assert len(read) == 1
        assert read[0] == len(backend._encoder.text("Answer:"))


def test_what_requests_share_is_read_once(without_bos: Path) -> None:
    backend = opened(without_bos)
    shared, count = CORPUS[1], len(backend._encoder.text(CORPUS[1]))
    asked = [
        LogLikelihood(f"{shared} {k}.", choice) for k in range(9) for choice in (" yes, so", " no!")
    ]
    with watched(backend) as read:
        whole = answers(backend, asked)
    assert len(read) == 1
    backend._scorer.packed.budget = 30
    with watched(backend) as read:
        pieces = answers(backend, asked)
    assert len(read) > 3
    assert sum(read) <= count + len(asked) * 9  # the shared text once, then only what is new
    for one, other in zip(whole, pieces, strict=True):
        assert math.isclose(one.logprob, other.logprob, abs_tol=1e-4)


def test_tokens_counts_what_was_scored(with_bos: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(with_bos)
    text = CORPUS[1]
    backend = opened(with_bos)
    pair, rolling = answers(backend, [LogLikelihood("Hm.", " " + text), RollingLogLikelihood(text)])
    assert rolling.tokens == len(tokenizer.encode(text, add_special_tokens=False))
    assert pair.tokens == len(tokenizer.encode(" " + text, add_special_tokens=False))


TEXTS = [CORPUS[0], CORPUS[2] * 3, " ".join(CORPUS[:4]) * 4, "x"]


@pytest.mark.parametrize("batch_size", [1, 8])
def test_rolling_is_lm_evals_without_a_bos(without_bos: Path, batch_size: int) -> None:
    expected = theirs(oracle(without_bos), "loglikelihood_rolling", [(text,) for text in TEXTS])
    ours = answers(
        opened(without_bos, batch_size=batch_size), [RollingLogLikelihood(text) for text in TEXTS]
    )
    for answer, logprob in zip(ours, expected, strict=True):
        assert abs(answer.logprob - logprob) <= TOLERANCE


def test_rolling_never_scores_the_bos(with_bos: Path) -> None:
    """lm-eval told to add no second BOS scores each text's own tokens after one BOS, as we do."""
    arguments = [(text,) for text in TEXTS]
    single = theirs(oracle(with_bos, add_bos_token=False), "loglikelihood_rolling", arguments)
    doubled = theirs(oracle(with_bos), "loglikelihood_rolling", arguments)
    ours = answers(opened(with_bos), [RollingLogLikelihood(text) for text in TEXTS])
    marked = answers(opened(with_bos), [RollingLogLikelihood(BOS + text) for text in TEXTS])
    for answer, again, logprob, wrong in zip(ours, marked, single, doubled, strict=True):
        assert abs(answer.logprob - logprob) <= TOLERANCE
        assert again == answer
        assert abs(answer.logprob - wrong) > 10 * TOLERANCE


def test_a_long_text_is_scored_token_by_token_once(without_bos: Path) -> None:
    """Against a plain sum over the windows, with no code of ours or of lm-eval."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(without_bos)
    model = AutoModelForCausalLM.from_pretrained(without_bos)
    tokens = [tokenizer.eos_token_id, *tokenizer.encode(TEXTS[2])]
    total, done = 0.0, 1
    while done < len(tokens):
        end = min(done + LENGTH, len(tokens))
        begin = max(0, end - 1 - LENGTH) if done > 1 else 0
        with torch.no_grad():
            logits = model(torch.tensor([tokens[begin : end - 1]])).logits[0].log_softmax(-1)
        total += sum(float(logits[i - 1 - begin, tokens[i]]) for i in range(done, end))
        done = end
    assert len(tokens) > 3 * LENGTH
    (answer,) = answers(opened(without_bos), [RollingLogLikelihood(TEXTS[2])])
    assert abs(answer.logprob - total) <= TOLERANCE


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (LogLikelihood("The pain", ""), "no tokens"),
        (RollingLogLikelihood(""), "no tokens"),
        (LogLikelihood("", CORPUS[2] * 3), "more than max_length 64"),
        (LogLikelihood("half \ud800 a pair", " x"), "surrogate"),
    ],
)
def test_what_cannot_be_scored_fails_alone(without_bos: Path, asked: Any, reason: str) -> None:
    fine = LogLikelihood("The patient", " was")
    first, second = answers(opened(without_bos), [asked, fine])
    assert isinstance(first, Failure)
    assert reason in first.reason
    assert isinstance(second, Likelihood)


APART = [LogLikelihood(f"{k}ab", "cd") for k in range(6)]
READ = 4  # tokens of each of them that are read


def test_answers_come_batch_by_batch(without_bos: Path) -> None:
    for backend in ways(without_bos, batch_size=2):
        if backend._scorer.packed is not None:
            backend._scorer.packed.budget = 2 * READ
        with watched(backend) as read:
            stream = backend.respond(APART)
            next(stream)
            assert len(read) == 1
            assert len(list(stream)) == 5
            assert len(read) == 3


def test_a_batch_ends_with_its_last_answer(without_bos: Path) -> None:
    for backend in ways(without_bos, batch_size=3):
        if backend._scorer.packed is not None:
            backend._scorer.packed.budget = 3 * READ
        ends = [backend.batch_done for _ in backend.respond(APART)]
        assert ends == [False, False, True] * 2


def test_running_out_of_memory_halves_the_batch_and_fails_what_is_too_long_alone(
    without_bos: Path,
) -> None:
    expected = answers(opened(without_bos), REQUESTS)
    for backend in ways(without_bos, batch_size=8):
        answers(backend, REQUESTS[:1])
        assert backend.measured().halved is None
        layer = backend._scorer._model.get_input_embeddings()

        def cramped(_: Any, given: Any) -> None:
            if given[0].numel() > 60:
                raise torch.OutOfMemoryError

        hook = layer.register_forward_pre_hook(cramped)
        found = answers(backend, REQUESTS)
        hook.remove()
        assert backend.measured().halved is not None
        failed = [answer for answer in found if isinstance(answer, Failure)]
        assert 0 < len(failed) < len(REQUESTS)
        assert all("out of memory" in failure.reason for failure in failed)
        for answer, wanted in zip(found, expected, strict=True):
            if isinstance(answer, Likelihood):
                assert math.isclose(answer.logprob, wanted.logprob, abs_tol=1e-4)


def test_a_pack_that_was_too_large_makes_all_later_ones_smaller(without_bos: Path) -> None:
    backend = opened(without_bos)
    asked = [LogLikelihood(f"{k} {CORPUS[k % 4][:20]}", " of it") for k in range(40)]
    expected = answers(backend, asked)
    before, fails = backend._scorer.packed.budget, iter([True])

    def once(*_: Any) -> None:
        if next(fails, False):
            raise torch.OutOfMemoryError

    hook = backend._scorer._model.get_input_embeddings().register_forward_pre_hook(once)
    found = answers(backend, asked)
    hook.remove()
    assert backend._scorer.packed.budget < before
    with watched(backend) as read:
        answers(backend, asked)
    assert len(read) > 1
    assert max(read) <= backend._scorer.packed.budget
    for answer, wanted in zip(found, expected, strict=True):
        assert math.isclose(answer.logprob, wanted.logprob, abs_tol=1e-4)


@pytest.mark.parametrize("numbers", [1, 700, 1 << 20])
def test_logits_made_piece_by_piece_give_the_same_numbers(
    without_bos: Path, monkeypatch: pytest.MonkeyPatch, numbers: int
) -> None:
    asked = [*REQUESTS, RollingLogLikelihood(TEXTS[2])]
    whole = answers(opened(without_bos), asked)
    monkeypatch.setattr("harness.backends.heads._LEAST_WORDS", 7)
    for pieces in ways(without_bos):
        pieces._scorer.plain._head.logits_at_once = numbers
        for one, other in zip(whole, answers(pieces, asked), strict=True):
            assert math.isclose(one.logprob, other.logprob, abs_tol=1e-4)
            assert (one.tokens, one.greedy) == (other.tokens, other.greedy)
