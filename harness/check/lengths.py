"""How long the prompts are, with the longest answer, and which are too long for a run."""

from collections.abc import Callable, Sequence
from statistics import median

from harness.check.report import EXAMPLES, Finding
from harness.check.texts import excerpt, question_of, tokens_of
from harness.data import Row
from harness.metrics.tokenizers import CJK
from harness.records import Document, Generate, Request, RollingLogLikelihood
from harness.task import Prompt, Task

_CHARACTERS_PER_TOKEN = 4  # of text that isn't CJK; a rule of thumb


def lengths(
    task: Task,
    documents: Sequence[tuple[Row, Document]],
    max_length: int,
    count: Callable[[str], int] | None,
) -> list[Finding]:
    """Return the lengths of plain prompts without examples, and the prompts that say nothing.

    A perplexity task cuts long texts into windows, so none is too long for it.
    """
    sized = [(row, document, _longest(task, document)) for row, document in documents]
    if not sized:
        return []
    counted = [(row, document, (count or _estimate)(text)) for row, document, text in sized]
    tokens = [n for _, _, n in counted]
    rolling = "rolling" in task.formulations
    long = [] if rolling else [each for each in counted if each[2] > max_length]
    about = "" if count else "about "
    largest = max(tokens)
    measured = (
        f"{max(len(text) for _, _, text in sized):,} characters or {about}{largest:,} tokens "
        f"at most, {about}{median(tokens):,.0f} tokens in the middle"
    )
    over = f"; {len(long):,} are longer than {max_length:,} tokens and would lose their beginning"
    found = Finding(
        check="prompt length",
        warning=bool(long),
        what=measured + (over if long else ""),
        count=len(long),
        examples=tuple(
            f"{row.counted} {row.line}: {about}{n:,} tokens" for row, _, n in long[:EXAMPLES]
        ),
        numbers={"max_tokens": largest, "median_tokens": median(tokens), "estimated": not count},
    )
    return [found, _meaningless(documents)]


def _meaningless(documents: Sequence[tuple[Row, Document]]) -> Finding:
    found = [(row, d) for row, d in documents if not tokens_of(question_of(d))]
    return Finding(
        check="empty prompts",
        warning=bool(found),
        what=f"without a letter or a digit: {len(found):,}",
        count=len(found),
        examples=tuple(
            f"{row.counted} {row.line}: {excerpt(question_of(d))}" for row, d in found[:EXAMPLES]
        ),
    )


def _longest(task: Task, document: Document) -> str:
    """Return the longest text that a formulation asks about a document."""
    asked = [
        _text(request)
        for formulation in task.formulations
        for request in task.requests(document, Prompt(formulation=formulation, format="plain"))
    ]
    return max(asked, key=len, default="")


def _text(request: Request) -> str:
    if isinstance(request, RollingLogLikelihood):
        return request.text
    if isinstance(request, Generate):
        return request.context
    return request.context + request.continuation


def _estimate(text: str) -> int:
    """A token per CJK character, one per four characters of other text."""
    cjk = sum(1 for _ in CJK.finditer(text))
    return cjk + -(-(len(text) - cjk) // _CHARACTERS_PER_TOKEN)
