"""What a kind does with responses before it scores them: one that failed fails the document."""

import math
from collections.abc import Sequence

from harness.records import Failure, Generation, Likelihood, Response
from harness.task import Score


def likelihoods(responses: Sequence[Response]) -> tuple[Likelihood, ...] | Score:
    """Return the answers to log-likelihood requests, or an ``error`` score if one is unusable.

    A log-likelihood that isn't finite is no evidence: it would win or lose every comparison. So
    it is an error of the document, as a Failure is. TypeError if a response is of another kind.
    """
    answers = []
    for response in responses:
        if isinstance(response, Failure):
            return Score(status="error", outcome=None, reason=response.reason)
        if not isinstance(response, Likelihood):
            raise TypeError(f"a log-likelihood is needed, not a {type(response).__name__}")
        if not math.isfinite(response.logprob):
            reason = f"the log-likelihood is {response.logprob}"
            return Score(status="error", outcome=None, reason=reason)
        answers.append(response)
    return tuple(answers)


def generated(responses: Sequence[Response]) -> Generation | Score:
    """Return the one generation, or an ``error`` score if it failed; TypeError for another kind."""
    [response] = responses
    if isinstance(response, Failure):
        return Score(status="error", outcome=None, reason=response.reason)
    if not isinstance(response, Generation):
        raise TypeError(f"a generated text is needed, not a {type(response).__name__}")
    return response
