"""What a record says of one document: what was asked, wanted and answered.

Only the record is read, no task: a store can be looked at where the task's code isn't. What a
record doesn't tell (which choice was right, say) stays unsaid.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from string import ascii_uppercase

from harness.metrics.accuracy import argmax
from harness.metrics.metric import MetricInfo
from harness.metrics.refusal import BENIGN
from harness.records import (
    JSON,
    Failure,
    Generation,
    Likelihood,
    LogLikelihood,
    RollingLogLikelihood,
    SampleRecord,
)
from harness.results.items import Choice, Exchange, Withheld

__all__ = ["blanked", "exchange", "is_harmful", "searched"]

_HASHED = re.compile(r"hmac:[^:]*:(\d+)")
"""What stands for a text that may not be stored; its length is the last part."""
_PER_CHARACTER = re.compile(r"norm:characters|logprob_per_character|per:character")
_OTHERWISE = ("acc_bytes", "acc_tokens", "acc_pmi", "acc_mutual_info")
"""Metrics that pick by what is neither the sum nor the mean per character."""
_TARGETS = ("target", "references", "answers", "label", "chosen", "entities", "record")
"""Fields that say what is wanted, of whatever kind of task."""


def exchange(record: SampleRecord, kind: str, info: MetricInfo) -> Exchange:
    """Return what a record of a task of this kind says; ``info`` is the row's primary metric."""
    choices = _choices(record, info)
    rolling = [r for r in record.requests if isinstance(r, RollingLogLikelihood)]
    likelihoods = [r for r in record.responses if isinstance(r, Likelihood)]
    generations = [r for r in record.responses if isinstance(r, Generation)]
    alone = likelihoods[0] if likelihoods and (rolling or len(record.requests) == 1) else None
    picked = tuple(choice.text for choice in choices if choice.picked)
    tokens = [n for each in generations for n in each.tokens] or [r.tokens for r in likelihoods]
    return Exchange(
        status=record.status,
        reason=record.reason or _failure(record),
        prompt=_said(_prompt(record)),
        answers=tuple(_said(text) for each in generations for text in each.texts) or picked,
        choices=choices,
        target=_said(_target(record, choices)),
        logprob=None if alone is None else alone.logprob,
        tokens=sum(tokens) if tokens else None,
        cut=any("length" in each.finish for each in generations),
        withheld=_withheld(record),
        harmful=is_harmful(kind, record.fields),
        fields={
            name: _said(value) if isinstance(value, str) else value
            for name, value in record.fields.items()
        },
    )


def blanked(known: Exchange) -> Exchange:
    """Return an exchange without any text: statuses, numbers and which choice was picked."""
    choices = (replace(choice, text=f"choice {i + 1}") for i, choice in enumerate(known.choices))
    reason = None if known.reason is None else known.reason.partition(":")[0]
    if known.status == "error":
        reason = None
    return replace(
        known, prompt="", answers=(), target="", fields={}, choices=tuple(choices), reason=reason
    )


def is_harmful(kind: str, fields: Mapping[str, JSON]) -> bool:
    """Tell whether a prompt asks for something harmful: those of refusal tasks say so themselves.

    Where the label can't be read, it may.
    """
    return kind == "refusal" and fields.get("label") != BENIGN


def searched(record: SampleRecord, text: str) -> bool:
    """Tell whether a text stands in a record's prompt, fields or answers, whatever the case."""
    wanted = text.casefold()
    return any(wanted in each.casefold() for each in _texts(record))


def _texts(record: SampleRecord) -> list[str]:
    found = [record.document, json.dumps(record.fields, ensure_ascii=False)]
    for request in record.requests:
        if isinstance(request, RollingLogLikelihood):
            found.append(request.text)
        elif isinstance(request, LogLikelihood):
            found.append(request.continuation)
    found += [_prompt(record)]
    found += [t for r in record.responses if isinstance(r, Generation) for t in r.texts]
    return found


def _prompt(record: SampleRecord) -> str:
    if not record.requests:
        return ""
    first = record.requests[0]
    return first.text if isinstance(first, RollingLogLikelihood) else first.context


def _failure(record: SampleRecord) -> str | None:
    failed = [each.reason for each in record.responses if isinstance(each, Failure)]
    return failed[0] if failed else None


def _withheld(record: SampleRecord) -> Withheld | None:
    if record.veiled is None:
        return None
    texts = [_prompt(record), *(v for v in record.fields.values() if isinstance(v, str))]
    return "sensitive" if any(map(_HASHED.fullmatch, texts)) else "redacted"


def _said(text: str) -> str:
    """Return a text; of one that the store only has a hash of, its length."""
    hashed = _HASHED.fullmatch(text)
    return f"(withheld, {hashed[1]} characters)" if hashed else text


def _choices(record: SampleRecord, info: MetricInfo) -> tuple[Choice, ...]:
    """Return the choices that were asked for first; rotated or neutral contexts come after them."""
    asked = [
        (request, response)
        for request, response in zip(record.requests, record.responses, strict=False)
        if isinstance(request, LogLikelihood) and isinstance(response, Likelihood)
    ]
    if len(asked) < len(record.requests) or len(asked) < 2:
        return ()
    first = _of_first_context(asked)
    texts = [request.continuation.strip() for request, _ in first]
    if len(set(texts)) == 1:  # what comes before is what differs, as in Winogrande
        texts = [request.context.strip() for request, _ in first]
    logprobs = [response.logprob for _, response in first]
    averages = [p / len(text) if text else None for p, text in zip(logprobs, texts, strict=True)]
    picked = _picked(logprobs, averages, info)
    right = _right(record, texts, picked)
    return tuple(
        Choice(
            text=_said(_spelled(record.fields, text)),
            logprob=logprobs[i],
            per_character=averages[i],
            picked=i == picked,
            correct=None if right is None else i in right,
        )
        for i, text in enumerate(texts)
    )


def _of_first_context(
    asked: Sequence[tuple[LogLikelihood, Likelihood]],
) -> Sequence[tuple[LogLikelihood, Likelihood]]:
    same = [pair for pair in asked if pair[0].context == asked[0][0].context]
    return same if len(same) > 1 else asked


def _picked(
    logprobs: Sequence[float], averages: Sequence[float | None], info: MetricInfo
) -> int | None:
    name = info.name.partition(",")[0]  # lm-eval's filter stands behind it
    if name in _OTHERWISE:
        return None
    if name != "acc_norm" and _PER_CHARACTER.search(info.signature) is None:
        return argmax(logprobs)
    known = [average for average in averages if average is not None]
    return argmax(known) if len(known) == len(averages) else None


def _right(record: SampleRecord, texts: Sequence[str], picked: int | None) -> set[int] | None:
    """Return the places of the right choices; None where the record doesn't tell."""
    fields = record.fields
    answer = fields.get("answer")
    wanted: list[str] | None = None
    if isinstance(answer, int) and isinstance(fields.get("choices"), list):
        return {answer} if answer < len(texts) else None
    if isinstance(answer, list) and all(isinstance(i, int) for i in answer):
        gold = {ascii_uppercase[i] for i in answer if 0 <= i < 26}
        return {i for i, text in enumerate(texts) if set(re.findall("[A-Z]", text)) == gold}
    if isinstance(fields.get("ranks"), list) and len(fields["ranks"]) == len(texts):
        return {i for i, rank in enumerate(fields["ranks"]) if rank == min(fields["ranks"])}
    for key in ("label", "chosen"):
        if isinstance(fields.get(key), str):
            wanted = [fields[key].strip()]
            break
    if wanted is not None:
        found = {i for i, text in enumerate(texts) if text in wanted}
        return found or None
    if record.status == "ok" and record.reason is None and picked is not None:
        return {picked}
    return None


def _spelled(fields: Mapping[str, JSON], text: str) -> str:
    """Return a choice's text; a letter with what it stands for."""
    choices = fields.get("choices")
    if len(text) != 1 or text not in ascii_uppercase or not isinstance(choices, list):
        return text
    at = ascii_uppercase.index(text)
    return f"{text}. {choices[at]}" if at < len(choices) else text


def _target(record: SampleRecord, choices: Sequence[Choice]) -> str:
    right = [choice.text for choice in choices if choice.correct]
    if right:
        return "\n".join(right)
    fields = record.fields
    answer, options = fields.get("answer"), fields.get("choices")
    if isinstance(options, list) and isinstance(answer, int | list):
        places = answer if isinstance(answer, list) else [answer]
        wanted = [i for i in places if isinstance(i, int) and 0 <= i < len(options)]
        if wanted:
            return "\n".join(
                f"{ascii_uppercase[i]}. {options[i]}" if i < 26 else str(options[i]) for i in wanted
            )
    found = next((fields[name] for name in _TARGETS if fields.get(name)), "")
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return "\n".join(found)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=1)
