"""Diversity: several sampled answers to each open prompt, and how much they differ.

Plain: the prompt and "Answer:" below, with no example; a blank line ends the answer. Chat: the
prompt is the user's turn, and the answer is the reply up to ``max_tokens``. A document's samples
are drawn with a seed of its own, which follows from its prompt: neither the order of documents nor
a limit changes them.

An answer that ``max_tokens`` cuts off is no defect here: all are compared at the same length.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from math import isfinite

from harness.data import Data, Row
from harness.detectors.language import is_foreign
from harness.errors import TaskError
from harness.kinds.documents import scored_only
from harness.kinds.responses import generated
from harness.kinds.wording import wording
from harness.metrics.diversity import diversity_metrics
from harness.metrics.outcomes import Samples
from harness.metrics.tokenizers import is_cjk_language, target_language
from harness.records import (
    JSON,
    Document,
    Formulation,
    Generate,
    Request,
    Response,
)
from harness.task import Card, Prompt, Score, Task

WORDS = 30_000
"""V of EAD for languages written with blanks; about the size of BERT's vocabulary."""
CHARACTERS = 8_105
"""V for Chinese and Japanese: the characters of China's standard table of 2013."""


def diversity(
    card: Card,
    data: Data,
    *,
    k: int = 4,
    max_tokens: int = 48,
    temperature: float = 1.0,
    vocabulary: int | None = None,
) -> Task:
    """Return a task over rows ``{prompt}`` (and ``id``, ``cluster``); it has no few-shot examples.

    ``k`` samples (2 or more) of at most ``max_tokens`` tokens at a ``temperature`` above 0;
    ``vocabulary`` is V of the expectation-adjusted distinct, by default :data:`WORDS` or
    :data:`CHARACTERS`. TaskError for options that can't be used.
    """
    language = target_language(card.language)
    size = (
        (CHARACTERS if is_cjk_language(language) else WORDS) if vocabulary is None else vocabulary
    )
    for name, value, least in (("k", k, 2), ("max_tokens", max_tokens, 1), ("vocabulary", size, 1)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise TaskError(f"{card.name}: `{name}` must be at least {least}, not {value!r}")
    if not _is_temperature(temperature):
        raise TaskError(f"{card.name}: `temperature` must be above 0, not {temperature!r}")
    documents, examples = scored_only(data, _fields)
    sampling = {"n": k, "max_tokens": max_tokens, "temperature": float(temperature)}
    return Task(
        card=card.over(data),
        kind="diversity",
        documents=documents,
        examples=examples,
        requests=partial(_requests, card.language, sampling),
        score=partial(_score, language),
        metrics=diversity_metrics(language, size),
        formulations=("gen",),
        generation=sampling,
    )


def _is_temperature(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isfinite(value) and value > 0


def _fields(row: Row) -> Mapping[str, JSON]:
    return {"prompt": row.text("prompt").strip()}


def _requests(
    language: str, sampling: Mapping[str, JSON], document: Document, prompt: Prompt
) -> Sequence[Request]:
    question, plain = document.fields["prompt"], prompt.format == "plain"
    if plain:
        question = f"{question}\n{wording(language).answer}"
    return [
        Generate(
            context=prompt.context(question, ()),
            stop=("\n\n",) if plain else (),
            seed=int(document.hash[:8], 16),
            **sampling,
        )
    ]


def _score(
    language: str,
    document: Document,
    responses: Sequence[Response],
    formulation: Formulation,
) -> Score:
    response = generated(responses)
    if isinstance(response, Score):
        return response
    texts = tuple(text.strip() for text in response.texts)
    outcome = Samples(texts=texts)
    said = [text for text in texts if text]
    if not said:
        return Score(status="empty", outcome=outcome, reason="empty")
    if all(is_foreign(text, language) for text in said):
        return Score(status="wrong_language", outcome=outcome, reason="wrong_language")
    return Score(status="ok", outcome=outcome)
