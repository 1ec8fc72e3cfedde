"""What a sample record must look like: the types of its fields, whoever wrote the file."""

from collections.abc import Mapping, Sequence
from typing import get_args

from harness.records import (
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    RollingLogLikelihood,
    SampleRecord,
    Status,
    Veiled,
)
from harness.store.bounds import is_number

__all__ = ["checked"]

_STATUSES = frozenset(get_args(Status))
_MOST = 2**31  # of counts and revisions


def checked(record: SampleRecord) -> SampleRecord:
    """Return the record; ValueError, naming the field, if one of them isn't what it must be."""
    fits = {
        "cell": _text(record.cell),
        "document": _text(record.document),
        "revision": _count(record.revision),
        "status": isinstance(record.status, str) and record.status in _STATUSES,
        "reason": record.reason is None or _text(record.reason),
        "cluster": record.cluster is None or _text(record.cluster),
        "fields": isinstance(record.fields, dict),
        "requests": all(map(_request, record.requests)),
        "responses": all(map(_response, record.responses)),
        "veiled": record.veiled is None or _veiled(record.veiled),
    }
    for name, fit in fits.items():
        if not fit:
            raise ValueError(f"{name} isn't what it must be")
    return record


def _text(value: object) -> bool:
    return isinstance(value, str)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST


def _all(check: type, values: object) -> bool:
    return isinstance(values, tuple) and all(isinstance(value, check) for value in values)


def _request(request: object) -> bool:
    match request:
        case LogLikelihood(context, continuation):
            return _text(context) and _text(continuation)
        case RollingLogLikelihood(text, overlap):
            return _text(text) and _count(overlap)
        case Generate():
            return (
                _text(request.context)
                and _all(str, request.stop)
                and _count(request.max_tokens)
                and is_number(request.temperature)
                and (request.seed is None or isinstance(request.seed, int))
                and _count(request.n)
            )
    return False


def _response(response: object) -> bool:
    match response:
        case Likelihood():
            numbers = is_number(response.logprob) and _count(response.tokens)
            return numbers and isinstance(response.greedy, bool)
        case Generation():
            return (
                _all(str, response.texts)
                and _all(str, response.finish)
                and isinstance(response.tokens, Sequence)
                and all(map(_count, response.tokens))
                and len(response.texts) == len(response.finish) == len(response.tokens)
            )
        case Failure(reason):
            return _text(reason)
    return False


def _veiled(veiled: Veiled) -> bool:
    hashes = (veiled.document_hash, veiled.request_hash, veiled.response_hash)
    return (
        all(map(_text, hashes))
        and isinstance(veiled.rows, Mapping)
        and all(all(map(is_number, row)) for row in veiled.rows.values())
        and isinstance(veiled.chance, Mapping)
        and all(map(is_number, veiled.chance.values()))
    )
