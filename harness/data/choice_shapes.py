"""Multiple-choice rows: choices as a list, as ``{A: ..., B: ...}`` or in columns A, B, C ...

The answer is a letter, an index (from 0) or the text of a choice. Beyond what the kind reads, the
letter may be in lower case and the index a text, as in a table; if that is also the text of another
choice, like "2" among choices of numbers, it is an error.
"""

from collections.abc import Mapping
from string import ascii_uppercase

from harness.data.rows import Row
from harness.records import JSON


def choice_shape(row: Row) -> Mapping[str, JSON] | None:
    """Return ``choices`` and ``answer`` as the kind reads them; DataError for an ambiguous row."""
    choices = _choices(row)
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        return None  # the kind says what is wrong with them
    found: dict[str, JSON] = {"choices": choices}
    if "answer" in row.fields:
        found["answer"] = _answer(row, [choice.strip() for choice in choices])
    return found


def _choices(row: Row) -> JSON:
    places = {name: row.fields[name] for name in ("choices", "options") if name in row.fields}
    if not places and "A" in row.fields and "B" in row.fields:
        return _lettered(row, "columns", _columns(row))
    if not places:
        return None
    lists = {
        name: _lettered(row, f"field {name!r}", value) if isinstance(value, dict) else value
        for name, value in places.items()
    }
    if len(lists) > 1 and lists["choices"] != lists["options"]:
        raise row.error("fields 'choices' and 'options' differ; leave one out")
    return next(iter(lists.values()))


def _columns(row: Row) -> Mapping[str, JSON]:
    given = {name: row.fields.get(name) for name in ascii_uppercase}
    return {name: value for name, value in given.items() if value not in (None, "")}


def _lettered(row: Row, where: str, value: Mapping[str, JSON]) -> list[JSON]:
    """Return the choices in the order of their letters, which must run from A without a gap."""
    keys = sorted(str(key).strip() for key in value)
    if not keys or keys != list(ascii_uppercase[: len(keys)]):
        named = ", ".join(keys[:8]) or "none"
        raise row.error(f"{where}: choices must be lettered A, B, C ... without a gap, not {named}")
    by_letter = {str(key).strip(): text for key, text in value.items()}
    return [by_letter[key] for key in keys]


def _answer(row: Row, choices: list[str]) -> JSON:
    answer = row.get("answer")
    if isinstance(answer, list):
        return [_one(row, item, choices) for item in answer]
    return _one(row, answer, choices)


def _one(row: Row, answer: JSON, choices: list[str]) -> JSON:
    if not isinstance(answer, str):
        return answer
    text = answer.strip()
    as_text = {i for i, choice in enumerate(choices) if choice == text}
    letters = ascii_uppercase[: len(choices)]
    if len(text) == 1 and text in letters:
        return answer  # always a letter, as published sets mean it
    if len(text) == 1 and text.upper() in letters:
        return _agreed(row, answer, {"letter": letters.index(text.upper())}, as_text)
    # int() takes more than digits ("1_0", superscripts); an index is plain digits
    if text.isascii() and text.isdecimal() and len(text) < 3 and int(text) < len(choices):
        return _agreed(row, answer, {"index": int(text)}, as_text)
    return answer


def _agreed(row: Row, answer: str, read: Mapping[str, int], as_text: set[int]) -> int:
    """Return the index that an answer means; DataError if its text says another."""
    [(what, index)] = read.items()
    if as_text - {index}:
        other = ascii_uppercase[min(as_text - {index})]
        raise row.error(
            f"answer {answer!r} is the {what} of choice {ascii_uppercase[index]} and the text of "
            f"choice {other}; give the index as a number, like 0 for choice A"
        )
    return index
