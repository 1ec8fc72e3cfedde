"""From requests to likelihoods, some at a time, so that scoring begins before the last is encoded.

Each stretch of requests is larger than the one before: a few are enough to begin with, and many
share more of their beginnings.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from harness.backends.encoding import Encoder, Span, UnencodableError
from harness.records import (
    Failure,
    Likelihood,
    LogLikelihood,
    Response,
    RollingLogLikelihood,
)

__all__ = ["stream"]

_FIRST, _GROWTH, _MOST = 128, 4, 8192  # requests

Asked = LogLikelihood | RollingLogLikelihood


class _Scorer(Protocol):
    def score(self, spans: Sequence[Span]) -> Iterator[dict[int, Likelihood | Failure]]:
        """Yield answers by index into ``spans``, batch by batch."""
        ...


def stream(
    requests: Mapping[int, Asked], encoder: Encoder, scorer: _Scorer
) -> Iterator[tuple[int, Response, bool]]:
    """Yield (key, answer, whether it is the last of its batch), each key once.

    Texts that can't be encoded fail, each before the stretch that it belongs to.
    """
    waiting, size = iter(requests.items()), _FIRST
    while stretch := list(islice(waiting, size)):
        spans: list[Span] = []
        owners: list[int] = []
        for key, request in stretch:
            try:
                windows = _windows(encoder, request)
            except UnencodableError as error:
                yield key, Failure(str(error)), True
                continue
            spans += windows
            owners += [key] * len(windows)
        for done in _completed(scorer.score(spans), owners):
            yield from ((key, answer, key == done[-1][0]) for key, answer in done)
        size = min(_GROWTH * size, _MOST)


def _windows(encoder: Encoder, request: Asked) -> list[Span]:
    if isinstance(request, LogLikelihood):
        return [encoder.pair(request.context, request.continuation)]
    return encoder.rolling(request.text, request.overlap)


def _completed(
    batches: Iterator[dict[int, Likelihood | Failure]], owners: Sequence[int]
) -> Iterator[list[tuple[int, Likelihood | Failure]]]:
    """Yield the requests that are answered with a batch: those whose last window is done."""
    left: dict[int, int] = {}
    for owner in owners:
        left[owner] = left.get(owner, 0) + 1
    parts: dict[int, list[Likelihood | Failure]] = {owner: [] for owner in left}
    for batch in batches:
        done = []
        for span, answer in batch.items():
            owner = owners[span]
            parts[owner].append(answer)
            left[owner] -= 1
            if not left[owner]:
                done.append((owner, _total(parts.pop(owner))))
        yield done


def _total(parts: Sequence[Likelihood | Failure]) -> Likelihood | Failure:
    likelihoods = []
    for part in parts:
        if isinstance(part, Failure):
            return part
        likelihoods.append(part)
    return Likelihood(
        logprob=sum(part.logprob for part in likelihoods),
        tokens=sum(part.tokens for part in likelihoods),
        greedy=all(part.greedy for part in likelihoods),
    )
