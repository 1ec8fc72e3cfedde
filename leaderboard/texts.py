"""Texts of documents and models as HTML that does nothing but show them; pure.

Everything is escaped; control characters, direction marks and halves of characters are spelled
out (:func:`harness.render.visible`), so that a text can neither run nor hide anything. A long one
is cut in the middle: a prompt's question stands at its end.
"""

from dataclasses import dataclass
from html import escape

from harness.render import visible
from leaderboard.differences import changes

__all__ = ["LONGEST", "Shown", "compared_text", "plain_text", "whole"]

LONGEST = 6000
"""Characters of a text that are shown."""
_HEAD = 2000
_ALIKE = 0.25
"""The share of a text that must have been there before for its changes to be marked."""
_BLOCK = (
    "white-space:pre-wrap;overflow-wrap:anywhere;font-family:ui-monospace,monospace;"
    "font-size:.82rem;line-height:1.45;padding:.5rem .7rem;border-radius:.3rem;"
    "background:rgba(128,128,128,.1);max-height:26rem;overflow-y:auto;margin:0"
)
_TAGS = {
    "added": ("ins", "text-decoration:underline 2px;background:rgba(0,114,178,.22)"),
    "removed": ("del", "text-decoration:line-through;background:rgba(213,94,0,.2)"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it stands on a page."""

    html: str
    left_out: int
    """Characters that aren't shown."""


def plain_text(text: str) -> Shown:
    """Return a text in a block of its own."""
    kept, left_out = _cut(text)
    return Shown(_block(_safe(kept)), left_out)


def compared_text(before: str, after: str) -> Shown:
    """Return ``after`` with its new words underlined and those it lost struck through.

    A text that has hardly anything in common with the one before stands unmarked.
    """
    (old, _), (new, left_out) = _cut(before), _cut(after)
    pieces = changes(old, new)
    shared = sum(len(piece.text.strip()) for piece in pieces if piece.kind == "same")
    if shared < _ALIKE * len(
        new.strip()
    ):  # as good as another text: marks would only be in the way
        return Shown(_block(_safe(new)), left_out)
    parts = []
    for piece in pieces:
        tag, style = _TAGS.get(piece.kind, ("", ""))
        text = _safe(piece.text)
        parts.append(f'<{tag} style="{style}">{text}</{tag}>' if tag else text)
    return Shown(_block("".join(parts)), left_out)


def whole(text: str) -> bytes:
    """Return a text as a file; halves of characters, which no file can hold, are spelled out."""
    return text.encode("utf-8", "backslashreplace")


def _cut(text: str) -> tuple[str, int]:
    left_out = len(text) - LONGEST
    if left_out <= 0:
        return text, 0
    note = f"\n… {left_out:,} characters are left out here …\n"
    return f"{text[:_HEAD]}{note}{text[_HEAD - LONGEST :]}", left_out


def _safe(text: str) -> str:
    return "\n".join(escape(visible(line)) for line in text.split("\n"))


def _block(content: str) -> str:
    # focusable: what scrolls must be reachable by keyboard
    return f'<div dir="auto" tabindex="0" style="{_BLOCK}">{content or "<i>(nothing)</i>"}</div>'
