"""Estimates along a chain of checkpoints, or over an attribute of them."""

from collections.abc import Sequence

from harness.render.charts.look import (
    BLUE,
    GREY,
    WIDTH,
    Channel,
    Chart,
    Row,
    data,
    finished,
    interval,
    label,
    label_axis,
    labelled,
    number_axis,
    order,
    shown,
    titled,
)
from harness.render.charts.marks import Mark

_PANEL, _HEIGHT, _COLUMNS = 200, 110, 4
_GAPS = {"row": 50, "column": 44}  # for ticks, which stand outside the panels
_FEW = 4  # ticks of a small panel


def trajectory(points: Sequence[Mark]) -> Chart:
    """Return one small panel a group: its value at each checkpoint, in chain order, with intervals.

    A checkpoint without a value leaves a gap in the line.
    """
    import altair as alt

    x = alt.X("label:N", sort=order(p.label for p in points), axis=label_axis(labelAngle=0))
    return _panels(points, x, "Values along the chain of checkpoints")


def curve(points: Sequence[Mark], attribute: str = "") -> Chart:
    """Return one panel a group: values over a numeric attribute, those without one left out."""
    import altair as alt

    axis = number_axis(grid=False)
    x = alt.X("at:Q", title=label(attribute) or None, scale=alt.Scale(zero=False), axis=axis)
    return _panels([p for p in points if p.at is not None], x, "Values over training")


def _panels(points: Sequence[Mark], x: Channel, described: str) -> Chart:
    import altair as alt

    rows = _rows(points)
    names = list(dict.fromkeys(str(row["panel"]) for row in rows))
    if len(names) <= 1:
        alone = _layers(rows, x, number_axis(), names[0] if names else None)
        described = ": ".join([described, *names])
        return finished(alone, described, width=WIDTH, height=2 * _HEIGHT)
    head = alt.Header(title=None, labelLimit=_PANEL, labelAnchor="start")
    panels = (
        _layers(rows, x, number_axis(_FEW), None)
        .properties(width=_PANEL, height=_HEIGHT)
        .facet(facet=alt.Facet("panel:N", sort=names, header=head), columns=_COLUMNS)
        .resolve_scale(x="independent", y="independent")
        .properties(bounds="flush", spacing=_GAPS)
    )
    return finished(panels, f"{described}, a panel for each of {len(names)} rows")


def _layers(rows: Sequence[Row], x: Channel, axis: Channel, title: str | None) -> Chart:
    import altair as alt

    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False), axis=axis)
    base = alt.Chart().encode(x=x)
    tips = [
        alt.Tooltip("label:N", title="checkpoint"),
        alt.Tooltip("group:N", title="row"),
        alt.Tooltip("text:N", title="value"),
    ]
    return alt.layer(
        base.mark_rule(color=GREY, strokeWidth=1.5)
        .encode(y=y, y2="high:Q")
        .transform_calculate(value="datum.low"),
        base.mark_line(color=BLUE, strokeWidth=2, invalid="break-paths-show-domains").encode(y=y),
        base.mark_point(color=BLUE, filled=True, size=50, opacity=1).encode(y=y, tooltip=tips),
        data=data(rows),
    )


def _rows(points: Sequence[Mark]) -> list[Row]:
    names, groups = labelled(p.label for p in points), labelled(p.group for p in points)
    return [
        {
            "label": names[point.label],
            "group": groups[point.group],
            "panel": titled(groups[point.group], point.unit),
            "at": point.at,
            "value": shown(point.value, point.unit),
            "low": shown(point.low, point.unit),
            "high": shown(point.high, point.unit),
            "text": interval(point.value, point.low, point.high, point.unit),
        }
        for point in points
    ]
