"""Sections of a longer result: a title, what the numbers are, one table, what has to be added."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.render.escape import markdown, visible
from harness.render.lists import columns_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part, in words and numbers that are still to be escaped."""

    title: str
    intro: str = ""
    """What the numbers are, by which method and against what."""
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str | int]] = ()
    notes: Sequence[str] = ()


def sections_text(sections: Sequence[Section]) -> str:
    """Return sections for a terminal."""
    return "\n".join(_text(section) for section in sections)


def sections_markdown(sections: Sequence[Section]) -> str:
    """Return sections as GitHub's Markdown."""
    return "\n".join(_markdown(section) for section in sections)


def _text(section: Section) -> str:
    lines = [visible(section.title)]
    if section.intro:
        lines.append(visible(section.intro))
    if section.rows:
        lines.append(columns_text(section.heads, section.rows).rstrip("\n"))
    return "\n".join([*lines, *map(visible, section.notes)]) + "\n"


def _markdown(section: Section) -> str:
    lines = [f"## {markdown(section.title)}", ""]
    if section.intro:
        lines += [markdown(section.intro), ""]
    if section.rows:
        lines.append(f"| {' | '.join(map(markdown, section.heads))} |")
        lines.append("|---" * len(section.heads) + "|")
        for row in section.rows:
            lines.append(f"| {' | '.join(markdown(str(cell)) for cell in row)} |")
        lines.append("")
    if section.notes:
        lines += [f"- {markdown(note)}" for note in section.notes] + [""]
    return "\n".join(lines)
