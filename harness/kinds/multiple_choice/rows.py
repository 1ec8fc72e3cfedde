"""A multiple-choice row as it stands becomes the fields of a document."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Literal

from harness.data import Row
from harness.records import JSON

Answers = Literal["one", "leave_out_several", "several"]
"""What a task makes of rows with several right answers: an error, nothing, or documents."""

_SEVERAL = "`several: true` asks for all of them, `single_answer_only: true` leaves such rows out"


def choice_fields(row: Row, *, answers: Answers) -> Mapping[str, JSON] | None:
    """Return question, choices, answer, and context and subject if there are any.

    ``answer`` is the index of the right choice, for ``answers`` several a sorted list of them.
    None leaves the row out. Raises DataError for a row that can't be used.
    """
    choices = _choices(row)
    gold = _gold(row, choices)
    if len(gold) > 1 and answers != "several":
        if answers == "leave_out_several":
            return None
        what = f"answer {row.get('answer')!r} names {len(gold)} choices, and one is needed"
        raise row.error(f"{what}; {_SEVERAL}")
    optional = {
        name: row.text(name).strip()
        for name in ("context", "subject")
        if row.fields.get(name) not in (None, "")
    }
    answer = gold if answers == "several" else gold[0]
    question = row.text("question").strip()
    return {"question": question, "choices": choices, "answer": answer, **optional}


def _choices(row: Row) -> list[str]:
    choices = row.get("choices")
    if not isinstance(choices, list) or len(choices) < 2:
        raise row.error("field 'choices' must be a list of at least 2 texts")
    if len(choices) > len(ascii_uppercase):
        raise row.error(f"field 'choices' has {len(choices)} choices, more than there are letters")
    for letter, choice in zip(ascii_uppercase, choices, strict=False):
        if not isinstance(choice, str) or not choice.strip():
            raise row.error(f"choice {letter} must be a text that isn't empty, not {choice!r}")
    return [choice.strip() for choice in choices]


def _gold(row: Row, choices: Sequence[str]) -> list[int]:
    """Return the indices of the right choices, at least one."""
    answer = row.get("answer")
    letters = ascii_uppercase[: len(choices)]
    if isinstance(answer, list) and answer:
        return sorted({_index(row, one, choices) for one in answer})
    several = isinstance(answer, str) and len(answer) > 1 and set(answer) <= set(letters)
    if several and answer not in choices:
        return sorted({letters.index(letter) for letter in answer})
    return [_index(row, answer, choices)]


def _index(row: Row, answer: JSON, choices: Sequence[str]) -> int:
    letters = ascii_uppercase[: len(choices)]
    if isinstance(answer, str) and answer.strip():
        text = answer.strip()
        if len(text) == 1 and text in letters:
            return letters.index(text)
        if choices.count(text) > 1:
            raise row.error(f"answer {answer!r} is the text of several choices; give its letter")
        if text in choices:
            return choices.index(text)
    elif isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < len(choices):
        return answer
    raise row.error(
        f"answer {answer!r} must be a letter from A to {letters[-1]}, "
        f"an index from 0 to {len(choices) - 1}, or the text of a choice"
    )
