"""The files of a report: each whole or not there, a family's name in theirs."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.records import digest
from harness.report.data import report_json
from harness.report.html_page import page_html
from harness.report.markdown_page import page_markdown
from harness.report.outline import page_of
from harness.report.results import Report
from harness.store.files import write_whole

_LONGEST = 80
_UNSAFE = re.compile(r"[^\w.-]+")
FORMATS: Mapping[str, tuple[str, Callable[[Report], str]]] = {
    "markdown": (".md", lambda report: page_markdown(page_of(report))),
    "html": (".html", lambda report: page_html(page_of(report))),
    "json": (".json", report_json),
}
"""Suffix and writer by the name of a format."""


def write_report(report: Report, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write a report into a folder, which is made; return the files, one a format.

    What lies there under those names is replaced. StoreError if the disk says no.
    """
    written = []
    for name in formats:
        suffix, spelled = FORMATS[name]
        path = folder / f"{file_name(report.family)}{suffix}"
        write_whole(path, spelled(report).encode("utf-8", "replace"))
        written.append(path)
    return written


def file_name(family: str) -> str:
    """Return a family's name as a file's; one that has to be changed carries its hash."""
    safe = _UNSAFE.sub("-", family).strip(".-")[:_LONGEST]
    return safe if safe == family else f"{safe or 'family'}-{digest(family)[:8]}"
