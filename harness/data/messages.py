"""Conversations: ``[{role, content}]`` or ShareGPT's ``[{from, value}]``, as text.

A task asks one question, so a conversation of several turns is refused, not cut. A system message
stands above the question, as templates without a system role put it.
"""

from typing import Any

from harness.data.rows import Row
from harness.records import JSON

CONVERSATIONS = ("messages", "conversation", "conversations")
_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
}


def is_messages(value: Any) -> bool:
    """Say whether a value is a list of messages, well formed or not."""
    return isinstance(value, list) and any(
        isinstance(item, dict) and ("role" in item or "from" in item) for item in value
    )


def as_turns(value: JSON) -> JSON:
    """Return messages as ``{role, content}`` with our names of roles; other values as they are."""
    if not is_messages(value):
        return value
    return [_plain(item) if isinstance(item, dict) else item for item in value]


def asked_and_answered(row: Row, name: str) -> tuple[str, str]:
    """Return the question and the reply of a conversation of one turn; DataError for others."""
    turns = [_turn(row, name, item) for item in row.get(name)]
    roles = [role for role, _ in turns]
    if roles[-1] != "assistant":
        raise row.error(f"field {name!r} must end with an assistant message")
    if roles[:-1] in (["user"], ["system", "user"]):
        return "\n\n".join(text for _, text in turns[:-1]), turns[-1][1]
    raise row.error(
        f"field {name!r} has the turns {', '.join(roles[:8])}, and a task asks one question: "
        "a user message (after a system message, if any) and an assistant message"
    )


def _plain(item: dict[str, JSON]) -> dict[str, JSON]:
    role, content = item.get("role", item.get("from")), item.get("content", item.get("value"))
    known = _ROLES.get(role, role) if isinstance(role, str) else role
    return {"role": known, "content": content}


def _turn(row: Row, name: str, item: JSON) -> tuple[str, str]:
    if not isinstance(item, dict):
        raise row.error(
            f"field {name!r} must be a list of {{role, content}}, not {type(item).__name__}"
        )
    role, text = _plain(item).values()
    if not isinstance(role, str) or role not in _ROLES.values():
        raise row.error(f"field {name!r}: a role must be one of {', '.join(_ROLES)}")
    if not isinstance(text, str) or not text.strip():
        raise row.error(f"field {name!r}: a {role} message must have text that isn't empty")
    return role, text.strip()
