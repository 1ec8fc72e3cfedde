"""What candidates gained against what they paid."""

from collections.abc import Sequence

from harness.render.charts.look import (
    BLUE,
    GREY,
    WIDTH,
    Chart,
    Row,
    data,
    finished,
    interval,
    labels,
    number_axis,
    shown,
)
from harness.render.charts.marks import Spot

_UNIT = "%"
_HIGH = 320


def plane(points: Sequence[Spot]) -> Chart:
    """Return candidates by net tax (right: paid more) and net gain (up), with both intervals.

    Filled ones are on the Pareto front; the dominated are hollow and grey.
    """
    import altair as alt

    names = labels(point.label for point in points)
    rows = [_row(name, point) for name, point in zip(names, points, strict=True)]
    x = alt.X("tax:Q", title="net tax, points (right: cost more)", axis=number_axis())
    y = alt.Y("gain:Q", title="net gain, points", axis=number_axis())
    legend = alt.Legend(title=None, orient="bottom")
    beaten = not all(point.front for point in points)
    scale = alt.Scale(domain=["on the front", "dominated"][: 1 + beaten], range=[BLUE, GREY])
    color = alt.Color("said:N", scale=scale).legend(legend)
    base = alt.Chart(data(rows))
    zero = alt.Chart(data([{"zero": 0.0}])).mark_rule(color=GREY, strokeDash=[3, 3])
    tips = [
        alt.Tooltip("label:N", title="checkpoint"),
        alt.Tooltip("gain_text:N", title="gain"),
        alt.Tooltip("tax_text:N", title="tax"),
        alt.Tooltip("said:N", title="Pareto"),
    ]
    spots = base.encode(x=x, y=y, color=color, tooltip=tips)
    layers = [
        zero.encode(x=alt.X("zero:Q", title="")),
        zero.encode(y=alt.Y("zero:Q", title="")),
        base.mark_rule(strokeWidth=1.5).encode(
            x=alt.X("tax_low:Q", title=""), x2="tax_high:Q", y=y, color=color
        ),
        base.mark_rule(strokeWidth=1.5).encode(
            x=x, y=alt.Y("gain_low:Q", title=""), y2="gain_high:Q", color=color
        ),
        spots.mark_point(filled=True, size=90, opacity=1).transform_filter("datum.front"),
        base.mark_text(align="left", dx=8, dy=-8, color=GREY).encode(x=x, y=y, text="label:N"),
    ]
    if beaten:
        layers.append(spots.mark_point(size=90, strokeWidth=2).transform_filter("!datum.front"))
    described = f"Net gain over net tax of {len(rows)} checkpoints with their intervals"
    return finished(alt.layer(*layers), described, width=WIDTH, height=_HIGH)


def _row(name: str, point: Spot) -> Row:
    return {
        "label": name,
        "gain": shown(point.gain, _UNIT),
        "gain_low": shown(point.gain_low, _UNIT),
        "gain_high": shown(point.gain_high, _UNIT),
        "gain_text": interval(point.gain, point.gain_low, point.gain_high, _UNIT),
        "tax": shown(point.tax, _UNIT),
        "tax_low": shown(point.tax_low, _UNIT),
        "tax_high": shown(point.tax_high, _UNIT),
        "tax_text": interval(point.tax, point.tax_low, point.tax_high, _UNIT),
        "front": point.front,
        "said": "on the front" if point.front else "dominated",
    }
