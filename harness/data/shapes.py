"""The shapes in which tuning teams have their data, read as the fields of a kind.

A row that has the kind's own fields is left as it is. Otherwise it is read by its shape:

- a question and its answer: ``{input, output}``, ``{instruction, input, output}`` (the input may
  be empty), ``{prompt, completion}``, ``{prompt, response}``, ``{text, label}``, ``{question,
  answer}``, and messages ``[{role, content}]``, also under ``messages``, ``conversation`` or
  ``conversations`` and as ShareGPT's ``{from, value}``;
- a preference: ``{chosen, rejected}`` or ``{responses: [{text, rank}]}`` with the prompt as
  ``prompt``, ``question``, ``{instruction, input}`` or messages;
- a multiple-choice question (:mod:`harness.data.choice_shapes`).

A row that has two shapes which say different things is an error, not a guess; ``fields:`` says
which one is meant.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from harness.data.choice_shapes import choice_shape
from harness.data.messages import CONVERSATIONS, as_turns, asked_and_answered, is_messages
from harness.data.rows import Adapt, Row
from harness.records import JSON

Fields: TypeAlias = Mapping[str, JSON]
_Read: TypeAlias = Callable[[Row], Fields | None]
"""The fields of one shape, as (ask, answer); None if the row hasn't got it."""


def shape_of(kind: str, mapped: Sequence[str] = ()) -> Adapt | None:
    """Return what turns rows of any known shape into a kind's; None if the kind has one shape.

    ``mapped`` are fields that the user's own map names; they stand as they are.
    """
    if kind == "multiple_choice":
        return partial(_adapted, choice_shape, tuple(mapped))
    if kind == "preference":
        return partial(_adapted, _preference, tuple(mapped))
    if kind == "perplexity":
        return partial(_adapted, _conversation, tuple(mapped))
    if kind in _PAIRS:
        return partial(_adapted, partial(_pair, _PAIRS[kind]), tuple(mapped))
    return None


def _adapted(read: _Read, mapped: Sequence[str], row: Row) -> Fields:
    found = read(row) or {}
    return {**row.fields, **{k: v for k, v in found.items() if k not in mapped}}


@dataclass(frozen=True, slots=True)
class _Pair:
    """How a kind reads a question and its answer."""

    ask: str
    answer: str
    own: tuple[tuple[str, ...], ...]
    """A row with all fields of one of these is in the kind's own shape."""
    shapes: tuple[tuple[str, str], ...]
    as_list: bool = False
    """Whether the answer is a list of accepted ones."""


_TUNING = (("input", "output"), ("prompt", "completion"), ("prompt", "response"))
_LABELLED = (("text", "label"), ("input", "label"), ("prompt", "label"), *_TUNING)
_ASKED = (*_TUNING, ("question", "answer"))
_PAIRS: Mapping[str, _Pair] = {
    "generation": _Pair("source", "target", (("target",), ("references",)), _ASKED),
    "classification": _Pair("text", "label", (("text", "label"),), _LABELLED),
    "diversity": _Pair("prompt", "output", (("prompt",),), _ASKED),
    "refusal": _Pair("prompt", "label", (("prompt", "label"),), _LABELLED),
    "honesty": _Pair("question", "answers", (("question", "answers"),), _ASKED, as_list=True),
}


def _pair(kind: _Pair, row: Row) -> Fields | None:
    if any(set(row.fields).issuperset(own) for own in kind.own):
        return None
    found = {name: pair for name, pair in _pairs(kind, row) if pair is not None}
    if not found:
        return None
    if len({repr(pair) for pair in found.values()}) > 1:
        raise row.error(
            f"it can be read in {len(found)} ways, as {' or '.join(found)}; "
            f"say which with `fields: {{{kind.ask}: ..., {kind.answer}: ...}}`"
        )
    ask, answer = next(iter(found.values()))
    return {kind.ask: ask, kind.answer: [answer] if kind.as_list else answer}


def _pairs(kind: _Pair, row: Row) -> list[tuple[str, tuple[JSON, JSON] | None]]:
    fields = row.fields
    told = "instruction" in fields
    found: list[tuple[str, tuple[JSON, JSON] | None]] = []
    chosen = "choices" in fields or "options" in fields
    for ask, answer in kind.shapes:
        partly = (told and ask == "input") or (chosen and ask == "question")
        if ask in fields and answer in fields and not partly:
            found.append((f"{{{ask}, {answer}}}", (fields[ask], fields[answer])))
    if told and "output" in fields:
        found.append(("{instruction, input, output}", (_instruction(row), fields["output"])))
    if told and kind.answer == "label" and "label" in fields:
        found.append(("{instruction, input, label}", (_instruction(row), fields["label"])))
    found += [
        (name, asked_and_answered(row, name))
        for name in CONVERSATIONS
        if is_messages(fields.get(name))
    ]
    return found


def _instruction(row: Row) -> JSON:
    """Return an instruction and, below it, its input if there is one."""
    extra = row.fields.get("input")
    if extra is None or (isinstance(extra, str) and not extra.strip()):
        return row.get("instruction")
    return f"{row.text('instruction').strip()}\n\n{row.text('input').strip()}"


def _conversation(row: Row) -> Fields | None:
    """Return messages under the name that the kind reads."""
    names = [name for name in CONVERSATIONS if is_messages(row.fields.get(name))]
    if len(names) > 1:
        raise row.error(f"it has {' and '.join(names)}; say which with `fields: {{messages: ...}}`")
    return {"messages": as_turns(row.fields[names[0]])} if names else None


def _preference(row: Row) -> Fields | None:
    """Return messages as the kind reads them, and the prompt under its name."""
    given = {name: row.fields.get(name) for name in ("prompt", "chosen", "rejected", "messages")}
    lists = {k: [v] if isinstance(v, dict) else v for k, v in given.items()}
    turns = {name: as_turns(value) for name, value in lists.items() if is_messages(value)}
    if "prompt" in row.fields:
        return turns
    found: dict[str, JSON] = {}
    if "instruction" in row.fields:
        found["{instruction, input}"] = _instruction(row)
    elif "input" in row.fields:
        found["input"] = row.fields["input"]
    if "question" in row.fields:
        found["question"] = row.fields["question"]
    for name in CONVERSATIONS:
        if is_messages(row.fields.get(name)):
            found[name] = as_turns(row.fields[name])
    if len({repr(value) for value in found.values()}) > 1:
        raise row.error(
            f"its prompt can be read as {' or '.join(found)}; "
            "say which with `fields: {prompt: ...}`"
        )
    return {**turns, **({"prompt": next(iter(found.values()))} if found else {})}
