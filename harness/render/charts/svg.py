"""A chart as SVG for a page that loads nothing: text takes the page's colour, light or dark."""

import re
from html import escape

from harness.records import JSON
from harness.render.charts.look import GREY, Chart
from harness.render.escape import visible

_TEXT = "currentColor"
_CONFIG: dict[str, JSON] = {
    "font": "Arial, Helvetica, sans-serif",  # widths are measured in a font like these
    "padding": 12,
    "axis": {
        "labelColor": _TEXT,
        "titleColor": _TEXT,
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "domainColor": GREY,
        "gridColor": GREY,
        "gridOpacity": 0.25,
        "tickColor": GREY,
    },
    "header": {"labelColor": _TEXT, "labelFontSize": 12, "labelFontWeight": "normal"},
    "legend": {"labelColor": _TEXT, "labelFontSize": 12, "columnPadding": 20},
    "text": {"fontSize": 12},
    "view": {"stroke": None},
}
_ID = re.compile(r'(\bid="|url\(#|href="#)')
_OPENING = re.compile(r"<svg\b[^>]*>")
_SIZE = re.compile(r'\b(width|height)="([0-9.]+)"')
_UNUSED = re.compile(r' (?:(?:aria-[a-z]+|role|class|pointer-events)="[^"]*"|opacity="1")')
_EMPTY = re.compile(r'<path d="(?:M0,0h0v0h0Z)?"(?: display="none")?/>|<g></g>')
"""What scripts and screen readers would use: nothing runs, and its table says what marks show."""


def svg(chart: Chart, name: str, title: str) -> str:
    """Return a chart as one SVG element that shrinks with its page; nothing is fetched or run.

    ``name`` keeps its ids apart from those of other charts on the page. ``title`` and the chart's
    description are what a reader hears who can't see it.
    """
    import vl_convert

    spec = _text_coloured(chart.to_dict())
    described = spec.pop("description", title)
    drawn: str = vl_convert.vegalite_to_svg({**spec, "config": _CONFIG}, allowed_base_urls=[])
    drawn = _ID.sub(rf"\g<1>{name}-", _bare(drawn))
    opening = _OPENING.match(drawn)
    if opening is None:
        raise ValueError(f"no SVG from a chart: {drawn[:80]}")
    width, height = (float(size) for _, size in _SIZE.findall(opening.group())[:2])
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-title '
        f'{name}-desc" width="{width:g}" viewBox="0 0 {width:g} {height:g}" '
        'overflow="visible">'
        f'<title id="{name}-title">{escape(visible(title))}</title>'
        f'<desc id="{name}-desc">{escape(visible(described))}</desc>'
    )
    return head + drawn[opening.end() :]


def _bare(drawn: str) -> str:
    """Return an SVG without attributes and elements that nothing needs."""
    while (less := _EMPTY.sub("", _UNUSED.sub("", drawn))) != drawn:
        drawn = less
    return drawn


def _text_coloured(node: JSON) -> JSON:
    """Return a specification whose words have the page's colour."""
    if isinstance(node, list):
        return [_text_coloured(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _text_coloured(value) for key, value in node.items()}
    if found.get("type") == "text" and found.get("color") == GREY:
        found["color"] = _TEXT
    return found
