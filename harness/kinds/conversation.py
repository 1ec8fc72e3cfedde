"""Conversations: turns of system, user and assistant become the text before an answer.

Chat: the template's own turns. Plain: a transcript. Each turn follows its label, a blank line
stands between turns, and the assistant's label comes last::

    User: My head hurts.

    Assistant: Since when?

    User: Since this morning.

    Assistant:
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from harness.data import Row
from harness.kinds.wording import wording
from harness.records import JSON
from harness.task import Prompt

Turn: TypeAlias = Mapping[str, str]
"""``role`` and ``content``."""

_LABELS = {
    "en": {"system": "Instructions:", "user": "User:", "assistant": "Assistant:"},
    "zh": {"system": "要求：", "user": "用户：", "assistant": "助手："},
}


def text_in(row: Row, name: str, value: JSON) -> str:
    """Return a value of a row without blanks at its ends; DataError unless it is a text."""
    if not isinstance(value, str):
        raise row.error(f"{name} must be text, not {type(value).__name__}")
    if not value.strip():
        raise row.error(f"{name} is empty")
    return value.strip()


def turns_in(row: Row, name: str, value: JSON, *, last: str) -> list[dict[str, str]]:
    """Return a value of a row as turns ``{role, content}``, the last one by ``last``.

    A system turn may open them; then user and assistant take turns and the user begins, as most
    chat templates demand. Raises DataError for anything else.
    """
    if not isinstance(value, list) or not value:
        raise row.error(f"{name} must be a list of turns like {{role, content}}")
    found = [_turn(row, f"{name}: turn {n}", turn) for n, turn in enumerate(value, start=1)]
    opening = int(found[0]["role"] == "system")
    for n, turn in enumerate(found[opening:]):
        due = ("user", "assistant")[n % 2]
        if turn["role"] != due:
            here = f"{name}: turn {n + opening + 1}"
            raise row.error(f"{here} is the {turn['role']}'s, and the {due}'s is due")
    if found[-1]["role"] != last:
        raise row.error(f"{name} must end with the {last}'s turn, not the {found[-1]['role']}'s")
    return found


def _turn(row: Row, name: str, value: JSON) -> dict[str, str]:
    if not isinstance(value, dict):
        raise row.error(f"{name} must be an object like {{role, content}}, not {value!r}")
    role = value.get("role")
    if not isinstance(role, str) or role not in _LABELS["en"]:
        raise row.error(f"{name}: role must be system, user or assistant, not {role!r}")
    return {"role": role, "content": text_in(row, f"{name}: content", value.get("content"))}


def conversation_context(turns: Sequence[Turn], prompt: Prompt, language: str) -> str:
    """Return the text before the assistant's next words."""
    if prompt.format == "chat":
        if prompt.template is None:
            raise ValueError("the chat format needs a template")
        return prompt.template.render(turns)
    labels = _LABELS.get(language.split("-")[0].lower(), _LABELS["en"])
    delimiter = wording(language).delimiter
    said = [f"{labels[turn['role']]}{delimiter}{turn['content']}" for turn in turns]
    return "\n\n".join([*said, labels["assistant"]])
