"""A page as one HTML file that loads nothing and runs nothing: charts are SVG inside it."""

import re
from collections.abc import Iterator, Sequence
from html import escape

from harness.render.charts.svg import svg
from harness.render.escape import visible
from harness.report.look import STYLE
from harness.report.parts import Figure, Lines, Page, Part, Quote, Table

_DEEPEST = 6
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Should anything slip through after all, the browser neither loads nor runs it."""
_MARKS = {"▲": "up", "▼": "down", "≈": "care", "×": "care"}
_NUMBER = re.compile(r"^[+−▲▼≈·×—]?\s?[+−]?\d")


def page_html(page: Page) -> str:
    """Return a page; texts of models and data are shown as they are, escaped."""
    named = [(f"part-{i}", part) for i, part in enumerate(page.parts, 1)]
    contents = "".join(
        f'<li><a href="#{name}">{_safe(part.title)}</a></li>' for name, part in named
    )
    body = "\n".join(line for name, part in named for line in _part(part, 2, name))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_safe(page.title)}</title>\n<style>{STYLE}</style></head>\n<body>\n"
        f"<header><h1>{_safe(page.title)}</h1>\n<p>{_safe(page.intro)}</p></header>\n"
        f'<nav aria-label="Contents"><ol>{contents}</ol></nav>\n<main>\n{body}\n</main>\n'
        "</body></html>\n"
    )


def _part(part: Part, level: int, name: str) -> Iterator[str]:
    tag = f"h{min(level, _DEEPEST)}"
    title = _safe(part.title)
    yield f'<section aria-labelledby="{name}"><{tag} id="{name}">{title}</{tag}>'
    if part.intro:
        yield f"<p>{_safe(part.intro)}</p>"
    if part.figure is not None:
        yield _figure(part.figure, name)
    if part.table is not None:
        yield from _table(part.table, name)
    if part.notes:
        kind = "lead" if name == "part-1" else "notes"
        yield f'<ul class="{kind}">{"".join(f"<li>{_safe(note)}</li>" for note in part.notes)}</ul>'
    if part.quotes:
        yield f"<dl>{''.join(map(_quote, part.quotes))}</dl>"
    if part.code:
        lines = "\n".join(map(_safe, part.code.split("\n")))
        yield f"<pre><code>{lines}</code></pre>"
    for i, inner in enumerate(part.parts, 1):
        yield from _part(inner, level + 1, f"{name}-{i}")
    yield "</section>"


def _figure(figure: Figure, name: str) -> str:
    drawn = svg(figure.chart, f"chart-{name}", figure.title)
    return f"<figure>{drawn}<figcaption>{_safe(figure.title)}; numbers below.</figcaption></figure>"


def _table(table: Table, name: str) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{_lines(head)}</th>' for head in table.heads)
    yield (
        f'<div class="wide" role="region" aria-labelledby="{name}" tabindex="0"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>"
    )
    for row in table.rows:
        if len(row) == 1:
            span = f'colspan="{len(table.heads)}"'
            yield f'<tr class="of"><th scope="rowgroup" {span}>{_lines(row[0])}</th></tr>'
        else:
            yield f"<tr>{_row(row)}</tr>"
    yield "</tbody></table></div>"


def _row(row: Sequence[Lines]) -> str:
    first, *others = row
    cells = "".join(
        f"<td{_number_class(cell)}>{''.join(map(_marked, cell))}</td>" for cell in others
    )
    return f'<th scope="row">{_lines(first)}</th>{cells}'


def _number_class(cell: Lines) -> str:
    return ' class="n"' if cell and _NUMBER.match(cell[0]) else ""


def _lines(lines: Lines) -> str:
    first, *rest = lines or ("",)
    return _safe(first) + "".join(f"<small>{_safe(line)}</small>" for line in rest)


def _marked(line: str) -> str:
    kind = _MARKS.get(line[:1])
    marked = f' class="{kind}"' if kind else ""
    return f"<div{marked}>{_safe(line)}</div>"


def _quote(quote: Quote) -> str:
    note = f' <span class="note">{_safe(quote.note)}</span>' if quote.note else ""
    text = "\n".join(map(_safe, quote.text.split("\n"))) if quote.text else "<em>no text</em>"
    kind = "" if quote.answer else ' class="whole"'
    label = f"<dt>{_safe(quote.label)}{note}</dt>"
    return f'<div{kind}>{label}<dd dir="auto"><pre>{text}</pre></dd></div>'


def _safe(text: str) -> str:
    return escape(visible(text))
