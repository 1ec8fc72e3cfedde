"""Classification: which of a fixed set of labels fits a text?

The label with the largest log-likelihood after the prompt is the prediction. English, plain::

    The tumour was benign.
    Question: Which of these labels fits the text: neoplasms, other?
    Answer:

and the continuations " neoplasms" and " other".
"""

from collections.abc import Mapping, Sequence
from functools import partial

from harness.data import Data, Row
from harness.errors import TaskError
from harness.kinds.documents import scored_and_examples
from harness.kinds.responses import likelihoods
from harness.kinds.wording import Wording, wording
from harness.metrics.accuracy import pick, pick_per_character
from harness.metrics.labels import label_metrics
from harness.metrics.metric import Metric
from harness.metrics.outcomes import Choice, Label
from harness.metrics.tokenizers import target_language
from harness.plugins import plugin_metric, plugin_metrics
from harness.records import JSON, Document, Formulation, LogLikelihood, Request, Response
from harness.task import Card, Prompt, Score, Task


def classification(
    card: Card,
    data: Data,
    *,
    labels: Sequence[str],
    instruction: str | None = None,
    per_character: bool = False,
    metrics: Sequence[str] = (),
    shots: int = 0,
) -> Task:
    """Return a task over rows ``{text, label}``; TaskError for options that can't be used.

    ``instruction`` is the question asked after the text; by default it lists the labels.
    ``metrics`` are plugins' (:mod:`harness.plugins`), reported after our own.

    Labels are compared by their summed log-likelihood, the probability of the label itself, as
    OLMES (Gu et al. 2024, arXiv 2406.08446) does for yes/no answers and lm-eval for most of its
    classification tasks. Dividing by length would favour "maybe" over "no", both one token, and
    labels with a predictable tail when the prompt lists them. ``per_character`` divides anyway:
    for labels of very unequal length that an ``instruction`` doesn't name.
    """
    names = _checked(card, labels)
    words = wording(card.language)
    documents, examples = scored_and_examples(data, partial(_fields, names))
    question = instruction or words.ask_for_label(names)
    picked_by = "logprob_per_character" if per_character else "logprob_sum"
    return Task(
        card=card,
        kind="classification",
        documents=documents,
        examples=examples,
        requests=partial(_requests, names, words, question),
        score=partial(_score, names, per_character),
        metrics=(*label_metrics(names, picked_by), *_foreign(card, metrics, len(names))),
        formulations=("cf",),
        shots=shots,
    )


def _checked(card: Card, labels: Sequence[str]) -> tuple[str, ...]:
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise TaskError(f"{card.name}: `labels` must be a list of texts")
    names = tuple(label.strip() for label in labels)
    if len(names) < 2 or not all(names) or len(set(names)) < len(names):
        raise TaskError(
            f"{card.name}: `labels` must be at least 2 texts, all different, none empty"
        )
    return names


def _foreign(card: Card, names: Sequence[str], size: int) -> tuple[Metric, ...]:
    example = Label(gold=0, predicted=0, size=size)
    found = []
    for name in (names,) if isinstance(names, str) else names:
        metric = plugin_metric(name, target_language(card.language), example)
        if metric is None:
            known = ", ".join(plugin_metrics()) or "none"
            raise TaskError(f"{card.name}: `metrics`: no plugin adds {name!r}; known: {known}")
        found.append(metric)
    return tuple(found)


def _fields(labels: Sequence[str], row: Row) -> Mapping[str, JSON]:
    label = row.text("label").strip()
    if label not in labels:
        allowed = ", ".join(repr(name) for name in labels)
        raise row.error(f"label {label!r} isn't one of the task's labels: {allowed}")
    return {"text": row.text("text").strip(), "label": label}


def _requests(
    labels: Sequence[str], words: Wording, question: str, document: Document, prompt: Prompt
) -> Sequence[Request]:
    def asked(item: Document) -> str:
        return f"{item.fields['text']}\n{words.ask(question)}"

    shots = [(asked(example), example.fields["label"]) for example in prompt.examples]
    context = prompt.context(asked(document), shots, words.delimiter)
    return [LogLikelihood(context, prompt.continuation(label, words.delimiter)) for label in labels]


def _score(
    labels: Sequence[str],
    per_character: bool,
    document: Document,
    responses: Sequence[Response],
    formulation: Formulation,
) -> Score:
    answers = likelihoods(responses)
    if isinstance(answers, Score):
        return answers
    choice = Choice(
        logprobs=tuple(answer.logprob for answer in answers),
        characters=tuple(len(label) for label in labels),
        gold=labels.index(document.fields["label"]),
    )
    picked = pick_per_character(choice) if per_character else pick(choice)
    outcome = Label(gold=choice.gold, predicted=picked, size=len(labels))
    return Score(status="ok", outcome=outcome, reason=None if picked == choice.gold else "wrong")
