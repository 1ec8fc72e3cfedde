"""How probable a checkpoint found each choice."""

from collections.abc import Sequence

from harness.render.charts.look import (
    BLUE,
    GREY,
    WIDTH,
    Chart,
    Row,
    data,
    finished,
    label_axis,
    labels,
    number_axis,
    shown,
)
from harness.render.charts.marks import Bar
from harness.render.numbers import MISSING, number

_UNIT = "nats"
_LINE = 26


def bars(values: Sequence[Bar]) -> Chart:
    """Return log-probabilities of choices; longer is less probable, so the shortest was chosen.

    The words say which choice was chosen and which is correct; the correct one is blue, too.
    """
    import altair as alt

    names = labels(bar.label for bar in values)
    rows = [_row(name, bar) for name, bar in zip(names, values, strict=True)]
    y = alt.Y("label:N", sort=names, axis=label_axis())
    x = alt.X("value:Q", title="log-probability, nats", axis=number_axis(orient="top"))
    base = alt.Chart(data(rows)).encode(y=y)
    tips = [
        alt.Tooltip("label:N", title="choice"),
        alt.Tooltip("number:N", title="log-probability"),
        alt.Tooltip("said:N", title="is"),
    ]
    colour = alt.condition("datum.correct", alt.value(BLUE), alt.value(GREY))
    chart = alt.layer(
        base.mark_bar(height=_LINE * 0.6).encode(x=x, color=colour, tooltip=tips),
        base.mark_text(align="left", dx=6, color=GREY).encode(
            x=alt.X(datum=0), text=alt.Text("text:N")
        ),
    )
    described = f"Log-probabilities of {len(rows)} choices"
    return finished(chart, described, width=WIDTH, height=_LINE * max(1, len(rows)))


def _row(name: str, bar: Bar) -> Row:
    said = [word for word, true in (("chosen", bar.chosen), ("correct", bar.correct)) if true]
    value = MISSING if bar.value is None else number(bar.value, _UNIT)
    return {
        "label": name,
        "value": shown(bar.value, _UNIT),
        "number": value,
        "correct": bar.correct,
        "said": ", ".join(said),
        "text": ", ".join([value, *said]),
    }
