"""A table on a page, and the same table as three files.

What is shown is text for people, with the decimals that an interval allows. CSV and Parquet carry
the numbers behind it, where a page has them; Markdown carries what is shown.
"""

import re
from collections.abc import Callable, Iterable
from io import BytesIO

import pandas as pd
import streamlit as st

from harness.render import visible
from harness.render.sections import Section, sections_markdown
from leaderboard.plain import plain

_WHOLE = 40
"""Rows that are shown without scrolling."""
_HIGH = 740
_FORMULA = re.compile(r"[=@\t\r\n]|[+\-](?![\d.∞][\d.,∞ \[\]−%]*$)")
"""What a spreadsheet may run; a number after a sign is none, alone or with its interval."""
_FORMATS: tuple[tuple[str, str, str], ...] = (
    ("CSV", "csv", "text/csv"),
    ("Parquet", "parquet", "application/vnd.apache.parquet"),
    ("Markdown", "md", "text/markdown"),
)


def shown(
    frame: pd.DataFrame,
    name: str,
    *,
    key: str,
    data: pd.DataFrame | None = None,
    selects: bool = False,
) -> int | None:
    """Show a frame of text and its downloads; return the place of the selected row, None: none.

    ``name`` says whose and which table it is, and becomes the files' name; ``data`` are the numbers
    behind it, by default what is shown. ``selects``: rows can be selected.
    """
    text = frame.map(_line)
    text.columns = _heads(frame.columns)
    height = "content" if len(text) <= _WHOLE else _HIGH
    kept = {"data": text, "hide_index": True, "height": height, "alt": visible(name)}
    picked: list[int] = []
    if selects:
        kept |= {"on_select": "rerun", "selection_mode": "single-row"}
        picked = list(st.dataframe(**kept, key=key).selection.rows)
    else:
        st.dataframe(**kept, key=key)
    downloads(text, name, key=key, data=data)
    return picked[0] if picked and picked[0] < len(text) else None


def section(found: Section, name: str, *, key: str) -> None:
    """Show one section of a longer result: what the numbers are, its table, its notes."""
    if found.intro:
        st.caption(plain(found.intro))
    if found.rows:
        rows = [[*map(str, row)] for row in found.rows]
        shown(pd.DataFrame(rows, columns=list(map(str, found.heads))), name, key=key)
    if found.notes:
        st.text("\n".join(map(visible, found.notes)))


def downloads(
    frame: pd.DataFrame,
    name: str,
    *,
    key: str,
    data: pd.DataFrame | Callable[[], pd.DataFrame] | None = None,
) -> None:
    """Show the three buttons; files, and ``data`` that is a function, are made when asked for."""

    def numbers() -> pd.DataFrame:
        if data is None:
            return frame
        return data if isinstance(data, pd.DataFrame) else data()

    makers: tuple[Callable[[], bytes], ...] = (
        lambda: as_csv(numbers()),
        lambda: as_parquet(numbers()),
        lambda: as_markdown(frame, name),
    )
    with st.container(horizontal=True, gap="small", key=f"{key}-downloads"):
        for (label, ending, mime), make in zip(_FORMATS, makers, strict=True):
            st.download_button(
                label,
                data=make,
                file_name=f"{file_stem(name)}.{ending}",
                mime=mime,
                key=f"{key}-{ending}",
                on_click="ignore",
                type="tertiary",
                help=f"Download {plain(name)} as {label}",
            )


def as_csv(frame: pd.DataFrame) -> bytes:
    """Return UTF-8 that spreadsheets read as text: no cell of it is a formula."""
    heads = [_no_formula(head) for head in frame.columns]
    return frame.map(_no_formula).set_axis(heads, axis="columns").to_csv(index=False).encode()


def as_parquet(frame: pd.DataFrame) -> bytes:
    """Return one Parquet file."""
    buffer = BytesIO()
    frame.map(_writable).to_parquet(buffer, index=False)
    return buffer.getvalue()


def as_markdown(frame: pd.DataFrame, name: str) -> bytes:
    """Return the frame as GitHub's Markdown, under its name."""
    rows = [["" if _missing(cell) else str(cell) for cell in row] for row in frame.to_numpy()]
    section = Section(title=name, heads=[str(head) for head in frame.columns], rows=rows)
    return sections_markdown([section]).encode("utf-8", "backslashreplace")


def file_stem(name: str) -> str:
    """Return a file name of letters and digits of any script: ``medical-demo-stages``."""
    return re.sub(r"[\W_]+", "-", name).strip("-")[:100] or "table"


def _heads(names: Iterable[object]) -> list[str]:
    """Return heads that differ: a checkpoint may have any name, also that of another column."""
    found: list[str] = []
    for name in names:
        head, again = visible(str(name)), 1
        while head in found:
            again += 1
            head = f"{visible(str(name))} ({again})"
        found.append(head)
    return found


def _line(value: object) -> object:
    return visible(value) if isinstance(value, str) else value


def _no_formula(value: object) -> object:
    value = _writable(value)
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _writable(value: object) -> object:
    """Return text without halves of characters, which no file can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and value != value)
