"""The stage table on a terminal and in Markdown.

A cell's first line is the checkpoint's estimate, the second its paired difference to its parent.
Whatever needs a word (asked differently, not evaluated) carries a number that the notes explain.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.records import Capability
from harness.render.escape import markdown, visible
from harness.render.footnotes import Footnotes
from harness.render.numbers import (
    MISSING,
    coverage_text,
    difference_text,
    estimate_text,
    number,
)
from harness.render.terminal import WIDTH, as_text, terminal_width
from harness.results import Change, Column, Comparability, Entry, StageTable, TableRow, Wording

MARKS: dict[Wording, str] = {
    "gained": "▲",
    "lost": "▼",
    "changed": "≈",
    "no clear change": "·",
    "not comparable": "×",
}
_STYLES: dict[Wording, str] = {
    "gained": "green",
    "lost": "red",
    "changed": "yellow",
    "no clear change": "dim",
    "not comparable": "dim",
}
_LABEL_WIDTH = 42  # longer names fold
_NARROW = 26  # labels get no narrower for the sake of one table
_GAP = 2
_KNOWN_UNITS = ("", "%", "points", "bits/byte", "ppl")  # the legend or the metric's name says them


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    style: str = ""
    folds: bool = False
    """May be broken into two; numbers may not."""


def stage_table_text(
    table: StageTable, width: int | None = None, colour: bool | None = None
) -> str:
    """Return the table for a terminal; None: as wide and coloured as standard output is."""
    width = width or terminal_width()
    return as_text(stage_table_view(table, width), width, colour)


def stage_table_view(table: StageTable, width: int = WIDTH) -> RenderableType:
    """Return the table for ``width`` columns; more checkpoints than fit make more tables."""
    if not table.rows:
        return Text("no evidence yet")
    notes = Footnotes()
    cells = {row.name: [_cell(e, row, notes) for e in row.entries] for row in table.rows}
    labels = {row.name: _label(row) for row in table.rows}
    label = min(_LABEL_WIDTH, max(len(line) + 1 for pair in labels.values() for line in pair))
    lines = [line for row in cells.values() for cell in row for line in cell]
    numbers = [line.text for line in lines if not line.folds]
    heads = [_reference(column)[:_LABEL_WIDTH] for column in table.columns]
    widest = max(map(len, [*numbers, *heads]))
    needed = len(table.columns) * (widest + _GAP)
    if _NARROW <= width - needed < label:
        label = width - needed
    fit = max(1, (width - label) // (widest + _GAP))
    blocks: list[RenderableType] = []
    for start in range(0, len(table.columns), fit):
        shown = slice(start, start + fit)
        parts = {name: row[shown] for name, row in cells.items()}
        blocks.append(_block(table, table.columns[shown], (label, widest), labels, parts))
    return Group(*blocks, *(Text(line, style="dim") for line in _legend(table, notes)))


def _block(
    table: StageTable,
    columns: Sequence[Column],
    widths: tuple[int, int],
    labels: dict[str, tuple[str, str]],
    cells: dict[str, list[list[_Line]]],
) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    label_width, cell_width = widths
    grid.add_column(width=label_width, overflow="fold")
    for column in columns:
        header = Text(visible(column.name), style="bold")
        header.append(f"\n{_reference(column)}", style="dim not bold")
        grid.add_column(header, max_width=cell_width)
    for index, (capability, rows) in enumerate(groupby(table.rows, lambda row: row.capability)):
        if index:
            grid.add_row()
        grid.add_row(Text(capability.upper(), style="bold cyan"))
        for row in rows:
            name, detail = labels[row.name]
            label = Text(name).append(f"\n {detail}", style="dim")
            grid.add_row(label, *(_lines(cell) for cell in cells[row.name]))
    return grid


def _lines(cell: Sequence[_Line]) -> Text:
    return Text("\n").join(Text(line.text, style=line.style) for line in cell)


def _cell(entry: Entry, row: TableRow, notes: Footnotes) -> list[_Line]:
    info = entry.info or row.info
    estimate = entry.estimate
    if estimate is None:
        return [_Line(f"{MISSING}{notes.mark(entry.missing or 'no evidence')}", "dim")]
    text = estimate_text(estimate, info.unit, with_unit=info.unit != row.info.unit)
    if estimate.low is None:
        text += notes.mark(estimate.method)
    lines = [_Line(text)]
    if entry.change is not None:
        lines.append(_change(entry.change, info.unit, notes))
    incomplete = coverage_text(entry)
    return [*lines, _Line(incomplete, "dim", folds=True)] if incomplete else lines


def _change(change: Change, unit: str, notes: Footnotes) -> _Line:
    difference, comparability = change.difference, change.comparability
    style = _STYLES[change.wording]
    if comparability is None:
        return _Line(f"{MISSING}{notes.mark(change.missing or 'no difference')}", style)
    said = [_reasons(comparability)] if comparability.reasons else []
    if difference is None:
        said = said or [change.missing or "no difference"]
        return _Line(f"{MARKS[change.wording]}{_marks(said, notes)}", style)
    if difference.estimate.low is None:
        said.append(difference.estimate.method)
    text = f"{MARKS[change.wording]} {difference_text(difference, unit, with_unit=False)}"
    return _Line(f"{text}{_marks(said, notes)}", style)


def _marks(texts: Sequence[str], notes: Footnotes) -> str:
    return "\u2009".join(notes.mark(text) for text in texts)  # a thin space: ¹ ² isn't ¹²


def _reasons(comparability: Comparability) -> str:
    said = (
        reason.code.replace("_", " ") + (f" ({reason.detail})" if reason.detail else "")
        for reason in comparability.reasons
    )
    verdict = "not comparable" if comparability.verdict == "INCOMPARABLE" else "qualified"
    return f"{verdict}: {', '.join(said)}"


def _label(row: TableRow) -> tuple[str, str]:
    """Return a row's name, and what its numbers are: ``acc_norm, chance 25, n 150``."""
    info = row.info
    metric = visible(info.name if info.unit in _KNOWN_UNITS else f"{info.name} in {info.unit}")
    parts = [metric if info.higher_is_better else f"{metric} ↓"]
    if info.chance:
        parts.append(f"chance {number(info.chance, info.unit).removesuffix('.0')}")
    counts = sorted({e.estimate.n for e in row.entries if e.estimate})
    if counts:
        parts.append(f"n {counts[0]}" + (f" to {counts[-1]}" if len(counts) > 1 else ""))
    return visible(row.name), ", ".join(parts)


def _reference(column: Column) -> str:
    stage = [] if column.stage == column.name else [column.stage]
    return ", ".join([*stage, *([f"vs {visible(column.parent)}"] if column.parent else [])])


def _legend(table: StageTable, notes: Footnotes) -> list[str]:
    entries = [entry for row in table.rows for entry in row.entries]
    differences = [e.change.difference for e in entries if e.change and e.change.difference]
    wordings = {e.change.wording for e in entries if e.change and e.change.comparability}
    lines = [
        f"Shares in %. In brackets: {100 * table.confidence:g} % intervals ("
        f"{_methods(e.estimate.method for e in entries if e.estimate)})."
    ]
    if differences:
        lines.append(
            "Second line: paired difference to the checkpoint's parent, one comparison at a time"
            f" ({_methods(d.estimate.method for d in differences)})."
        )
    used = [
        f"{mark} {wording}{' (see note)' if wording == 'changed' else ''}"
        for wording, mark in MARKS.items()
        if wording in wordings
    ]
    if not all(row.info.higher_is_better for row in table.rows):
        used.append("↓ lower is better")
    lines += ["   ".join(used)] if used else []
    return lines + [f"{notes.mark(text)} {visible(text)}" for text in notes.texts]


def _methods(methods: Iterable[str]) -> str:
    names = sorted({method.split(" (")[0] for method in methods})
    return ("; " if any(", " in name for name in names) else ", ").join(names)


@dataclass(frozen=True, slots=True)
class StageCells:
    """The table in words that are still to be escaped; each cell is a tuple of lines."""

    heads: tuple[tuple[str, ...], ...]
    """Of the checkpoints: their names, what they are compared with."""
    rows: tuple[tuple[Capability, tuple[tuple[str, ...], ...]], ...]
    """A row's capability, its label and its cells."""
    legend: tuple[str, ...]


def stage_table_cells(table: StageTable) -> StageCells:
    """Return the table's cells, for a page that lays them out itself."""
    notes = Footnotes()
    rows = tuple((row.capability, (_label(row), *_row_cells(row, notes))) for row in table.rows)
    return StageCells(
        heads=tuple(
            tuple(filter(None, (column.name, _reference(column)))) for column in table.columns
        ),
        rows=rows,
        legend=tuple(_legend(table, notes)),
    )


def _row_cells(row: TableRow, notes: Footnotes) -> list[tuple[str, ...]]:
    cells = (_cell(entry, row, notes) for entry in row.entries)
    return [tuple(line.text for line in cell) for cell in cells]


def stage_table_markdown(table: StageTable) -> str:
    """Return the table as GitHub's Markdown, one table whatever its width."""
    if not table.rows:
        return "no evidence yet\n"
    shown = stage_table_cells(table)
    heads = [
        "<br>".join([f"**{markdown(name)}**", *map(markdown, rest)]) for name, *rest in shown.heads
    ]
    lines = ["| | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for capability, rows in groupby(shown.rows, lambda row: row[0]):
        lines.append(f"| **{capability}** |" + " |" * len(heads))
        for _, (label, *cells) in rows:
            texts = ["<br>".join(cell) for cell in cells]
            lines.append(" | ".join([f"| {'<br>'.join(map(markdown, label))}", *texts]) + " |")
    return "\n".join(lines) + "\n\n" + "<br>\n".join(map(markdown, shown.legend)) + "\n"
