"""What the responses to a multiple-choice question amount to."""

from collections.abc import Sequence
from string import ascii_uppercase

from harness.detectors.refusal import is_refusal
from harness.kinds.multiple_choice.letter_sets import exact_logprobs, letter_sets
from harness.kinds.multiple_choice.letters import read_letters
from harness.kinds.multiple_choice.questions import Way
from harness.kinds.responses import generated, likelihoods
from harness.metrics.accuracy import argmax, pick, pick_per_character
from harness.metrics.outcomes import AnswerSet, Choice
from harness.records import Document, Formulation, Likelihood, Response, Status
from harness.task import Score


def choice_score(
    way: Way, document: Document, responses: Sequence[Response], formulation: Formulation
) -> Score:
    """Return the score of the responses to :func:`choice_requests`."""
    if formulation == "gen":
        return _read(way, document, responses)
    answers = likelihoods(responses)
    if isinstance(answers, Score):
        return answers
    if way.several:
        return _likeliest_set(document, [answer.logprob for answer in answers])
    lettered = formulation == "mcf"
    choice = _choice(document, answers, lettered)
    picked = pick(choice) if lettered else pick_per_character(choice)
    return Score(status="ok", outcome=choice, reason=None if picked == choice.gold else "wrong")


def _choice(document: Document, answers: Sequence[Likelihood], lettered: bool) -> Choice:
    choices: Sequence[str] = document.fields["choices"]
    texts = [ascii_uppercase[0]] * len(choices) if lettered else choices
    size = len(texts)
    asked = [
        [a.logprob for a in answers[start : start + size]] for start in range(0, len(answers), size)
    ]
    return Choice(
        logprobs=tuple(asked[0]),
        characters=tuple(map(len, texts)),
        gold=document.fields["answer"],
        bytes=tuple(len(text.encode("utf-8", "surrogatepass")) for text in texts),
        tokens=tuple(answer.tokens for answer in answers[:size]),
        neutral=() if lettered else tuple(v for values in asked[1:] for v in values),
        picked=tuple(map(argmax, asked)) if lettered else (),
    )


def _likeliest_set(document: Document, logprobs: Sequence[float]) -> Score:
    count = len(document.fields["choices"])
    picked = letter_sets(count)[argmax(exact_logprobs(logprobs, count))]
    return _judged(document, picked, "no_answer")


def _read(way: Way, document: Document, responses: Sequence[Response]) -> Score:
    response = generated(responses)
    if isinstance(response, Score):
        return response
    text = response.texts[0]
    picked = read_letters(text, document.fields["choices"], several=way.several)
    unread: Status = "no_answer"
    if not text.strip():
        unread = "empty"
    elif is_refusal(text):
        unread = "refusal"
    elif response.finish[0] == "length":
        unread = "truncated"
    return _judged(document, picked, unread)


def _judged(document: Document, picked: Sequence[int] | None, unread: Status) -> Score:
    """Return the score of a picked set; ``unread`` is the status where there is none."""
    answer = document.fields["answer"]
    gold = tuple(answer) if isinstance(answer, list) else (answer,)
    outcome = AnswerSet(gold=gold, picked=picked, size=len(document.fields["choices"]))
    if picked is None:
        return Score(status=unread, outcome=outcome, reason=unread)
    reason = None if set(picked) == set(gold) else "wrong"
    return Score(status="ok", outcome=outcome, reason=reason)
