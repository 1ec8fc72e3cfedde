"""Plain lists: one line an item, columns aligned, no frames."""

import sys
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from harness.render.escape import visible
from harness.render.terminal import as_text, terminal_width

_UNFOLDED = 1000


def columns_text(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows under their heads; numbers stand to the right, long cells fold."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for i, head in enumerate(heads):
        numeric = bool(rows) and all(isinstance(row[i], int) for row in rows)
        table.add_column(head, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    # a program that reads the list gets whole lines
    return as_text(table, terminal_width() if sys.stdout.isatty() else _UNFOLDED)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else visible(str(value))
