"""What a cell cost, as the cells of a table."""

from collections.abc import Mapping

from harness.records import JSON
from harness.render.numbers import MISSING

_GIGABYTE = 10**9


def cost_cells(cost: Mapping[str, JSON] | None) -> dict[str, str]:
    """Return head -> text; a dash for what wasn't measured, all dashes where nothing is known.

    ``answer s`` and ``token s`` are the seconds until the first answer and the first new token,
    ``scored`` and ``made`` (generated) count tokens. Rates are over the seconds of the cell, tokens
    per character over all that was scored and generated. Gigabytes are 10^9 bytes.
    """
    known = cost or {}
    seconds = known.get("seconds")
    scored, generated = known.get("tokens_scored"), known.get("tokens_generated")
    counts = (known.get("characters_scored"), known.get("characters_generated"))
    characters = sum(count or 0 for count in counts)
    tokens = (scored or 0) + (generated or 0)
    return {
        "docs": _text(known.get("documents")),
        "s": _text(seconds),
        "docs/s": _ratio(known.get("documents"), seconds),
        "scored": _text(scored),
        "made": _text(generated),
        "tok/s": _ratio(tokens, seconds),
        "tok/char": _ratio(tokens, characters),
        "answer s": _text(known.get("first_answer_seconds")),
        "token s": _text(known.get("first_token_seconds")),
        "GB": _ratio(known.get("peak_process_bytes"), _GIGABYTE),
        "GPU GB": _ratio(known.get("peak_device_bytes"), _GIGABYTE),
    }


def rate(value: float | None) -> str:
    """Return seconds or a rate in three digits; a dash where it isn't known."""
    return _text(None if value is None else float(value))


def gigabytes(count: int | None) -> str:
    """Return bytes as gigabytes; a dash where they aren't known."""
    return _ratio(count, _GIGABYTE)


def _ratio(above: float | None, below: float | None) -> str:
    """Return a quotient; a dash if there is nothing on either side."""
    return _text(above / below if above and below else None)


def _text(value: float | None) -> str:
    """Return three digits, or all of a whole number."""
    if value is None:
        return MISSING
    return f"{value:,.0f}" if isinstance(value, int) or value >= 100 else f"{value:.3g}"
