"""Which kind reads a file, and with which options, where the user doesn't say."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.data import Row
from harness.errors import TaskError
from harness.records import JSON

_SIGNS: Sequence[tuple[str, Sequence[Iterable[str]]]] = (
    ("instructions", [("instruction_id_list",)]),
    ("preference", [("chosen", "rejected"), ("responses",), ("response1", "response2")]),
    (
        "multiple_choice",
        [("question", "choices"), ("question", "options"), ("question", "A", "B")],
    ),
    ("extraction", [("entities",), ("tokens", "tags"), ("record",)]),
    ("honesty", [("question", "answers")]),
    ("cloze", [("context", "target")]),
    ("refusal", [("prompt", "label")]),
    ("classification", [("text", "label"), ("input", "label")]),
    (
        "generation",
        [
            ("target",),
            ("references",),
            ("output",),
            ("completion",),
            ("response",),
            ("messages",),
            ("conversation",),
            ("conversations",),
            ("question", "answer"),
        ],
    ),
    ("perplexity", [("text",)]),
)
"""The fields by which a kind is known; the first kind that fits counts."""


def kind_of(rows: Sequence[Row], fields: Mapping[str, str]) -> str:
    """Return the kind that the first row looks like; TaskError if it looks like none."""
    have = {*rows[0].fields, *fields}
    for kind, signs in _SIGNS:
        if any(have.issuperset(sign) for sign in signs):
            return kind
    known = ", ".join(kind for kind, _ in _SIGNS)
    raise TaskError(
        f"{rows[0].place}: its fields ({', '.join(sorted(have))}) tell no kind; "
        f"name one by --kind ({known})"
    )


def options_of(kind: str, rows: Sequence[Row]) -> dict[str, JSON]:
    """Return the options that a kind needs, told from rows in the kind's shape."""
    values = [row.fields for row in rows]
    if kind == "classification":
        labels = sorted({label.strip() for label in _texts(f.get("label") for f in values)} - {""})
        return {"labels": tuple(labels)}
    if kind == "extraction":
        return _extraction(values)
    if kind == "generation" and any("references" in f for f in values):
        return {"metrics": ("rougeL:var",)}
    if kind == "perplexity" and "text" not in values[0]:
        return {"completion_only": True}
    return {}


def _extraction(values: Sequence[Mapping[str, JSON]]) -> dict[str, JSON]:
    records = [f["record"] for f in values if isinstance(f.get("record"), dict)]
    if records:
        return {"fields": tuple(dict.fromkeys(name for record in records for name in record))}
    entities = [e for f in values for e in _list(f.get("entities")) if isinstance(e, dict)]
    tags = _texts(tag for f in values for tag in _list(f.get("tags")))
    types = {*_texts(e.get("type") for e in entities), *(t[2:] for t in tags if t[1:2] == "-")}
    return {"types": tuple(sorted(types))}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]
