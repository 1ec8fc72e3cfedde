"""How many tokens a list of requests comes to when nothing is computed twice."""

from collections.abc import Sequence
from itertools import pairwise

from harness.backends.base import BackendSpec
from harness.backends.encoding import Encoder, Span
from harness.backends.prefix import common
from harness.bench.sides import Answer
from harness.checkpoint import Inspection
from harness.records import Generate, LogLikelihood, Request

__all__ = ["scored_positions", "unique_tokens"]


def unique_tokens(
    requests: Sequence[Request],
    inspection: Inspection,
    spec: BackendSpec,
    answers: Sequence[Answer],
) -> int:
    """Return the tokens of the trie of all that is read, and those that were generated."""
    encoder = _encoder(inspection, spec)
    read = {span.fed for span in _spans(requests, encoder)}
    read |= {
        tuple(encoder.prompt(request.context, request.max_tokens))
        for request in requests
        if isinstance(request, Generate)
    }
    ordered = sorted(read)
    shared = sum(common(a, b) for a, b in pairwise(ordered))
    return sum(map(len, ordered)) - shared + _generated(answers, encoder)


def scored_positions(
    requests: Sequence[Request],
    inspection: Inspection,
    spec: BackendSpec,
    answers: Sequence[Answer],
) -> int:
    """Return at how many different positions the next token's distribution is needed."""
    encoder = _encoder(inspection, spec)
    wanted = {
        span.tokens[:end]
        for span in _spans(requests, encoder)
        for end in range(span.start, len(span.tokens))
    }
    return len(wanted) + _generated(answers, encoder)


def _spans(requests: Sequence[Request], encoder: Encoder) -> list[Span]:
    spans: list[Span] = []
    for request in requests:
        if isinstance(request, LogLikelihood):
            spans.append(encoder.pair(request.context, request.continuation))
        elif not isinstance(request, Generate):
            spans += encoder.rolling(request.text, request.overlap)
    return spans


def _generated(answers: Sequence[Answer], encoder: Encoder) -> int:
    return sum(len(encoder.text(answer.text)) for answer in answers if answer.text is not None)


def _encoder(inspection: Inspection, spec: BackendSpec) -> Encoder:
    from harness.backends.weights import load_tokenizer

    return Encoder(load_tokenizer(inspection), spec.bos, spec.max_length)
