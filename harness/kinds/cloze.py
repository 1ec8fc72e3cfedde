"""Cloze: are the last words of a passage foreseen?

The target is scored after its context, as plain text and without examples; as an answer to a
question in a chat it would be another task. English::

    His mouth curved in a confident grin, I don't care about

and the continuation " signs". Chinese has no blank before the target.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from harness.data import Data, Row
from harness.kinds.documents import scored_only
from harness.kinds.responses import likelihoods
from harness.kinds.wording import wording
from harness.metrics.outcomes import Target
from harness.metrics.target import TARGET_METRICS
from harness.metrics.tokenizers import target_language
from harness.records import JSON, Document, Formulation, LogLikelihood, Request, Response
from harness.task import Card, Prompt, Score, Task


def cloze(card: Card, data: Data) -> Task:
    """Return a task over rows ``{context, target}``."""
    documents, examples = scored_only(data, _fields)
    delimiter = wording(target_language(card.language)).delimiter
    return Task(
        card=card.over(data),
        kind="cloze",
        documents=documents,
        examples=examples,
        requests=partial(_requests, delimiter),
        score=_score,
        metrics=TARGET_METRICS,
        formulations=("cf",),
        formats=("plain",),
    )


def _fields(row: Row) -> Mapping[str, JSON]:
    fields = {"context": row.text("context").strip(), "target": row.text("target").strip()}
    try:
        fields["target"].encode("utf-8")
    except UnicodeEncodeError:
        raise row.error("field 'target' holds half a surrogate pair; it has no bytes") from None
    return fields


def _requests(delimiter: str, document: Document, prompt: Prompt) -> Sequence[Request]:
    fields = document.fields
    return [LogLikelihood(fields["context"], prompt.continuation(fields["target"], delimiter))]


def _score(document: Document, responses: Sequence[Response], formulation: Formulation) -> Score:
    answers = likelihoods(responses)
    if isinstance(answers, Score):
        return answers
    (answer,) = answers
    outcome = Target(
        nll=-answer.logprob,
        bytes=len(document.fields["target"].encode("utf-8")),
        greedy=answer.greedy,
    )
    return Score(status="ok", outcome=outcome, reason=None if answer.greedy else "wrong")
