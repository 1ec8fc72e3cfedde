"""Scoring begins before all is encoded, and loses nothing on the way."""

from collections.abc import Iterator, Sequence
from typing import Any

from harness.backends.encoding import Encoder, Span
from harness.backends.streaming import stream
from harness.records import Failure, Likelihood, LogLikelihood, RollingLogLikelihood


class Letters:
    """Each character is a token; counts what it has encoded."""

    bos_token, bos_token_id, eos_token_id = None, None, 2

    def __init__(self) -> None:
        self.texts = 0

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        self.texts += 1
        return [ord(character) for character in text]


class Counting:
    """Says how many tokens were scored, three spans at a time, the last first."""

    def score(self, spans: Sequence[Span]) -> Iterator[dict[int, Any]]:
        order = list(reversed(range(len(spans))))
        for begin in range(0, len(order), 3):
            yield {
                k: Likelihood(logprob=-1.0, tokens=len(spans[k].scored))
                for k in order[begin : begin + 3]
            }


def encoder(tokenizer: Letters) -> Encoder:
    return Encoder(tokenizer, "auto", 10)


def test_the_first_answers_do_not_wait_for_the_last_texts() -> None:
    tokenizer = Letters()
    asked = {k: LogLikelihood(f"{k}", " x") for k in range(5000)}
    answers = stream(asked, encoder(tokenizer), Counting())
    begun = tokenizer.texts
    next(answers)
    assert tokenizer.texts - begun < 1000
    assert len(list(answers)) == 4999
    assert tokenizer.texts - begun == 2 * 5000


def test_every_request_is_answered_once_and_the_last_of_a_batch_is_known() -> None:
    asked = {
        7: LogLikelihood("ab", "c"),
        3: RollingLogLikelihood("x" * 25),  # three windows
        5: LogLikelihood("ab", "c" * 11),  # too long
        1: LogLikelihood("b", "cd"),
    }
    found = list(stream(asked, encoder(Letters()), Counting()))
    assert [(key, last) for key, _, last in found] == [(5, True), (1, True), (3, False), (7, True)]
    answers = {key: answer for key, answer, _ in found}
    assert isinstance(answers[5], Failure)
    assert [answers[k].tokens for k in (7, 3, 1)] == [1, 25, 2]  # type: ignore[union-attr]
