"""Plain lists: one line an item, columns aligned, no frames."""

import sys
from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from harness.render.escape import visible
from harness.render.terminal import as_text, terminal_width

_GAP = 2
_MANY = 500  # lines; more are for a pager, which scrolls, and take rich seconds to lay out


def columns_text(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows under their heads; numbers stand to the right, on a terminal long cells fold."""
    texts = [[_cell(value) for value in row] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row[i], int) for row in rows) for i in range(len(heads))
    ]
    widths = [max(map(cell_len, column)) for column in zip(heads, *texts, strict=True)]
    if not sys.stdout.isatty():  # a program that reads the list gets whole lines
        return "".join(_line(cells, widths, numeric) for cells in (heads, *texts))
    width = terminal_width()
    if sum(widths) + _GAP * len(widths) > width and len(rows) <= _MANY:
        return _folded(heads, texts, numeric, width)
    head = as_text(Text(_line(heads, widths, numeric).rstrip(), style="bold"), 1 << 16)
    return head + "".join(_line(cells, widths, numeric) for cells in texts)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = []
    for cell, width, right in zip(cells, widths, numeric, strict=True):
        blanks = " " * (width - cell_len(cell))
        padded.append(blanks + cell if right else cell + blanks)
    return (" " * _GAP).join(padded).rstrip() + "\n"


def _folded(
    heads: Sequence[str], texts: Sequence[Sequence[str]], numeric: Sequence[bool], width: int
) -> str:
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for head, right in zip(heads, numeric, strict=True):
        table.add_column(head, justify="right" if right else "left", overflow="fold")
    for cells in texts:
        table.add_row(*map(Text, cells))
    return as_text(table, width)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else visible(str(value))
