"""What the responses to a classification question amount to."""

from collections.abc import Sequence

from harness.detectors.refusal import is_refusal
from harness.kinds.classification.answers import read_label
from harness.kinds.responses import generated, likelihoods
from harness.metrics.accuracy import pick, pick_per_character
from harness.metrics.outcomes import Choice, Label
from harness.records import Document, Formulation, Response, Status
from harness.task import Score


def label_score(
    labels: Sequence[str],
    per_character: bool,
    document: Document,
    responses: Sequence[Response],
    formulation: Formulation,
) -> Score:
    """Return the score of the labels' log-likelihoods, or in ``gen`` of the one generated text.

    TypeError for responses of another kind.
    """
    gold = labels.index(document.fields["label"])
    if formulation == "gen":
        return _read(labels, gold, responses)
    answers = likelihoods(responses)
    if isinstance(answers, Score):
        return answers
    choice = Choice(
        logprobs=tuple(answer.logprob for answer in answers),
        characters=tuple(len(label) for label in labels),
        gold=gold,
    )
    picked = pick_per_character(choice) if per_character else pick(choice)
    return _judged(Label(gold=gold, predicted=picked, size=len(labels)), "no_answer")


def _read(labels: Sequence[str], gold: int, responses: Sequence[Response]) -> Score:
    response = generated(responses)
    if isinstance(response, Score):
        return response
    text = response.texts[0]
    outcome = Label(gold=gold, predicted=read_label(text, labels), size=len(labels))
    unread: Status = "no_answer"
    if not text.strip():
        unread = "empty"
    elif is_refusal(text):
        unread = "refusal"
    elif response.finish[0] == "length":
        unread = "truncated"
    return _judged(outcome, unread)


def _judged(outcome: Label, unread: Status) -> Score:
    """Return the score of a prediction; ``unread`` is the status where there is none."""
    if outcome.predicted is None:
        return Score(status=unread, outcome=outcome, reason=unread)
    reason = None if outcome.predicted == outcome.gold else "wrong"
    return Score(status="ok", outcome=outcome, reason=reason)
