"""How sure answers were, and how many of them were right."""

from collections.abc import Sequence

from harness.render.charts.look import (
    DASHES,
    GREY,
    LINES,
    SHAPES,
    Chart,
    Row,
    data,
    finished,
    interval,
    labelled,
    number_axis,
    shown,
)
from harness.render.charts.marks import Bin
from harness.render.numbers import number

_SIDE = 320


def reliability(bins: Sequence[Bin]) -> Chart:
    """Return accuracy over confidence, a line a label; on the diagonal confidence is earned."""
    import altair as alt

    named = labelled(each.label for each in bins)
    names = [*named.values()]
    legend = alt.Legend(title=None, orient="bottom", symbolStrokeWidth=0, symbolOpacity=1)
    percent = alt.Scale(domain=[0, 100])
    x = alt.X("confidence:Q", title="confidence, %", scale=percent, axis=number_axis())
    y = alt.Y("accuracy:Q", title="right, %", scale=percent, axis=number_axis())
    colours, shapes, dashes = (
        alt.Scale(domain=names, range=[looks[i % len(looks)] for i in range(len(names))])
        for looks in (LINES, SHAPES, DASHES)
    )
    base = alt.Chart(data([_row(named[each.label], each) for each in bins])).encode(
        x=x,
        y=y,
        color=alt.Color("label:N", scale=colours, legend=legend),
    )
    diagonal = alt.Chart(
        data([{"confidence": 0.0, "accuracy": 0.0}, {"confidence": 100.0, "accuracy": 100.0}])
    )
    told = {"label:N": "checkpoint", "sure:N": "confidence", "right:N": "right", "n:Q": "answers"}
    bars = base.mark_rule(opacity=0.45).encode(y=alt.Y("low:Q", title=""), y2="high:Q")
    chart = alt.layer(
        diagonal.mark_line(color=GREY, strokeDash=[3, 3]).encode(x=x, y=y),
        *([bars] if any(each.low is not None for each in bins) else []),
        base.mark_line().encode(strokeDash=alt.StrokeDash("label:N", scale=dashes, legend=None)),
        base.mark_point(filled=True, opacity=1).encode(
            shape=alt.Shape("label:N", scale=shapes, legend=legend),
            size=alt.Size("n:Q", scale=alt.Scale(range=[30, 250]), legend=None),
            tooltip=[alt.Tooltip(field, title=title) for field, title in told.items()],
        ),
    )
    described = f"Accuracy over confidence of {', '.join(names)}; the diagonal is calibrated"
    return finished(chart, described, width=_SIDE, height=_SIDE)


def _row(name: str, each: Bin) -> Row:
    return {
        "label": name,
        "confidence": shown(each.confidence, "%"),
        "accuracy": shown(each.accuracy, "%"),
        "sure": number(each.confidence, "%"),
        "low": shown(each.low, "%"),
        "high": shown(each.high, "%"),
        "right": interval(each.accuracy, each.low, each.high, "%"),
        "n": each.n,
    }
