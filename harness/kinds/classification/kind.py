"""Classification: which of a fixed set of labels fits a text?

Asked by the log-likelihood of each label (``cf``), or by letting the model write (``gen``).
English, plain, both the same::

    The tumour was benign.
    Question: Which of these labels fits the text: neoplasms, other?
    Answer:

``cf`` has the continuations " neoplasms" and " other", and the likelier one is the prediction.
``gen`` reads the label from up to 32 tokens (:mod:`~harness.kinds.classification.answers`); an
``instruction`` that doesn't name the labels leaves the model to guess how they are spelt, so that
``extracted`` is low without examples.

A generated answer without a label is a miss of the gold class. It has a status that says why, which
is also its reason: ``empty``, ``refusal``, ``truncated`` (cut off before a label came) or
``no_answer``, also where several labels are named or the only one is negated. A readable answer is
``ok`` however it ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from harness.data import Data, Row
from harness.errors import TaskError
from harness.kinds.classification.scores import label_score
from harness.kinds.documents import scored_and_examples
from harness.kinds.wording import Wording, wording
from harness.metrics.labels import extracted_label_metrics, label_metrics
from harness.metrics.metric import Metric
from harness.metrics.outcomes import Label
from harness.metrics.tokenizers import target_language
from harness.plugins import plugin_metric, plugin_metrics
from harness.records import JSON, Document, Generate, LogLikelihood, Request
from harness.task import Card, Prompt, Task

MAX_TOKENS = 32
STOP = ("\n\n",)
"""What ends a generated answer in plain format: the blank line before the next question."""


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

    ``cf`` compares labels by their summed log-likelihood, the probability of the label itself, as
    OLMES (Gu et al. 2024, arXiv 2406.08446) does for yes/no answers and lm-eval for most of its
    classification tasks. Dividing by length would favour "maybe" over "no", both one token, and
    labels with a predictable tail when the prompt lists them. ``per_character`` divides anyway:
    for labels of very unequal length that an ``instruction`` doesn't name.
    """
    names = _checked(card, labels)
    words = wording(card.language)
    documents, examples = scored_and_examples(data, partial(_fields, names))
    way = _Way(names, words, instruction or words.ask_for_label(names))
    picked_by = "logprob_per_character" if per_character else "logprob_sum"
    return Task(
        card=card.over(data),
        kind="classification",
        documents=documents,
        examples=examples,
        requests=partial(_requests, way),
        score=partial(label_score, names, per_character),
        metrics=(
            *label_metrics(names, picked_by, ("cf",)),
            *extracted_label_metrics(names),
            *_foreign(card, metrics, len(names)),
        ),
        formulations=("cf", "gen"),
        shots=shots,
        generation={"max_tokens": MAX_TOKENS, "stop": list(STOP), "temperature": 0.0},
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """How a task asks, whatever the prompt."""

    labels: tuple[str, ...]
    words: Wording
    question: str


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


def _requests(way: _Way, document: Document, prompt: Prompt) -> Sequence[Request]:
    def asked(item: Document) -> str:
        return f"{item.fields['text']}\n{way.words.ask(way.question)}"

    delimiter = way.words.delimiter
    shots = [(asked(example), example.fields["label"]) for example in prompt.examples]
    context = prompt.context(asked(document), shots, delimiter)
    if prompt.formulation == "gen":
        stop = STOP if prompt.format == "plain" else ()
        return [Generate(context=context, stop=stop, max_tokens=MAX_TOKENS)]
    return [LogLikelihood(context, prompt.continuation(label, delimiter)) for label in way.labels]
