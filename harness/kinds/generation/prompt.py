"""A prompt that names fields of a row in braces: ``Question: {source} Answer:``."""

from string import Formatter
from unicodedata import east_asian_width

from harness.errors import TaskError
from harness.task import Card


def field_names(card: Card, template: str) -> tuple[str, ...]:
    """Return the fields that a prompt names; TaskError unless they are plain names."""
    if not isinstance(template, str):
        raise TaskError(f"{card.name}: `prompt` must be a text, not {template!r}")
    try:
        parts = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise TaskError(f"{card.name}: `prompt`: {error}; double a brace that is meant") from None
    for name, specification, conversion in parts:
        if not name or not name.isidentifier() or specification or conversion:
            raise TaskError(
                f"{card.name}: `prompt`: {{{name}}} must be a field's plain name, like {{source}}"
            )
    if not parts:
        raise TaskError(
            f"{card.name}: `prompt` names no field, so all documents would ask the same"
        )
    return tuple(dict.fromkeys(name for name, _, _ in parts if name))


def delimiter(template: str) -> str:
    """Return what stands between a prompt and its answer: a blank, but not in wide scripts."""
    last = template[-1]
    return "" if last.isspace() or east_asian_width(last) in "WF" else " "
