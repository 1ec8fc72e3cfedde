"""What lm-eval notes of one document's requests and answers, as ours.

On disk every number of an answer is a text (``"-41.70"``, ``"False"``). How many tokens were scored
or written, and whether an answer was cut, isn't noted: tokens are 0, as everywhere where nobody
could count them, and answers end with ``stop``.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Literal

from harness.importing.strict import as_number
from harness.lm_eval_tasks.requests import generate
from harness.records import (
    JSON,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    Request,
    Response,
    RollingLogLikelihood,
    canonical,
)

__all__ = ["arguments_of", "asked", "settings_of"]

_SETTINGS = ("until", "max_gen_toks", "max_new_tokens", "max_tokens", "temperature", "do_sample")


def arguments_of(sample: Mapping[str, JSON]) -> list[list[JSON]]:
    """Return a sample's requests as lm-eval made them; ValueError if there are none.

    ``{"gen_args_0": {"arg_0": …}}``, and a list of lists up to 0.4.2.
    """
    stated = sample.get("arguments")
    each = _in_order(stated)
    if not each:
        raise ValueError("it doesn't say what was asked")
    return [_in_order(one) or [one] for one in each]


def _in_order(value: JSON) -> list[JSON]:
    if isinstance(value, Mapping):  # gen_args_10 comes after gen_args_9
        return [value[key] for key in sorted(value, key=lambda key: (len(key), key))]
    return list(value) if isinstance(value, list) else []


def asked(
    arguments: Sequence[Sequence[JSON]], answers: JSON
) -> tuple[tuple[Request, ...], tuple[Response, ...]] | None:
    """Return requests and responses; None where they aren't there in full.

    So it is for pictures, for a log-likelihood without end, and for what isn't as lm-eval writes.
    """
    if not isinstance(answers, list) or len(answers) != len(arguments):
        return None
    known: dict[str, str] = {}  # a context is kept once, however many choices follow it
    try:
        pairs = [_pair(one, answer, known) for one, answer in zip(arguments, answers, strict=True)]
    except (ValueError, LookupError, TypeError, OverflowError):
        return None
    return tuple(request for request, _ in pairs), tuple(response for _, response in pairs)


def _pair(
    arguments: Sequence[JSON], answers: JSON, known: dict[str, str]
) -> tuple[Request, Response]:
    replies = answers if isinstance(answers, list) else [answers]
    first = _text(arguments[0])
    if isinstance(first, str):
        first = known.setdefault(first, first)
    match [first, *arguments[1:]]:
        case [str() as text]:
            return RollingLogLikelihood(text), _likelihood([replies[0], "False"])
        case [str() as context, str() as continuation]:
            return LogLikelihood(context, continuation), _likelihood(replies[0])
        case [str() as context, dict() as settings]:
            return _generated(context, settings, replies)
    raise ValueError("no request of lm-eval's")


def _text(argument: JSON) -> JSON:
    """Return a context as text: a chat's messages are in a list, alone or as JSON."""
    if isinstance(argument, list):
        alone = len(argument) == 1 and isinstance(argument[0], str)
        return argument[0] if alone else canonical(argument)
    return argument


def _likelihood(reply: JSON) -> Likelihood:
    logprob, greedy = reply
    value = as_number(logprob)
    if not isfinite(value) or str(greedy) not in ("True", "False"):
        raise ValueError("no log-likelihood")
    return Likelihood(logprob=value, tokens=0, greedy=str(greedy) == "True")


def _generated(
    context: str, settings: Mapping[str, JSON], replies: Sequence[JSON]
) -> tuple[Request, Response]:
    texts = [reply for reply in replies if isinstance(reply, str)]
    if len(texts) != len(replies) or not texts:
        raise ValueError("an answer that is no text")
    known = {key: settings[key] for key in _SETTINGS if settings.get(key) is not None}
    request = generate(known, context)
    n = len(texts)
    request = Generate(
        context=context,
        stop=request.stop,
        max_tokens=max(0, min(request.max_tokens, 2**31 - 1)),
        temperature=request.temperature,
        seed=request.seed,
        n=n,
    )
    finish: list[Literal["stop", "length"]] = ["stop" for _ in texts]
    return request, Generation(texts=tuple(texts), finish=tuple(finish), tokens=(0,) * n)


def settings_of(arguments: Sequence[Sequence[JSON]]) -> Mapping[str, JSON]:
    """Return the generation parameters of a request; none where nothing is generated."""
    first = arguments[0]
    return dict(first[1]) if len(first) > 1 and isinstance(first[1], Mapping) else {}
