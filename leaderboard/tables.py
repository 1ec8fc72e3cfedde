"""Results as data frames of text; pure."""

import pandas as pd

from harness.render import difference_text, estimate_text, markdown, number, unit_text, visible
from harness.render.stages import MARKS
from harness.results import Entry, StageTable, TableRow


def stage_frame(table: StageTable) -> pd.DataFrame:
    """Return the stage table with one row a task variant.

    Columns: capability, task, metric, chance; then per checkpoint its estimate and, beside it,
    its paired difference to its parent.
    """
    return pd.DataFrame([_row(row, table) for row in table.rows])


def legend(table: StageTable) -> str:
    """Return, as Markdown, how to read the frame."""
    marks = "  ".join(f"{mark} {wording}" for wording, mark in MARKS.items())
    return markdown(
        f"In brackets: {100 * table.confidence:g} % intervals. Δ: paired difference to the parent "
        f"over the same documents. {marks}"
    )


def _row(row: TableRow, table: StageTable) -> dict[str, str]:
    info = row.info
    unit = unit_text(info.unit) or info.unit
    direction = "" if info.higher_is_better else " ↓"
    cells = {
        "capability": row.capability,
        "task": visible(row.name),
        "metric": visible(f"{info.name} ({unit})" if unit else info.name) + direction,
        "chance": number(info.chance, info.unit) if info.chance else "",
    }
    for column, entry in zip(table.columns, row.entries, strict=True):
        name = visible(column.name)
        cells[name] = _estimate(entry, row)
        if column.parent is not None:
            cells[f"{name} Δ {visible(column.parent)}"] = _change(entry, row)
    return cells


def _estimate(entry: Entry, row: TableRow) -> str:
    if entry.estimate is None:
        return visible(entry.missing or "")
    return estimate_text(entry.estimate, (entry.info or row.info).unit, with_unit=False)


def _change(entry: Entry, row: TableRow) -> str:
    change = entry.change
    if change is None:
        return ""
    mark = MARKS[change.wording]
    if change.difference is None:
        return f"{mark} {visible(change.missing or '')}".rstrip()
    text = difference_text(change.difference, (entry.info or row.info).unit, with_unit=False)
    reasons = change.comparability.reasons if change.comparability else ()
    why = f" ({visible(', '.join(map(str, reasons)))})" if reasons else ""
    return f"{mark} {text}{why}"
