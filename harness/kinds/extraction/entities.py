"""Entities of a text: what the rows hold, how they are asked for, how an answer is scored."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

from harness.data import Data, Row
from harness.kinds.documents import scored_and_examples
from harness.kinds.extraction.answer import asked, parameters, status_of
from harness.kinds.extraction.lines import Listed, read_mentions
from harness.kinds.extraction.location import locate
from harness.kinds.extraction.tags import tagged_entities
from harness.kinds.extraction.wording import ExtractionWording, extraction_wording
from harness.kinds.responses import generated
from harness.metrics.outcomes import Spans
from harness.metrics.spans import span_metrics
from harness.metrics.tokenizers import is_cjk_language, target_language
from harness.records import JSON, Document, Formulation, Request, Response
from harness.task import Card, Prompt, Score, Task


def entities(card: Card, data: Data, types: tuple[str, ...], max_tokens: int, shots: int) -> Task:
    """Return a task over rows ``{text, entities: [{start, end, type, text}]}``.

    Offsets are characters, ``text[start:end] == entity.text``. Rows ``{tokens, tags}`` (IOB2) are
    read too; they have a text of their own, or one of tokens joined by blanks (of none in Chinese).
    Rows with both ``entities`` and ``tags`` are read by their entities.
    """
    blank = "" if is_cjk_language(target_language(card.language)) else " "
    documents, examples = scored_and_examples(data, partial(_fields, types, blank))
    return Task(
        card=card.over(data),
        kind="extraction",
        documents=documents,
        examples=examples,
        requests=partial(_requests, types, extraction_wording(card.language), max_tokens),
        score=partial(_score, types),
        metrics=span_metrics(types, "left_to_right"),
        formulations=("gen",),
        shots=shots,
        generation=parameters(max_tokens),
    )


def _fields(types: Sequence[str], blank: str, row: Row) -> Mapping[str, JSON]:
    if "entities" in row.fields:
        text, found = row.text("text"), _listed(row)
    else:
        text, found = tagged_entities(row, blank)
    for entity in found:
        if entity["type"] not in types:
            allowed = ", ".join(repr(name) for name in types)
            raise row.error(f"entity type {entity['type']!r} isn't one of the task's: {allowed}")
    found.sort(key=lambda e: (e["start"], e["end"], types.index(e["type"])))
    for one, next_ in pairwise(found):
        if one == next_:
            raise row.error(f"entity {one['text']!r} at {one['start']} is listed twice; keep one")
    return {"text": text, "entities": found}


def _listed(row: Row) -> list[dict[str, JSON]]:
    value = row.get("entities")
    if not isinstance(value, list):
        raise row.error(f"field 'entities' must be a list, not {type(value).__name__}")
    return [_entity(row, f"entities[{index}]", entity) for index, entity in enumerate(value)]


def _entity(row: Row, where: str, entity: JSON) -> dict[str, JSON]:
    if not isinstance(entity, dict):
        raise row.error(f"{where} must be an object {{start, end, type, text}}")
    for name, kind in (("start", int), ("end", int), ("type", str)):
        value = entity.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            needed = "a whole number" if kind is int else "text"
            raise row.error(f"{where}: field {name!r} must be {needed}, not {value!r}")
    text, start, end = row.text("text"), entity["start"], entity["end"]
    if not 0 <= start < end <= len(text):
        raise row.error(f"{where}: {start} to {end} isn't a span of a text of {len(text)}")
    found = text[start:end]
    if not found.strip():
        raise row.error(f"{where}: text[{start}:{end}] is blank")
    if entity.get("text", found) != found:
        raise row.error(
            f"{where}: text[{start}:{end}] is {found!r}, not {entity['text']!r}; "
            "offsets count characters from 0, end excluded"
        )
    return {"start": start, "end": end, "type": entity["type"], "text": found}


def _requests(
    types: Sequence[str],
    words: ExtractionWording,
    max_tokens: int,
    document: Document,
    prompt: Prompt,
) -> Sequence[Request]:
    def question(item: Document) -> str:
        return words.ask_for_entities(item.fields["text"], types)

    shots = [(question(example), _answer(example, words)) for example in prompt.examples]
    return [asked(question(document), shots, prompt, max_tokens)]


def _answer(document: Document, words: ExtractionWording) -> str:
    """Return the right answer, as examples show it; a line break in an entity becomes a blank."""
    lines = [
        f"{entity['type']}{words.colon}{' '.join(entity['text'].split())}"
        for entity in document.fields["entities"]
    ]
    return "\n".join(lines) or words.none


def _score(
    types: Sequence[str],
    document: Document,
    responses: Sequence[Response],
    formulation: Formulation,
) -> Score:
    answer = generated(responses)
    if isinstance(answer, Score):
        return answer
    listed = read_mentions(answer.texts[0], types)
    status = status_of(answer, read=listed.read)
    predicted, elsewhere = locate(document.fields["text"], listed.mentions)
    gold = [(e["start"], e["end"], types.index(e["type"])) for e in document.fields["entities"]]
    spans = Spans(gold=gold, predicted=predicted, elsewhere=elsewhere, size=len(types))
    right = listed.read and not elsewhere and set(gold) == set(predicted)
    reason = None if right else _reason(status, listed, spans)
    return Score(status=status, outcome=spans, reason=reason)


def _reason(status: str, listed: Listed, spans: Spans) -> str:
    """Return why an answer doesn't match: ``wrong: 2 missed, 1 spurious, 3 lines not read``."""
    missed = len(set(spans.gold) - set(spans.predicted))
    spurious = len(set(spans.predicted) - set(spans.gold)) + len(spans.elsewhere)
    counts = {"missed": missed, "spurious": spurious, "not in the text": len(spans.elsewhere)}
    counts["lines not read"] = listed.unread
    details = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    code = "wrong" if status == "ok" else status
    return f"{code}: {details}" if details else code
