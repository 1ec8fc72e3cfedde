"""What a page is made of, before it becomes Markdown or HTML: words that are still to be escaped.

A table's cell is a tuple of lines, so that nothing in a name can break one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness.render.charts.look import Chart
from harness.render.sections import Section

Lines: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows below heads; the first cell of a row names it."""

    heads: tuple[Lines, ...]
    rows: tuple[tuple[Lines, ...], ...]
    """A row of one cell is a heading over those that follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart; the numbers in it stand in the table of the same part."""

    title: str
    chart: Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A text that others wrote, as it is."""

    label: str
    text: str
    note: str = ""
    """``right``, ``wrong``, ``refusal``."""
    answer: bool = True
    """Answers stand side by side; what was asked and wanted takes a line of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a page, with what belongs to it below it."""

    title: str
    intro: str = ""
    figure: Figure | None = None
    table: Table | None = None
    notes: Sequence[str] = ()
    quotes: Sequence[Quote] = ()
    code: str = ""
    """Commands to copy."""
    parts: Sequence["Part"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole report."""

    title: str
    intro: str
    parts: Sequence[Part]


def part_of(section: Section, figure: Figure | None = None) -> Part:
    """Return a section of a result as a part of a page, with a chart of its numbers."""
    table = simple_table(section.heads, section.rows) if section.rows else None
    return Part(
        title=_heading(section.title),
        intro=section.intro,
        figure=figure,
        table=table,
        notes=section.notes,
    )


def simple_table(heads: Sequence[str], rows: Sequence[Sequence[str | int]]) -> Table:
    """Return a table of one line a cell."""
    return Table(
        heads=tuple((head,) for head in heads),
        rows=tuple(tuple((_cell(cell),) for cell in row) for row in rows),
    )


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def _heading(title: str) -> str:
    """Return ``Tax against sft`` for ``TAX against sft``."""
    return re.sub(r"^[A-Z]+(?: [A-Z]+)*\b", lambda found: found.group().capitalize(), title)
