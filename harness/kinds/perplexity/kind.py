"""Perplexity: how likely is a text? Always asked plain, without a template.

With ``completion_only`` the text is an answer, scored after its question, plain or as a chat
(:mod:`harness.kinds.perplexity.answers`).

Long texts are cut into windows as long as a model of the run may read. They are disjoint unless
``overlap`` lets each one read again so many tokens of what was before; then tokens at a window's
beginning are no surprise any more, and all numbers fall. Numbers with another overlap or
``max_length`` don't compare.

Words are counted by one rule for all languages. A CJK character (Han, kana) is a word, because
Chinese and Japanese have no blanks: a count of blank-separated chunks makes whole paragraphs one
word, and word perplexity overflows. Everything else is split at blanks, which for a text without
CJK characters is ``str.split``. (lm-eval's ``re.split`` also counts the empty word before a leading
and after a trailing blank.) Punctuation belongs to the word that it touches.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial

from harness.data import Data, Row
from harness.errors import TaskError
from harness.kinds.documents import scored_only
from harness.kinds.perplexity.answers import (
    answer_fields,
    answer_requests,
    answers_in,
    with_bytes,
)
from harness.kinds.responses import likelihoods
from harness.metrics.likelihood import likelihood_metrics
from harness.metrics.outcomes import RollingText
from harness.records import JSON, Document, Formulation, Request, Response, RollingLogLikelihood
from harness.task import Card, Prompt, Score, Task

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_WORD = re.compile(rf"[^\w\s]*[{_CJK}][^\w\s]*|[^\s{_CJK}]+")
_IS_CJK = re.compile(f"[{_CJK}]")


def perplexity(
    card: Card,
    data: Data,
    *,
    characters: int | None = None,
    overlap: int = 0,
    completion_only: bool = False,
) -> Task:
    """Return a task over rows ``{text}`` (and ``id``, ``cluster``).

    ``characters`` scores only the beginning of each text: at most that many characters, cut at the
    last blank or beside the last CJK character. Sizes are those of the part that is scored.
    ``overlap`` is in tokens. ``completion_only`` reads ``{instruction, input, output}`` or
    ``{messages}`` and scores the answers. TaskError for options that can't be used or combined.
    """
    if characters is not None and (not _is_count(characters) or characters < 1):
        raise TaskError(f"{card.name}: `characters` must be a number from 1 on, not {characters!r}")
    if not _is_count(overlap):
        raise TaskError(f"{card.name}: `overlap` must be a number of tokens, not {overlap!r}")
    if not isinstance(completion_only, bool):
        raise TaskError(f"{card.name}: `completion_only` is true or false, not {completion_only!r}")
    if completion_only:
        if overlap or characters is not None:
            raise TaskError(
                f"{card.name}: `completion_only` scores whole answers; it takes neither "
                "`characters` nor `overlap`"
            )
        return _answers(card, data)
    documents, examples = scored_only(data, partial(_fields, characters=characters))
    return Task(
        card=card.over(data),
        kind="perplexity",
        documents=documents,
        examples=examples,
        requests=partial(_requests, overlap),
        score=_score,
        metrics=likelihood_metrics(notes=f"overlap:{overlap}|" if overlap else ""),
        formulations=("rolling",),
        formats=("plain",),
    )


def _answers(card: Card, data: Data) -> Task:
    documents, examples = scored_only(data, answer_fields)
    return Task(
        card=card.over(data),
        kind="perplexity",
        documents=documents,
        examples=examples,
        requests=partial(answer_requests, card.language),
        score=_score,
        metrics=likelihood_metrics(text="the_answers"),
        formulations=("cf",),
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def count_words(text: str) -> int:
    """Return the number of words: CJK characters, and chunks between blanks of the rest."""
    return len(_WORD.findall(text))


def beginning(text: str, characters: int) -> str:
    """Return the longest beginning of whole words within ``characters``; no blank at its end.

    A first word that is longer than ``characters`` is cut in the middle.
    """
    if len(text) <= characters:
        return text
    ends = (end for end in range(characters, 0, -1) if _ends_word(text, end))
    return text[: next(ends, characters)].rstrip()


def _ends_word(text: str, end: int) -> bool:
    inside = text[end - 1]
    if inside.isspace():
        return False
    return text[end].isspace() or bool(_IS_CJK.match(inside) or _IS_CJK.match(text[end]))


def _fields(row: Row, *, characters: int | None) -> Mapping[str, JSON]:
    text = with_bytes(row, "field 'text'", row.text("text"))
    if characters is not None:
        text = beginning(text, characters)
        if not text:
            raise row.error(f"the first {characters} characters of field 'text' are blank")
    return {"text": text}


def _requests(overlap: int, document: Document, prompt: Prompt) -> Sequence[Request]:
    return [RollingLogLikelihood(document.fields["text"], overlap)]


def _score(
    document: Document,
    responses: Sequence[Response],
    formulation: Formulation,
) -> Score:
    answers = likelihoods(responses)
    if isinstance(answers, Score):
        return answers
    if any(answer.tokens < 1 for answer in answers):
        return Score(status="error", outcome=None, reason="no token of the text was scored")
    fields = document.fields
    texts = [fields["text"]] if "text" in fields else answers_in(document)
    outcome = RollingText(
        nll=-sum(answer.logprob for answer in answers),
        tokens=sum(answer.tokens for answer in answers),
        words=sum(count_words(text) for text in texts),
        bytes=sum(len(text.encode("utf-8")) for text in texts),
    )
    return Score(status="ok", outcome=outcome)
