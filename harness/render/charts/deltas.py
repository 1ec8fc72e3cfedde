"""Paired differences, one below the other, with the zero line and margins."""

from collections.abc import Sequence

from harness.render.charts.look import (
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    WIDTH,
    Channel,
    Chart,
    Row,
    data,
    finished,
    interval,
    label_axis,
    labels,
    number_axis,
    shown,
    titled,
)
from harness.render.charts.marks import Delta
from harness.render.numbers import MISSING, number
from harness.results import Wording

_LINE = 24
_LOOKS: dict[str, tuple[str, str]] = {  # what is said, by colour and by shape
    "gained": (BLUE, "triangle-up"),
    "lost": (VERMILLION, "triangle-down"),
    "changed": (ORANGE, "diamond"),
    "no clear change": (GREY, "circle"),
    "not comparable": (GREY, "cross"),
}


def forest(deltas: Sequence[Delta], unit: str) -> Chart:
    """Return paired differences with intervals around zero; qualified ones hollow.

    A tick marks each margin; a difference that can't be made has a line without a mark.
    """
    import altair as alt

    marked = (f"{d.label} (qualified)" if d.qualified else d.label for d in deltas)
    names = labels(marked)
    rows = [_row(name, delta, unit) for name, delta in zip(names, deltas, strict=True)]
    y = alt.Y("label:N", sort=names, axis=label_axis())
    x = alt.X("value:Q", title=titled("difference", unit, difference=True), axis=number_axis())
    color, shape = _looks([str(row["said"]) for row in rows])
    base = alt.Chart(data(rows)).encode(y=y)
    zero = alt.Chart(data([{"value": 0.0}])).mark_rule(color=GREY).encode(x=x)
    points = base.encode(
        x=x,
        color=color,
        shape=shape,
        tooltip=[alt.Tooltip("label:N", title="row"), alt.Tooltip("text:N", title="difference")],
    )
    filled = points.mark_point(filled=True, size=70, opacity=1).transform_filter("!datum.qualified")
    hollow = points.mark_point(filled=False, size=70, strokeWidth=2).transform_filter(
        "datum.qualified"
    )
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=""), x2="high:Q", color=color
    )
    margins = base.mark_tick(color=GREY, thickness=2, size=_LINE * 0.7).encode(
        x="margin:Q", tooltip=[alt.Tooltip("margin_text:N", title="margin")]
    )
    without = base.transform_filter("!isValid(datum.value)")
    none = without.mark_text(align="left", dx=6, color=GREY)
    layers = [zero]  # one without marks would be a picture without a name to a screen reader
    layers += [margins] if any(delta.margin is not None for delta in deltas) else []
    layers += [bars, filled] if any(delta.low is not None for delta in deltas) else [filled]
    layers += [hollow] if any(delta.qualified for delta in deltas) else []
    chart = alt.layer(*layers, none.encode(x=alt.X(datum=0), text="said:N"))
    described = f"{len(rows)} paired differences with their intervals and the zero line"
    return finished(chart, described, width=WIDTH, height=_LINE * max(1, len(rows)))


def _looks(said: Sequence[str]) -> tuple[Channel, Channel]:
    """Return colour and shape of what is said, with one legend of what is there."""
    import altair as alt

    used = [word for word in _LOOKS if word in said or not said]
    colours = alt.Scale(domain=used, range=[_LOOKS[word][0] for word in used])
    shapes = alt.Scale(domain=used, range=[_LOOKS[word][1] for word in used])
    legend = alt.Legend(title=None, orient="bottom")
    color = alt.Color("said:N", scale=colours, legend=legend)
    return color, alt.Shape("said:N", scale=shapes, legend=legend)


def _row(name: str, delta: Delta, unit: str) -> Row:
    margin = delta.margin
    if margin is not None and delta.higher_is_better is not False:
        margin = -margin
    return {
        "label": name,
        "value": shown(delta.value, unit),
        "low": shown(delta.low, unit),
        "high": shown(delta.high, unit),
        "margin": shown(margin, unit),
        "margin_text": MISSING if margin is None else number(margin, unit),
        "qualified": delta.qualified,
        "said": delta.wording or _said(delta),
        "text": interval(delta.value, delta.low, delta.high, unit),
    }


def _said(delta: Delta) -> Wording:
    if delta.value is None:
        return "not comparable"
    if delta.low is None or delta.high is None or delta.low <= 0 <= delta.high:
        return "no clear change"
    if delta.qualified or delta.higher_is_better is None:
        return "changed"
    return "gained" if (delta.low > 0) == delta.higher_is_better else "lost"
