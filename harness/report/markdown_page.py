"""A page as GitHub's Markdown; charts are left to the HTML, their tables are here."""

import re
from collections.abc import Iterator, Sequence

from harness.render.escape import markdown, visible
from harness.report.parts import Lines, Page, Part, Quote, Table

_DEEPEST = 6
_FENCES = re.compile("`+")
_STARTS = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")
"""What begins a list or underlines a heading."""
_LINKED = re.compile(r":(?=//)|(?<=www)\.|@(?=\w)")
"""What GitHub makes a link of without being asked."""


def page_markdown(page: Page) -> str:
    """Return a page; texts of models and data can't become markup, links or lists in it."""
    lines = [f"# {unlinked(page.title)}", "", inert(page.intro), ""]
    for part in page.parts:
        lines += _part(part, 2)
    return "\n".join(lines).rstrip("\n") + "\n"


def _part(part: Part, level: int) -> Iterator[str]:
    yield f"{'#' * min(level, _DEEPEST)} {unlinked(part.title)}"
    yield ""
    if part.intro:
        yield from (inert(part.intro), "")
    if part.table is not None:
        yield from (*_table(part.table), "")
    if part.notes:
        yield from (*(f"- {inert(note)}" for note in part.notes), "")
    for quote in part.quotes:
        yield from _quote(quote)
    if part.code:
        yield from (*_code(part.code), "")
    for inner in part.parts:
        yield from _part(inner, level + 1)


def _code(code: str) -> Iterator[str]:
    longest = max(map(len, _FENCES.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)  # a name in a command may have backticks
    yield f"{fence}sh"
    yield from map(visible, code.split("\n"))
    yield fence


def _table(table: Table) -> Iterator[str]:
    yield _line([_cell(head) for head in table.heads])
    yield "|---" * len(table.heads) + "|"
    for row in table.rows:
        if len(row) == 1:
            yield _line([f"**{_cell(row[0])}**", *[""] * (len(table.heads) - 1)])
        else:
            yield _line([_cell(cell) for cell in row])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(lines: Lines) -> str:
    return "<br>".join(map(unlinked, lines))  # in a cell nothing starts a list


def _quote(quote: Quote) -> Iterator[str]:
    note = f" ({unlinked(quote.note)})" if quote.note else ""
    yield f"**{unlinked(quote.label)}**{note}"
    yield ""
    lines = [inert(line) for line in quote.text.split("\n")] if quote.text else ["(no text)"]
    yield from (f"> {line}<br>" for line in lines)
    yield ""


def unlinked(text: str) -> str:
    """Return one line without markup, of which no part becomes a link."""
    return _LINKED.sub(_reference, markdown(text))


def inert(text: str) -> str:
    """Return one line that stays words wherever it stands: no list, no heading, no link."""
    line = unlinked(text)
    found = _STARTS.match(line)
    if found is None:
        return line
    blanks, start = found.groups()
    rest = line[found.end() :]
    if start.isdigit():
        start, rest = f"{start}{_reference_of(rest[0])}", rest[1:]
    else:
        start = _reference_of(start)
    return "&nbsp;" * len(blanks) + start + rest


def _reference(found: re.Match[str]) -> str:
    return _reference_of(found.group())


def _reference_of(character: str) -> str:
    return f"&#{ord(character)};"
