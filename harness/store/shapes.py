"""What the JSON files of a store must look like, whoever wrote them.

Written by hand: a store may have ten thousand cells, and every command reads them. What isn't named
here may be there too, and is never used to find a file. Names of files in them (``key``, ``id``,
``plans``, ``layers``) are letters, digits and dashes, so that none leads out of the store.
"""

import re
from collections.abc import Callable, Mapping
from itertools import chain
from typing import TypeAlias

from harness.records import CAPABILITIES, JSON, STAGES
from harness.store.bounds import is_number

__all__ = ["check_account", "check_cell", "check_identity", "check_plan"]

Check: TypeAlias = Callable[[JSON], bool]
Shape: TypeAlias = Mapping[str, tuple[Check, str]]
"""By key: does the value fit, and what it has to be."""

_MOST_CHARACTERS = 4096
_NAME = re.compile(r"[A-Za-z0-9_-]{1,240}")
_COUNTED = (
    "characters_generated",
    "characters_scored",
    "cut",
    "documents",
    "first_answer_seconds",
    "first_token_seconds",
    "peak_device_bytes",
    "peak_process_bytes",
    "requests",
    "seconds",
    "tokens_generated",
    "tokens_scored",
)
_KEY = re.compile(r"[0-9a-f]{64}")


def _text(value: JSON) -> bool:
    return isinstance(value, str) and len(value) <= _MOST_CHARACTERS


def _name(value: JSON) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _key(value: JSON) -> bool:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _mapping(value: JSON) -> bool:
    return isinstance(value, dict)


def _count(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _flag(value: JSON) -> bool:
    return isinstance(value, bool)


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _one_of(*values: str) -> tuple[Check, str]:
    return (lambda value: isinstance(value, str) and value in values), f"one of {', '.join(values)}"


def _many(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _cost(value: JSON) -> bool:
    """What is computed with has to be a number; a cost may say more."""
    numbers = (value[name] for name in _COUNTED if name in value) if _mapping(value) else ("",)
    return all(map(_or_null(is_number), numbers))


_IS_TEXT = (_text, f"a text of at most {_MOST_CHARACTERS} characters")
_IS_TEXT_OR_NULL = (_or_null(_text), f"null or {_IS_TEXT[1]}")
_IS_KEY = (_key, "a hash of 64 hexadecimal characters")
_IS_NAME = (_name, "a name of letters, digits, - and _")
_IS_MAPPING = (_mapping, "a mapping")
_IS_COUNT = (_count, "a count")
_IS_FLAG = (_flag, "true or false")

_ACCOUNT: Shape = {
    "id": _IS_NAME,
    "family": _IS_TEXT,
    "finished": _IS_FLAG,
    "checkpoints": (lambda value: isinstance(value, list), "a list"),
    "cells": (lambda value: isinstance(value, list), "a list"),
}
_CHECKPOINT: Shape = {
    "name": _IS_TEXT,
    "stage": _one_of(*STAGES),
    "parent": _IS_TEXT_OR_NULL,
}
_RUN_CELL: Shape = {
    "key": _IS_KEY,
    "checkpoint": _IS_TEXT,
    "fingerprint": _IS_TEXT,
    "row": _IS_TEXT,
    "capability": _one_of(*CAPABILITIES),
    "language": _IS_TEXT,
    "plans": (_many(_key), "a list of hashes"),
    "limited": _IS_FLAG,
    "layers": (_many(_name), "a list of names of letters, digits, - and _"),
}
_COST: Shape = {"cost": (_or_null(_cost), "null, or a mapping with numbers for what is counted")}
_SEEN: Shape = {"seen_of": _IS_TEXT_OR_NULL}
_IDENTITY: Shape = {
    "fingerprint": _IS_TEXT,
    "tokenizer": _IS_TEXT_OR_NULL,
    "template": _IS_TEXT_OR_NULL,
    "task": _IS_TEXT,
    "task_version": _IS_COUNT,
    "kind": _IS_TEXT,
    "formulation": _one_of("cf", "mcf", "gen", "rolling"),
    "format": _one_of("plain", "chat"),
    "shots": _IS_COUNT,
    "seed": _IS_COUNT,
    "generation": _IS_MAPPING,
    "backend": _IS_MAPPING,
}


def check_account(run: JSON, name: str) -> None:
    """Raise ValueError, with place and remedy, unless this is the account of the run ``name``."""
    _fits(run, _ACCOUNT, "")
    if run["id"] != name:
        raise ValueError(f"id: {_short(run['id'])} isn't what the file is named after")
    for i, checkpoint in enumerate(run["checkpoints"]):
        _fits(checkpoint, _CHECKPOINT, f"checkpoints.{i}.")
    names = {checkpoint["name"] for checkpoint in run["checkpoints"]}
    if len(names) < len(run["checkpoints"]):
        raise ValueError("checkpoints: two have one name")
    for i, cell in enumerate(run["cells"]):
        _fits(cell, _RUN_CELL, f"cells.{i}.")
        if cell["checkpoint"] not in names:
            raise ValueError(f"cells.{i}.checkpoint: {_short(cell['checkpoint'])} is none of it")
        if "cost" in cell:
            _fits(cell, _COST, f"cells.{i}.")
        if "seen_of" in cell:
            _fits(cell, _SEEN, f"cells.{i}.")


def check_cell(content: JSON) -> None:
    """Raise ValueError unless this is a ``cell.json``; what it hashes is looked at where used."""
    _fits(content, {"key": _IS_KEY, "identity": _IS_MAPPING}, "")


def check_identity(identity: JSON) -> None:
    """Raise ValueError unless a cell's identity says all that evidence is read with."""
    _fits(identity, _IDENTITY, "identity.")


def check_plan(content: JSON) -> None:
    """Raise ValueError unless this is a plan: documents as (id, request hash, document hash)."""
    documents = content.get("documents")
    if not isinstance(documents, list):
        raise ValueError("documents: must be a list")
    if _are_triples(documents):
        return
    for i, row in enumerate(documents):
        if not _are_triples([row]):
            raise ValueError(f"documents.{i}: must be three texts")


def _are_triples(rows: list[JSON]) -> bool:
    """Tell whether all rows are three texts each; there may be a million of them."""
    lists = {list}.issuperset(map(type, rows)) and {3}.issuperset(map(len, rows))
    return lists and {str}.issuperset(map(type, chain.from_iterable(rows)))


def _fits(value: JSON, shape: Shape, place: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{place.rstrip('.')}: must be a mapping")
    for key, (fits, wanted) in shape.items():
        if key not in value:
            raise ValueError(f"{place}{key}: isn't there")
        if not fits(value[key]):
            raise ValueError(f"{place}{key}: {_short(value[key])} must be {wanted}")


def _short(value: JSON) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and not is_number(value):
        return "a number without end"
    text = repr(value) if not isinstance(value, dict | list) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
