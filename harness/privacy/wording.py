"""What may still be said of private data: where something is wrong, and of which kind.

Reasons and errors are written by many hands, tasks and backends of others among them, and any of
them may quote a text. So what is kept is what is known to be harmless, not what looks so.
"""

import re

from harness.privacy.identifiers import mask
from harness.records import REASONS, Privacy

__all__ = ["bare", "telling"]

_RAISED = re.compile(r"(?:score|requests|statistics|the backend) raised [A-Za-z_][\w.]{0,79}")
_TYPE = re.compile(r"[A-Z][A-Za-z_]{0,60}(?:Error|Exception|Failure|Warning)")
_SAID = """
    a alone an and answer answered are aren't be bos by can't context continuation couldn't disjoint
    doesn't empty encode encoded encoding eos failed failure finite for half has holds in into is
    isn't it know length likelihood limit log-probability logits lm-eval's long longer lost memory
    model model's models more nan inf -inf needs neither no not nothing number numbers of on only or
    out overlap own pair prompt raised records replay request requests score scored scripted special
    statistics stored surrogate text than that the this token tokens tokenizer too was which windows
    without
"""
_PLACE = re.compile(r"([^:]{1,400}?(?::\d+|: row \d+)?): (.*)", re.DOTALL)
_FIELD = re.compile(r"(?:record )?field '[A-Za-z_]\w{0,39}'")
_PROBLEMS = (
    *("is missing", "is empty", "is used twice", "is listed twice", "is needed and isn't there"),
    *("must be text", "must be a text", "must be a list", "must be an object", "must be an index"),
    *("must be a letter", "must be a JSON object", "must be 1 or 2", "must end with", "must have"),
    *("not JSON", "not a table", "isn't UTF-8", "half a surrogate pair", "can't be read"),
    *("has several answers", "isn't one of the task's", "is the text of several choices"),
    *("can be read in", "cells under a head", "the file has no rows", "no document is left"),
    *("isn't in field", "are the same text", "no such file", "no format is known", "can't load it"),
)
_WORDS = frozenset(_SAID.split())
_NUMBER = re.compile(r"\d{1,7}")


def bare(reason: str) -> str:
    """Return the code that a reason begins with, without details; unknown words become dots."""
    head = reason.partition(":")[0].strip()
    if head in REASONS or _RAISED.fullmatch(head):
        return head
    words = [word if _is_harmless(word.strip(",;()")) else "…" for word in head.split()]
    return " ".join(words[:20])


def _is_harmless(word: str) -> bool:
    known = word.lower() in _WORDS
    return known or bool(_NUMBER.fullmatch(word) or _TYPE.fullmatch(word))


def telling(message: str, mode: Privacy | None) -> str:
    """Return an error message about data as it may be shown where ``mode`` holds.

    Redacted: without identifiers. Sensitive: the place, the field, and what is wrong in words that
    are ours; values that the message quotes are left out.
    """
    if mode == "redacted":
        return mask(message)
    if mode != "sensitive":
        return message
    found = _PLACE.fullmatch(" ".join(message.split()))
    place, what = found.groups() if found else ("the data", message)
    field = _FIELD.match(what)
    named = sorted((what.find(problem), problem) for problem in _PROBLEMS if problem in what)
    problem = named[0][1] if named else "a value can't be used"
    said = " ".join([*([field.group()] if field else []), problem])
    return f"{mask(place)}: {said}; more is withheld (privacy: sensitive)"
