"""Generation: the model writes a text, which is compared with one or more references.

Summaries, translations, worked solutions, answers in free text. English, plain::

    Summarize the following clinic note in one sentence.

    The patient came in with a cough ...

    Summary:

The model continues greedily until a stop string or ``max_tokens``. As a chat the same prompt is the
user's turn and the answer is the whole reply: the end of the turn stops it, not the stop strings,
which are there to keep a plain continuation from writing the next example.

:mod:`harness.kinds.generation.status` says what the statuses mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from harness.data import Data, Row
from harness.errors import TaskError
from harness.kinds.documents import scored_and_examples
from harness.kinds.generation.prompt import delimiter, field_names
from harness.kinds.generation.status import Judge, match_of
from harness.kinds.responses import generated
from harness.kinds.wording import wording
from harness.metrics.final_answer import reference_number
from harness.metrics.metric import Metric
from harness.metrics.outcomes import Text
from harness.metrics.text_metrics import Asked, asked_metric
from harness.metrics.tokenizers import target_language
from harness.records import (
    JSON,
    Document,
    Formulation,
    Generate,
    Request,
    Response,
)
from harness.task import Card, Prompt, Score, Task


def generation(
    card: Card,
    data: Data,
    *,
    prompt: str | None = None,
    metrics: Sequence[str] = ("rougeL", "rouge1", "rouge2"),
    max_tokens: int = 128,
    stop: Sequence[str] = ("\n\n",),
) -> Task:
    """Return a task over rows ``{source, target}``; TaskError for options that can't be used.

    ``prompt`` names fields of the row in braces; by default it is the source and "Answer:" below.
    ``metrics`` are names of :data:`harness.metrics.text_metrics.NAMES`, the first is the primary
    one. Rows with a list ``references`` instead of ``target`` need metrics that say how many they
    read: ``bleu:4``, or ``bleu:var`` where the number varies. ``max_tokens`` is per answer;
    ``stop`` ends one in plain format.
    """
    template = prompt if prompt is not None else f"{{source}}\n{wording(card.language).answer}"
    names = field_names(card, template)
    asked = _asked(card, metrics)
    request = _request(card, max_tokens, stop)
    language = target_language(card.language)
    judge = Judge(language, match_of([one.name for one in asked]))
    parse = partial(
        _fields, names, [one.nrefs for one in asked], judge.match in ("strict", "flexible")
    )
    documents, examples = scored_and_examples(data, parse)
    return Task(
        card=card.over(data),
        kind="generation",
        documents=documents,
        examples=examples,
        requests=partial(_requests, template, request),
        score=partial(_score, judge),
        metrics=_metrics(card, asked, language),
        formulations=("gen",),
        generation={"max_tokens": max_tokens, "stop": list(request.stop), "temperature": 0.0},
    )


def _request(card: Card, max_tokens: int, stop: Sequence[str]) -> Generate:
    """Return the request of all documents, still without its context."""
    if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 1:
        raise TaskError(f"{card.name}: `max_tokens` must be at least 1, not {max_tokens!r}")
    stops = _texts(card, "stop", stop) if stop else ()
    return Generate(context="", stop=stops, max_tokens=max_tokens)


def _texts(card: Card, option: str, value: Sequence[str]) -> tuple[str, ...]:
    is_list = isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
    if not is_list or not all(isinstance(text, str) and text for text in value):
        raise TaskError(f"{card.name}: `{option}` must be a list of texts, none of them empty")
    return tuple(value)


def _asked(card: Card, metrics: Sequence[str]) -> list[Asked]:
    names = _texts(card, "metrics", metrics)
    try:
        return [asked_metric(name) for name in names]
    except TaskError as error:
        raise TaskError(f"{card.name}: `metrics`: {error}") from None


def _metrics(card: Card, asked: Sequence[Asked], language: str) -> tuple[Metric, ...]:
    try:
        return tuple(one.metric(language) for one in asked)
    except TaskError as error:
        raise TaskError(f"{card.name}: `metrics`: {error}") from None


def _fields(
    names: Sequence[str], nrefs: Sequence[int | None], numbers: bool, row: Row
) -> Mapping[str, JSON]:
    """Return a row's fields; with ``numbers`` each reference must end with a number."""
    fields: dict[str, JSON] = {name: row.text(name).strip() for name in names}
    references = row.fields.get("references")
    if references is None:
        fields["target"] = row.text("target").strip()
    else:
        fields["references"] = _checked_references(row, references, nrefs)
    if numbers:
        for text in fields.get("references") or [fields["target"]]:
            if reference_number(text) is None:
                raise row.error(f"the reference {text[:40]!r} holds no number to compare with")
    return fields


def _checked_references(row: Row, references: JSON, nrefs: Sequence[int | None]) -> list[str]:
    if not isinstance(references, list) or not references:
        raise row.error("field 'references' must be a list of at least 1 text")
    if not all(isinstance(text, str) and text.strip() for text in references):
        raise row.error("field 'references' must be a list of texts that aren't empty")
    wrong = next((n for n in nrefs if n not in (None, len(references))), None)
    if wrong is not None:
        raise row.error(
            f"field 'references' has {len(references)} texts, but the task's metrics read {wrong}; "
            f"name them like 'bleu:{len(references)}', or 'bleu:var' where the number varies"
        )
    return [text.strip() for text in references]


def _references(document: Document) -> tuple[str, ...]:
    fields = document.fields
    return tuple(fields["references"]) if "references" in fields else (fields["target"],)


def _requests(
    template: str, request: Generate, document: Document, prompt: Prompt
) -> Sequence[Request]:
    shots = [
        (template.format_map(example.fields), _references(example)[0])
        for example in prompt.examples
    ]
    question = template.format_map(document.fields)
    context = prompt.context(question, shots, delimiter(template))
    stop = request.stop if prompt.format == "plain" else ()
    return [replace(request, context=context, stop=stop)]


def _score(
    judge: Judge,
    document: Document,
    responses: Sequence[Response],
    formulation: Formulation,
) -> Score:
    response = generated(responses)
    if isinstance(response, Score):
        return response
    outcome = Text(prediction=response.texts[0].strip(), references=_references(document))
    status, reason = judge.status(outcome, response)
    return Score(status=status, outcome=outcome, reason=reason)
