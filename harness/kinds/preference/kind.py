"""Preference: does the model find the response likelier that people prefer?

Pairs, ranked lists, and two responses with a label, which may be a tie
(:mod:`harness.kinds.preference.rows` says how the rows look). Plain: the prompt, a line break, the
response; the line break is scored with the response, so that no token spans both. Chat: the prompt
is the user's turn and the response the assistant's. A prompt of several turns is asked as a
conversation (:mod:`harness.kinds.conversation`).
"""

from collections.abc import Sequence
from functools import partial
from math import isfinite

from harness.data import Data
from harness.errors import TaskError
from harness.kinds.conversation import conversation_context
from harness.kinds.documents import scored_only
from harness.kinds.preference.rows import preference_fields
from harness.kinds.responses import likelihoods
from harness.kinds.wording import wording
from harness.metrics.outcomes import Ranking
from harness.metrics.preference import agreement, margins, preference_metrics
from harness.records import Document, Formulation, LogLikelihood, Request, Response
from harness.task import Card, Prompt, Score, Task


def preference(card: Card, data: Data, *, tie_margin: float | None = None) -> Task:
    """Return a task over pairs, ranked lists or labelled responses; it has no few-shot examples.

    Responses that people tied on are no pair. ``tie_margin`` (nats per character) adds the metric
    ``agreement``, which counts them: the model ties where its scores differ by no more than that.
    TaskError if it isn't a number from 0 on.
    """
    metrics = preference_metrics()
    if tie_margin is not None:
        if not _is_number(tie_margin):
            raise TaskError(f"{card.name}: `tie_margin` must be a number >= 0, not {tie_margin!r}")
        metrics += (agreement(float(tie_margin)),)
    documents, examples = scored_only(data, preference_fields)
    return Task(
        card=card.over(data),
        kind="preference",
        documents=documents,
        examples=examples,
        requests=partial(_requests, card.language),
        score=_score,
        metrics=metrics,
        formulations=("cf",),
    )


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isfinite(value) and value >= 0


def _responses(document: Document) -> tuple[Sequence[str], Sequence[int]]:
    """Return the texts of the responses and their ranks."""
    fields = document.fields
    if "responses" in fields:
        return fields["responses"], fields["ranks"]
    return (fields["chosen"], fields["rejected"]), (1, 2)


def _requests(language: str, document: Document, prompt: Prompt) -> Sequence[Request]:
    asked, (texts, _) = document.fields["prompt"], _responses(document)
    if isinstance(asked, str):
        context, delimiter = prompt.context(asked, ()), "\n"
    else:
        context = conversation_context(asked, prompt, language)
        delimiter = wording(language).delimiter
    return [LogLikelihood(context, prompt.continuation(text, delimiter)) for text in texts]


def _score(
    document: Document,
    responses: Sequence[Response],
    formulation: Formulation,
) -> Score:
    answers = likelihoods(responses)
    if isinstance(answers, Score):
        return answers
    texts, ranks = _responses(document)
    ranking = Ranking(
        logprobs=tuple(answer.logprob for answer in answers),
        characters=tuple(len(text) for text in texts),
        ranks=tuple(ranks),
    )
    worst = min(margins(ranking), default=1.0)
    reason = None if worst > 0 else "wrong: tie" if worst == 0 else "wrong"
    return Score(status="ok", outcome=ranking, reason=reason)
