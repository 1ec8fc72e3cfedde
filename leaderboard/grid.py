"""The matrix as an HTML table: in each field the estimate, its interval as a mark, and the change.

Every text is escaped. Colours are half transparent, so they do on light and dark pages; whatever a
colour says, a sign says too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias
from urllib.parse import urlencode

import pandas as pd

from harness.render import number, unit_text, visible
from harness.render.stages import MARKS
from leaderboard.matrix import Who, strengths
from leaderboard.wording import change_text, value_text

Row: TypeAlias = Any
"""A named tuple of a frame's columns."""
_BETTER, _WORSE = "0,114,178", "230,130,0"
_WEAKEST, _STRONGEST = 0.12, 0.45
_TIERS = 3
_SHOWN = (
    *("family", "checkpoint", "row", "unit", "value", "low", "high", "missing"),
    *("delta", "delta_low", "delta_high", "comparability", "reasons", "wording"),
)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """What the table is made of."""

    checkpoints: pd.DataFrame
    """In their order; one line each."""
    rows: pd.DataFrame
    """The columns, of :func:`leaderboard.matrix.rows_of`."""
    cells: Mapping[tuple[str, str, str], Row]
    """Entries with their ``strength`` by family, checkpoint and row."""
    spans: Mapping[str, tuple[float, float]]
    tiers: Mapping[str, Mapping[Who, int | None]]
    """By row the tier of each checkpoint; a row without tiers isn't in it."""
    group: str | None


def table(grid: Grid) -> str:
    """Return the table, in a region that scrolls."""
    body, before = [], None
    for one in grid.checkpoints.itertuples():
        group = getattr(one, grid.group) if grid.group else None
        if group != before:
            wide = len(grid.rows) + 1
            body.append(
                f'<tr class="group"><th colspan="{wide}" scope="colgroup">{_safe(group)}</th></tr>'
            )
            before = group
        body.append(f"<tr>{_name(one)}{''.join(_fields(grid, one))}</tr>")
    return (
        '<div class="board" role="region" aria-label="Checkpoints by task rows" tabindex="0">'
        f"<table><thead>{_heads(grid.rows)}</thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def texts(grid: Grid) -> pd.DataFrame:
    """Return the same as a frame of text."""
    lines = []
    for one in grid.checkpoints.itertuples():
        line = [one.family, one.checkpoint, one.stage]
        for row in grid.rows["row"]:
            cell = grid.cells.get((one.family, one.checkpoint, row))
            tier = _tier(grid, one, row)
            said = [tier and f"tier {tier}"]
            if cell is not None:
                said = [value_text(cell), *said, change_text(cell)]
            line.append("; ".join(filter(None, said)))
        lines.append(line)
    return pd.DataFrame(lines, columns=["family", "checkpoint", "stage", *grid.rows["row"]])


def grid_cells(found: pd.DataFrame) -> dict[tuple[str, str, str], Row]:
    """Return entries with the strength of their colour by family, checkpoint and row."""
    frame = found[list(_SHOWN)].assign(strength=strengths(found))
    return {(c.family, c.checkpoint, c.row): c for c in frame.itertuples()}


def legend(reference: str | None) -> str:
    """Return how to read it, in plain text."""
    against = "each one's parent" if reference is None else f"{reference}, the pinned reference"
    return (
        "Each field: the estimate, its 95 % interval as numbers and as a bar on the column's "
        f"scale, and below it the paired change against {against}: "
        f"{MARKS['gained']} gained, {MARKS['lost']} lost, {MARKS['changed']} changed but asked "
        f"differently (QUALIFIED), {MARKS['no clear change']} no clear change, "
        f"{MARKS['not comparable']} not comparable. "
        "Blue: better, orange: worse, deeper for more; hatched where QUALIFIED; no colour where "
        "the interval has zero inside. The ringed number is the tier in its column, among all "
        "lines of this selection: in 1 stand the best and whoever isn't worse than it beyond the "
        "paired interval; ? can't be compared with the best."
    )


def _heads(rows: pd.DataFrame) -> str:
    groups = rows.groupby("capability", sort=False).size()
    over = "".join(
        f'<th colspan="{count}" scope="colgroup">{_safe(name)}</th>'
        for name, count in groups.items()
    )
    heads = "".join(map(_head, rows.itertuples()))
    return f'<tr><th rowspan="2" scope="col">checkpoint</th>{over}</tr><tr>{heads}</tr>'


def _head(row: Row) -> str:
    unit = unit_text(row.unit)
    said = [f"{row.metric}{f', {unit}' if unit else ''} {'↑' if row.higher_is_better else '↓'}"]
    said.append(row.language)
    if row.chance == row.chance and row.chance:
        said.append(f"guess {number(row.chance, row.unit).removesuffix('.0')}")
    return (
        f'<th scope="col"><b>{_folding(row.row)}</b><small>{_safe(" · ".join(said))}</small></th>'
    )


def _name(one: Row) -> str:
    where = urlencode({"family": one.family, "checkpoint": one.checkpoint})
    said = f"{one.stage} · {one.family}"
    return (
        f'<th scope="row"><a href="stages?{escape(where)}" target="_self">'
        f"<b>{_folding(one.checkpoint)}</b></a><small>{_safe(said)}</small></th>"
    )


def _fields(grid: Grid, one: Row) -> list[str]:
    found = []
    for row in grid.rows["row"]:
        cell = grid.cells.get((one.family, one.checkpoint, row))
        if cell is None:
            found.append("<td></td>")
        elif cell.value != cell.value:
            found.append(f"<td><small>{_safe(cell.missing)}</small></td>")
        else:
            tier = _tier(grid, one, row)
            badge = f'<span class="tier" title="tier {tier}">{tier}</span>' if tier else ""
            value, _, bounds = value_text(cell).partition(" ")
            bold = f"<b>{value}</b>" if tier == "1" else value
            change = change_text(cell)
            found.append(
                f"<td{_ground(cell)}>{bold} <i>{bounds}</i>{badge}"
                f"{_interval(cell, grid.spans[row])}"
                f"{f'<small>{_safe(change)}</small>' if change else ''}</td>"
            )
    return found


def _tier(grid: Grid, one: Row, row: str) -> str:
    tiers = grid.tiers.get(row)
    if tiers is None or (one.family, one.checkpoint) not in tiers:
        return ""
    tier = tiers[one.family, one.checkpoint]
    if tier is None:
        return "?"
    return str(tier) if tier <= _TIERS else f"{_TIERS + 1}+"


def _ground(cell: Row) -> str:
    """Return the field's colour: full for what the weights did, hatched for what may be asking."""
    if not cell.strength or cell.comparability not in ("COMPARABLE", "QUALIFIED"):
        return ""
    depth = _WEAKEST + (_STRONGEST - _WEAKEST) * abs(cell.strength)
    ink = f"rgba({_BETTER if cell.strength > 0 else _WORSE},{depth:.2f})"
    if cell.comparability == "QUALIFIED":
        ink = f"repeating-linear-gradient(45deg,{ink} 0 5px,transparent 5px 9px)"
    return f' style="background:{ink}" title="{escape(visible(cell.reasons))}"'


def _interval(cell: Row, span: tuple[float, float]) -> str:
    """Return a bar from low to high and a tick at the value, on the row's scale."""
    start, end = span
    share = 96 / (end - start) if end > start else 0.0

    def at(value: float) -> float:
        return 2 + share * (value - start) if share else 50.0

    bar = ""
    if cell.low == cell.low and cell.high == cell.high:
        left, right = at(cell.low), at(cell.high)
        bar = f'<span class="bar" style="left:{left:.1f}%;width:{right - left:.1f}%"></span>'
    return (
        f'<span class="mark">{bar}<span class="tick" style="left:{at(cell.value):.1f}%"></span>'
        "</span>"
    )


def _folding(name: str) -> str:
    """Return a name that may be broken after its signs, not inside its words."""
    return re.sub(r"([_:/.\-])", r"\1<wbr>", _safe(name))


def _safe(text: object) -> str:
    return escape(visible(str(text)))
