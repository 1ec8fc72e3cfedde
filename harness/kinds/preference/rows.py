"""A row of preference data as it stands becomes the fields of a document."""

from collections.abc import Mapping, Sequence

from harness.data import Row
from harness.kinds.conversation import Turn, text_in, turns_in
from harness.records import JSON

_LABELS = {0: [1, 1], 1: [1, 2], 2: [2, 1]}
"""Which of two responses people preferred (0: neither) -> their ranks."""


def preference_fields(row: Row) -> Mapping[str, JSON]:
    """Return ``prompt`` and the responses: ``chosen`` and ``rejected``, or all with their ranks.

    Rows: ``{prompt, chosen, rejected}``; ``{prompt, responses: [{text, rank}]}``, the best rank
    being the smallest and equal ranks ties; ``{prompt, response1, response2, label}`` with the
    label 1 or 2 for the preferred one and 0 for a tie. The prompt is a text or a list of turns
    (also named ``messages``); a response may be a list of turns, too: its last is the response,
    and those before it, the same for all responses, are the prompt. Raises DataError for others.
    """
    if "chosen" not in row.fields:
        if "responses" in row.fields:
            return _ranked(row)
        if "response1" in row.fields:
            return _labelled(row)
    fields = _asked(row, {name: row.get(name) for name in ("chosen", "rejected")})
    if fields["chosen"] == fields["rejected"]:
        raise row.error("fields 'chosen' and 'rejected' are the same text")
    return fields


def _ranked(row: Row) -> Mapping[str, JSON]:
    value = row.get("responses")
    if not isinstance(value, list) or len(value) < 2:
        raise row.error("field 'responses' must be a list of at least 2 like {text, rank}")
    texts, ranks = {}, []
    for n, response in enumerate(value, start=1):
        name = f"field 'responses': number {n}"
        if not isinstance(response, dict) or not {"text", "rank"} <= response.keys():
            raise row.error(f"{name} must be an object like {{text, rank}}")
        rank = response["rank"]
        if not isinstance(rank, int) or isinstance(rank, bool):
            raise row.error(f"{name}: rank must be a whole number, not {rank!r}")
        texts[name] = response["text"]
        ranks.append(rank)
    return _with_ranks(row, texts, ranks)


def _labelled(row: Row) -> Mapping[str, JSON]:
    label = row.get("label")
    if not isinstance(label, int) or isinstance(label, bool) or label not in _LABELS:
        raise row.error(f"field 'label' must be 1 or 2 (preferred) or 0 (tie), not {label!r}")
    texts = {name: row.get(name) for name in ("response1", "response2")}
    return _with_ranks(row, texts, _LABELS[label])


def _with_ranks(row: Row, values: Mapping[str, JSON], ranks: Sequence[int]) -> Mapping[str, JSON]:
    asked = _asked(row, values)
    prompt, *texts = asked.values()
    first: dict[str, int] = {}
    for text, rank in zip(texts, ranks, strict=True):
        if first.setdefault(text, rank) != rank:
            raise row.error(f"the same response has two ranks: {text[:40]!r}")
    return {"prompt": prompt, "responses": texts, "ranks": [*ranks]}


def _asked(row: Row, values: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return ``prompt`` and each response's text under its name."""
    answers = {name: _answer(row, name, value) for name, value in values.items()}
    (before, _), *others = answers.values()
    if any(other != before for other, _ in others):
        raise row.error(f"{' and '.join(answers)} follow different conversations")
    texts = {name: text for name, (_, text) in answers.items()}
    return {"prompt": before or _prompt(row), **texts}


def _answer(row: Row, name: str, value: JSON) -> tuple[Sequence[Turn], str]:
    """Return a response's text after the turns that it repeats (none if it is a text)."""
    where = name if name.startswith("field") else f"field {name!r}"
    if not isinstance(value, list):
        return [], text_in(row, where, value)
    if len(value) == 1 and isinstance(value[0], dict) and value[0].get("role") == "assistant":
        return [], text_in(row, f"{where}: content", value[0].get("content"))
    *before, last = turns_in(row, where, value, last="assistant")
    return before, last["content"]


def _prompt(row: Row) -> str | Sequence[Turn]:
    if "prompt" not in row.fields and "messages" in row.fields:
        return turns_in(row, "field 'messages'", row.get("messages"), last="user")
    if isinstance(row.get("prompt"), list):
        return turns_in(row, "field 'prompt'", row.get("prompt"), last="user")
    return row.text("prompt").strip()
