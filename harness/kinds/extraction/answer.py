"""What a generated answer is worth before it is compared: its text, and a status.

Nothing could be read from the answer: ``empty`` (only blanks), ``refusal``,
``truncated`` (``max_tokens`` ended it) or ``no_answer``, in this order. Otherwise ``truncated`` or
``ok``. Every status is scored, and an answer that can't be read scores nothing.
"""

from collections.abc import Sequence

from harness.detectors.refusal import is_refusal
from harness.records import Generate, Generation, Status
from harness.task import Prompt

_STOP = "\n\n"


def asked(
    question: str, shots: Sequence[tuple[str, str]], prompt: Prompt, max_tokens: int
) -> Generate:
    """Return the request; in plain format the answer begins on a line of its own.

    A blank line ends a plain answer, because examples are parted by one. In a chat the end of the
    turn does.
    """
    context = prompt.context(question, shots, "\n")
    if prompt.format == "plain":
        return Generate(context=f"{context}\n", stop=(_STOP,), max_tokens=max_tokens)
    return Generate(context=context, max_tokens=max_tokens)


def parameters(max_tokens: int) -> dict[str, object]:
    """Return ``Task.generation`` of what :func:`asked` asks."""
    return {"max_tokens": max_tokens, "stop": [_STOP], "temperature": 0.0}


def status_of(answer: Generation, *, read: bool) -> Status:
    """Return the status of an answer from which something could be ``read``, or nothing."""
    cut = answer.finish[0] == "length"
    if read:
        return "truncated" if cut else "ok"
    if not answer.texts[0].strip():
        return "empty"
    if is_refusal(answer.texts[0]):
        return "refusal"
    return "truncated" if cut else "no_answer"
