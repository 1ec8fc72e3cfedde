"""Records: the fixed fields of a clinical note, asked for as one JSON object."""

import json
from collections.abc import Mapping, Sequence
from functools import partial

from harness.data import Data, Row
from harness.kinds.documents import scored_and_examples
from harness.kinds.extraction.answer import asked, parameters, status_of
from harness.kinds.extraction.json_objects import json_objects
from harness.kinds.extraction.wording import ExtractionWording, extraction_wording
from harness.kinds.responses import generated
from harness.metrics.fields import field_metrics, is_exact, values_of
from harness.metrics.outcomes import Filled
from harness.records import JSON, Document, Formulation, Request, Response
from harness.task import Card, Prompt, Score, Task


def records(card: Card, data: Data, fields: tuple[str, ...], max_tokens: int, shots: int) -> Task:
    """Return a task over rows ``{text, record: {field: value}}``.

    A value is a text, a number, a list of these, or null where the note doesn't state the field;
    a field that is left out is null. The fields may also stand in the row itself, as in a table.
    """
    documents, examples = scored_and_examples(data, partial(_fields, fields))
    return Task(
        card=card.over(data),
        kind="extraction",
        documents=documents,
        examples=examples,
        requests=partial(_requests, fields, extraction_wording(card.language), max_tokens),
        score=partial(_score, fields),
        metrics=field_metrics(fields),
        formulations=("gen",),
        shots=shots,
        generation=parameters(max_tokens),
    )


def _fields(fields: Sequence[str], row: Row) -> Mapping[str, JSON]:
    text = row.text("text")
    record = row.fields.get("record", row.fields)
    if not isinstance(record, dict):
        raise row.error(f"field 'record' must be an object, not {type(record).__name__}")
    unknown = [name for name in record if name not in fields] if "record" in row.fields else []
    if unknown:
        raise row.error(f"field {unknown[0]!r} of the record isn't one of: {', '.join(fields)}")
    if not any(name in record for name in fields):
        raise row.error(f"the record has none of the task's fields: {', '.join(fields)}")
    checked = {name: _value(row, name, record.get(name)) for name in fields}
    return {"text": text, "record": checked}


def _value(row: Row, name: str, value: JSON) -> JSON:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict | list):
            raise row.error(f"record field {name!r} must be text, a number, null or a list of them")
    return value


def _requests(
    fields: Sequence[str],
    words: ExtractionWording,
    max_tokens: int,
    document: Document,
    prompt: Prompt,
) -> Sequence[Request]:
    def question(item: Document) -> str:
        return words.ask_for_record(item.fields["text"], fields)

    shots = [
        (question(example), json.dumps(example.fields["record"], ensure_ascii=False))
        for example in prompt.examples
    ]
    return [asked(question(document), shots, prompt, max_tokens)]


def _score(
    fields: Sequence[str],
    document: Document,
    responses: Sequence[Response],
    formulation: Formulation,
) -> Score:
    answer = generated(responses)
    if isinstance(answer, Score):
        return answer
    read = _best(answer.texts[0], fields)
    status = status_of(answer, read=read is not None)
    filled = Filled(
        gold=[values_of(document.fields["record"][name]) for name in fields],
        predicted=[values_of((read or {}).get(name)) for name in fields],
        well_formed=read is not None,
    )
    if read is not None and is_exact(filled):
        return Score(status=status, outcome=filled)
    return Score(status=status, outcome=filled, reason=_reason(status, fields, filled))


def _best(answer: str, fields: Sequence[str]) -> Mapping[str, JSON] | None:
    """Return the JSON object with the most of the fields, by their names; the first of equals.

    Case, blanks, hyphens and underscores in a name don't matter. None if there is no object.
    """
    names = {_key(name): name for name in fields}
    known = (
        {names[_key(key)]: value for key, value in found.items() if _key(key) in names}
        for found in json_objects(answer)
    )
    return max(known, key=len, default=None)


def _key(name: str) -> str:
    return "".join(char for char in name.casefold() if not char.isspace() and char not in "-_")


def _reason(status: str, fields: Sequence[str], filled: Filled) -> str:
    """Return why an answer doesn't match: ``wrong: drug, follow_up``."""
    if not filled.well_formed:
        return status if status in ("empty", "refusal") else f"{status}: no JSON object"
    sides = zip(fields, filled.gold, filled.predicted, strict=True)
    wrong = ", ".join(name for name, gold, predicted in sides if gold != predicted)
    return f"{'wrong' if status == 'ok' else status}: {wrong}"
