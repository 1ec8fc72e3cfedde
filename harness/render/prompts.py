"""Prompts on a terminal: every character that a model reads can be seen."""

import unicodedata
from collections.abc import Iterable, Sequence

from harness.records import Generate, LogLikelihood, Request, RollingLogLikelihood
from harness.render.escape import visible

_BAR = "  │ "
LEGEND = "↵ line break, · blank at the beginning or end of a line"


def prompt_text(requests: Sequence[Request]) -> str:
    """Return what is asked about one document: each context once, with what follows it."""
    lines: list[str] = []
    context: str | None = None
    for request in requests:
        if isinstance(request, RollingLogLikelihood):
            lines += ["scored text", *_barred(request.text)]
            continue
        if request.context != context:
            context = request.context
            lines += ["context", *_barred(context)]
            if isinstance(request, LogLikelihood):
                lines.append("continuations")
        if isinstance(request, LogLikelihood):
            lines += _barred(request.continuation)
        else:
            lines.append(_generation(request))
    return "\n".join(lines)


def spelled_out(text: str) -> list[str]:
    """Return a text line by line, with blanks, line breaks and hidden characters visible."""
    parts = text.split("\n")
    lines = [f"{_blanks(part)}↵" for part in parts[:-1]]
    return [*lines, _blanks(parts[-1])] if parts[-1] else lines


def _barred(text: str) -> Iterable[str]:
    return [f"{_BAR}{line}" for line in spelled_out(text)] or [f"{_BAR}(nothing)"]


def _blanks(line: str) -> str:
    body = line.strip(" ")
    before = len(line) - len(line.lstrip(" ")) if body else len(line)
    after = len(line) - len(line.rstrip(" ")) if body else 0
    return "·" * before + "".join(map(_seen, body)) + "·" * after


def _seen(character: str) -> str:
    if character != " " and unicodedata.category(character) == "Zs":
        return f"\\u{ord(character):04x}"
    return visible(character)


def _generation(request: Generate) -> str:
    stops = " ".join(f"“{''.join(spelled_out(stop))}”" for stop in request.stop)
    return f"generated: at most {request.max_tokens} tokens, until {stops or 'the end of the turn'}"
