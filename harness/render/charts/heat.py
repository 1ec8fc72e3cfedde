"""A table of numbers as fields of colour, each with its number in it."""

from collections.abc import Sequence

from harness.render.charts.look import GREY, Chart, data, finished, label_axis, labelled
from harness.render.charts.marks import Cell
from harness.render.numbers import MISSING, number

_WIDTH, _HEIGHT = 120, 30
_DARK = 0.55  # of the scale; from here on white is read more easily than black


def matrix(cells: Sequence[Cell], unit: str = "%", *, differences: bool = False) -> Chart:
    """Return fields that are darker the larger the number; missing ones are framed and have a dash.

    ``differences`` are orange below zero and blue above it, equally deep on both sides.
    """
    import altair as alt

    rows, columns = labelled(c.row for c in cells), labelled(c.column for c in cells)
    known = [cell.value for cell in cells if cell.value is not None]
    top = max(map(abs, known), default=0.0) or 1.0
    ends = (-top, top) if differences else (min(known, default=0.0), max(known, default=1.0))
    across = label_axis(_WIDTH - 4, labelAngle=0, orient="top")
    x = alt.X("column:N", sort=[*columns.values()], axis=across)
    y = alt.Y("row:N", sort=[*rows.values()], axis=label_axis())
    names = ({"row": rows[cell.row], "column": columns[cell.column]} for cell in cells)
    values = (_field(cell.value, unit, ends, differences=differences) for cell in cells)
    fields = data([name | value for name, value in zip(names, values, strict=True)])
    tips = [alt.Tooltip("row:N"), alt.Tooltip("column:N"), alt.Tooltip("text:N", title="value")]
    base = alt.Chart(fields).encode(x=x, y=y, tooltip=tips)
    scale = alt.Scale(scheme="blueorange", reverse=True, domain=[-1, 1])
    if not differences:
        scale = alt.Scale(scheme="blues", domain=[0, 1])
    known_fields = base.transform_filter("isValid(datum.depth)")
    empty = base.transform_filter("!isValid(datum.depth)")
    layers = [
        known_fields.mark_rect().encode(color=alt.Color("depth:Q", scale=scale, legend=None)),
        known_fields.mark_text(fontSize=12).encode(
            text="text:N",
            color=alt.condition("datum.dark", alt.value("white"), alt.value("black")),
        ),
    ]
    if len(known) < len(cells):
        layers.append(empty.mark_rect(fillOpacity=0, stroke=GREY, strokeDash=[3, 3]))
        layers.append(empty.mark_text(color=GREY).encode(text="text:N"))
    chart = alt.layer(*layers)
    described = f"{len(rows)} by {len(columns)} numbers, darker where they are larger"
    return finished(chart, described, width=_WIDTH * len(columns), height=_HEIGHT * len(rows))


def _field(
    value: float | None, unit: str, ends: tuple[float, float], *, differences: bool
) -> dict[str, str | float | bool | None]:
    low, high = ends
    depth = None
    if value is not None:
        depth = value / high if differences else (value - low) / ((high - low) or 1.0)
    return {
        "depth": depth,
        "dark": depth is not None and abs(depth) > _DARK,
        "text": MISSING if value is None else number(value, unit),
    }
