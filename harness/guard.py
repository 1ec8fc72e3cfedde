"""Where code of others is called: what it raises becomes a reason in a record, never a traceback.

Tasks and backends may be anybody's. One of their functions that raises costs the document it was
called for, not the run.
"""

import math
from collections.abc import Sequence

from harness.errors import AligntaxError
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

__all__ = ["finite", "reason_of", "requests_of", "score_of"]

REASON_LENGTH = 300  # characters


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
    except Exception as error:  # noqa: BLE001 - code of others
        return Failure(f"requests raised {reason_of(error)}")
    return requests


def score_of(
    task: Task, document: Document, responses: Sequence[Response], formulation: Formulation
) -> Score:
    """Return a document's score; the status ``error`` if a response failed or the task raises."""
    failed = next((r for r in responses if isinstance(r, Failure)), None)
    if failed is not None:
        return Score(status="error", outcome=None, reason=failed.reason)
    try:
        return task.score(document, responses, formulation)
    except Exception as error:  # noqa: BLE001 - code of others
        return Score(status="error", outcome=None, reason=f"score raised {reason_of(error)}")


def finite(response: Response) -> Response:
    """Return a response, or a failure where a log-likelihood is no finite number."""
    if isinstance(response, Likelihood) and not math.isfinite(response.logprob):
        return Failure(f"the model answered {response.logprob}, not a finite log-probability")
    return response
