"""Extraction: which entities does a text name, or how does a note fill the fields of a record?

Entities are asked for line by line, which small models manage where nested JSON fails them and
offsets fail all; the answer's texts are then located in the document. English, plain::

    Text: Metformin was started for type 2 diabetes.
    List every mention of these types in the text: drug, disease.
    One per line as "type: mention", copied, in the order of the text; "none" if there are none.
    Mentions:
    drug: Metformin
    disease: type 2 diabetes

Records are asked for as one JSON object with fixed fields.

An answer in which nothing can be read has a status (``empty``, ``refusal``, ``truncated``,
``no_answer``) and predicts nothing, so it scores zero; it never fails.
"""

from collections.abc import Sequence

from harness.data import Data
from harness.errors import TaskError
from harness.kinds.extraction.entities import entities
from harness.kinds.extraction.records import records
from harness.task import Card, Task


def extraction(
    card: Card,
    data: Data,
    *,
    types: Sequence[str] | None = None,
    fields: Sequence[str] | None = None,
    max_tokens: int = 256,
    shots: int = 0,
) -> Task:
    """Return a task over entities of ``types``, or over records with ``fields``: name one of them.

    Rows are ``{text, entities: [{start, end, type, text}]}`` (or ``{tokens, tags}``), or
    ``{text, record: {field: value}}``. ``max_tokens`` is per answer. TaskError for options that
    can't be used.
    """
    if (types is None) == (fields is None):
        raise TaskError(
            f"{card.name}: extraction needs either `types` of entities or `fields` of a record"
        )
    if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 1:
        raise TaskError(f"{card.name}: `max_tokens` must be at least 1, not {max_tokens!r}")
    if types is not None:
        return entities(card, data, _names(card, "types", types), max_tokens, shots)
    return records(card, data, _names(card, "fields", fields), max_tokens, shots)


def _names(card: Card, option: str, value: Sequence[str] | None) -> tuple[str, ...]:
    is_list = isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
    if not is_list or not all(isinstance(name, str) and name.strip() for name in value or ()):
        raise TaskError(f"{card.name}: `{option}` must be a list of texts, none of them empty")
    names = tuple(name.strip() for name in value or ())
    if len({name.casefold() for name in names}) < len(names):
        raise TaskError(f"{card.name}: `{option}` must all be different, whatever their case")
    for name in names:
        if any(char in name for char in ":：\n\r"):
            raise TaskError(f"{card.name}: `{option}`: {name!r} must not hold a colon or a newline")
    return names
