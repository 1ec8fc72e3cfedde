"""What all charts have in common: colours, scales, labels, intervals as text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from harness.render.escape import visible
from harness.render.numbers import MISSING, interval_text, unit_scale, unit_text

Chart: TypeAlias = Any
"""An altair chart; altair has no types that mypy follows."""
Channel: TypeAlias = Any
"""One of altair's channels or axes."""
Row: TypeAlias = Mapping[str, str | float | bool | None]

# Okabe and Ito 2008, those that stand out on white and on near-black
BLUE, VERMILLION, GREEN, PURPLE, ORANGE = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"
LINES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE)
GREY = "#808080"
"""Text, zero lines and what isn't clear: 3.9 : 1 on white, 4.8 : 1 on Streamlit's dark page."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (4, 1))
WIDTH = 520
"""Pixels between the axes, where nothing else sets the width."""
_LONGEST = 60
_LABEL_PIXELS = 260


def data(rows: Sequence[Row]) -> Any:
    """Return rows as a chart's own data, nothing fetched."""
    import altair as alt

    return alt.Data(values=[dict(row) for row in rows])


def shown(value: float | None, unit: str) -> float | None:
    """Return a value in the scale in which its unit is written: percent for shares."""
    return None if value is None else value * unit_scale(unit)


def interval(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    """Return ``62.7 [55.1, 69.7]`` for a tooltip; a dash for None."""
    return MISSING if value is None else interval_text(value, low, high, unit)


def titled(what: str, unit: str, *, difference: bool = False) -> str:
    """Return ``accuracy, %``."""
    return ", ".join(filter(None, [what, unit_text(unit, difference=difference)]))


def label(text: str) -> str:
    """Return one short line that steers nothing."""
    line = visible(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def labels(texts: Iterable[str]) -> list[str]:
    """Return labels that differ from each other, also where two texts are the same."""
    found: list[str] = []
    for text in texts:
        short, count = label(text), 1
        name = short
        while name in found:
            count += 1
            name = f"{short} ({count})"
        found.append(name)
    return found


def order(texts: Iterable[str]) -> list[str]:
    """Return each label once, in the order given."""
    return [*labelled(texts).values()]


def labelled(texts: Iterable[str]) -> dict[str, str]:
    """Return by text its label, in the order given; long ones that begin alike stay apart."""
    once = [*dict.fromkeys(texts)]
    return dict(zip(once, labels(once), strict=True))


def label_axis(limit: int = _LABEL_PIXELS, **more: object) -> Channel:
    """Return an axis of names: wide enough for long ones, without a title and grid."""
    import altair as alt

    look = {"labelLimit": limit, "labelFlush": False, "grid": False, "ticks": False}
    return alt.Axis(title=None, **look, **more)


def number_axis(ticks: int = 6, **more: object) -> Channel:
    """Return an axis of numbers with few ticks, so that none run into each other."""
    import altair as alt

    return alt.Axis(tickCount=ticks, labelFlush=False, labelOverlap=True, **more)


def finished(chart: Chart, described: str, **sizes: int) -> Chart:
    """Return a chart with its description for those who can't see it, on whatever is below."""
    return chart.properties(description=described, background="transparent", **sizes)
