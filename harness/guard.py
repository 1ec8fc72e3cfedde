"""Where code of others is called: what it raises becomes a reason in a record, never a traceback.

Tasks and backends may be anybody's. One of their functions that raises costs the document it was
called for, not the run.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import AligntaxError, TaskError
from harness.records import (
    Document,
    Failure,
    Formulation,
    Likelihood,
    Request,
    Response,
    request_hash,
)
from harness.secrets import masked
from harness.task import Prompt, Score, Task

__all__ = ["documents_of", "finite", "reason_of", "requests_of", "score_of"]

REASON_LENGTH = 300  # characters
_RAISED = (Exception, SystemExit)  # a task that exits mustn't end the run as if it were done


def reason_of(error: BaseException) -> str:
    """Return ``TypeName: message`` in one line of at most :data:`REASON_LENGTH` characters."""
    said = masked(" ".join(str(error).split()))
    reason = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return reason if len(reason) <= REASON_LENGTH else f"{reason[: REASON_LENGTH - 1]}…"


def requests_of(task: Task, document: Document, prompt: Prompt) -> tuple[Request, ...] | Failure:
    """Return what a task asks about a document, or why it can't ask.

    What is raised on purpose (AligntaxError: a mistake of the user's) goes through.
    """
    try:
        requests = tuple(task.requests(document, prompt))
        request_hash(requests)  # refuses what is no request
    except AligntaxError:
        raise
    except _RAISED as error:
        return Failure(f"requests raised {reason_of(error)}")
    return requests


def documents_of(task: Task, data: Path | None) -> tuple[Document, ...]:
    """Return a task's documents; TaskError for a task of others that raises or gives none."""
    try:
        documents = tuple(task.documents(data))
    except AligntaxError:
        raise
    except _RAISED as error:
        raise TaskError(f"{task.name}: documents raised {reason_of(error)}") from None
    if not documents:
        raise TaskError(
            f"{task.name}: no document to score; of a file of one's own some rows, and all that "
            "ask the same, are set aside for few-shot prompts"
        )
    return documents


def score_of(
    task: Task, document: Document, responses: Sequence[Response], formulation: Formulation
) -> Score:
    """Return a document's score; the status ``error`` if a response failed or the task raises."""
    failed = next((r for r in responses if isinstance(r, Failure)), None)
    if failed is not None:
        return Score(status="error", outcome=None, reason=failed.reason)
    score: Any
    try:
        score = task.score(document, responses, formulation)
    except _RAISED as error:
        return Score(status="error", outcome=None, reason=f"score raised {reason_of(error)}")
    if not isinstance(score, Score):
        reason = f"score returned {type(score).__name__}, not a Score"
        return Score(status="error", outcome=None, reason=reason)
    return score


def finite(response: Response) -> Response:
    """Return a response, or a failure where a log-likelihood is no finite number."""
    if isinstance(response, Likelihood) and not math.isfinite(response.logprob):
        return Failure(f"the model answered {response.logprob}, not a finite log-probability")
    return response
