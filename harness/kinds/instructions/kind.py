"""Instructions: does a reply keep rules that a program can check (no commas, 300 words, a title)?

The checkers are lm-eval's copy of IFEval's (Zhou et al. 2023, arXiv 2311.07911). The prompt is
asked as it is, with no examples: plain, the model continues it; as a chat it is the user's turn.
The whole reply counts, so nothing stops it but the end of the text or of the turn.

Two checkers (sentences, capital words) need nltk's ``punkt_tab``, which is downloaded by ``python
-m nltk.downloader punkt_tab``. Where it isn't there, documents with such an instruction are errors
with that reason, never scored as not followed.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from harness.data import Data, Row
from harness.errors import TaskError
from harness.kinds.documents import scored_only
from harness.kinds.instructions.arguments import NEED_NLTK_DATA, read_instructions
from harness.kinds.instructions.checks import followed
from harness.kinds.responses import generated
from harness.metrics.instructions import INSTRUCTION_METRICS
from harness.metrics.outcomes import Followed
from harness.records import (
    JSON,
    Document,
    Formulation,
    Generate,
    Generation,
    Request,
    Response,
)
from harness.task import Card, Prompt, Score, Task


def instructions(
    card: Card, data: Data, *, max_tokens: int = 1280, without_nltk_data: bool = False
) -> Task:
    """Return a task over rows ``{prompt, instruction_id_list, kwargs}``.

    ``max_tokens`` is per reply (TaskError unless it is at least 1). ``without_nltk_data`` leaves
    out rows that need nltk's ``punkt_tab``.
    """
    if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 1:
        raise TaskError(f"{card.name}: `max_tokens` must be at least 1, not {max_tokens!r}")
    documents, examples = scored_only(data, partial(_fields, without_nltk_data=without_nltk_data))
    return Task(
        card=card.over(data),
        kind="instructions",
        documents=documents,
        examples=examples,
        requests=partial(_requests, max_tokens),
        score=_score,
        metrics=INSTRUCTION_METRICS,
        formulations=("gen",),
        generation={"max_tokens": max_tokens, "stop": [], "temperature": 0.0},
    )


def _fields(row: Row, *, without_nltk_data: bool) -> Mapping[str, JSON] | None:
    told = read_instructions(row)
    if without_nltk_data and any(instruction["id"] in NEED_NLTK_DATA for instruction in told):
        return None
    return {"prompt": row.text("prompt"), "instructions": told}


def _requests(max_tokens: int, document: Document, prompt: Prompt) -> Sequence[Request]:
    return [Generate(context=prompt.context(document.fields["prompt"], ()), max_tokens=max_tokens)]


def _score(document: Document, responses: Sequence[Response], formulation: Formulation) -> Score:
    response = generated(responses)
    if isinstance(response, Score):
        return response
    fields = document.fields
    try:
        outcome = followed(fields["prompt"], fields["instructions"], response.texts[0])
    except LookupError:
        reason = "nltk's punkt_tab isn't installed: `python -m nltk.downloader punkt_tab`"
        return Score(status="error", outcome=None, reason=reason)
    except TaskError:
        raise
    except Exception as error:  # noqa: BLE001 - foreign checkers; keywords are regular expressions
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Score(status="error", outcome=None, reason=f"lm-eval's checker: {said}")
    return _judged(outcome, fields["instructions"], response)


def _judged(outcome: Followed, told: Sequence[Mapping[str, JSON]], response: Generation) -> Score:
    if not response.texts[0].strip():
        return Score(status="empty", outcome=outcome, reason="empty")
    kept = zip(told, outcome.strict, strict=True)
    broken = [str(instruction["id"]) for instruction, is_kept in kept if not is_kept]
    if broken and response.finish[0] == "length":
        cut = f"truncated: {response.tokens[0]} tokens"
        return Score(status="truncated", outcome=outcome, reason=cut)
    reason = f"wrong: not followed: {', '.join(broken)}" if broken else None
    return Score(status="ok", outcome=outcome, reason=reason)
