"""The pages: nothing is fetched or run, everything is labelled, and what's missing stays so."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from lm_eval_files import brought, write

from harness.render.headline import headline
from harness.render.numbers import MISSING
from harness.report.gather import report_of
from harness.report.html_page import page_html
from harness.report.markdown_page import page_markdown
from harness.report.outline import page_of
from harness.report.parts import Page, Part, Table
from harness.report.results import Report
from harness.store import Store

Family = Callable[..., Path]
VOID = {"meta", "br", "img", "hr", "input", "link"}


class Read(HTMLParser):
    """What a page consists of; every element is closed where it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture
def report(family: Family) -> Report:
    return report_of(Store(family()), "toy")


@pytest.fixture
def page(report: Report) -> str:
    return page_html(page_of(report))


def test_a_page_fetches_nothing_and_runs_nothing(page: str) -> None:
    read = Read(page)
    assert read.of("script", "link", "iframe", "object", "img", "image", "use", "base") == []
    for _, attributes in read.elements:
        assert not [name for name in attributes if name.startswith("on")]
        targets = [attributes.get(name) for name in ("href", "src", "xlink:href")]
        assert all(target.startswith("#") for target in targets if target)
    assert re.findall(r"url\((?!#)|@import", page) == []
    namespaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= namespaces
    policy = next(a["content"] for a in read.of("meta") if "http-equiv" in a)
    assert str(policy).startswith("default-src 'none'")


def test_what_a_page_shows_is_labelled(page: str) -> None:
    read = Read(page)
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    heads = read.of("th")
    assert heads
    assert {attributes.get("scope") for attributes in heads} <= {"col", "row", "rowgroup"}
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = [a["aria-labelledby"] for _, a in read.elements if "aria-labelledby" in a]
    assert {name for label in labels for name in str(label).split()} <= set(ids)
    assert {str(a["href"])[1:] for a in read.of("a")} <= set(ids)


def parts(all_parts: list[Part] | tuple[Part, ...]) -> list[Part]:
    found = []
    for part in all_parts:
        found += [part, *parts(tuple(part.parts))]
    return found


def test_every_chart_has_a_title_and_a_table(report: Report, page: str) -> None:
    found = parts(tuple(page_of(report).parts))
    drawn = [part for part in found if part.figure is not None]
    assert len(drawn) >= 5  # stages, three steps, the plane of siblings, the matrices
    assert all(part.table is not None for part in drawn)
    charts = re.findall(r"<svg[^>]*role=\"img\"[^>]*><title[^>]*>[^<]+</title><desc", page)
    assert len(charts) == page.count("<svg") == len(drawn)


def test_both_colour_schemes_and_paper_are_provided_for(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_headlines_of_aligned_checkpoints_stand_first(report: Report) -> None:
    first = page_of(report).parts[0]
    said = [headline(a) for step in report.steps for a in step.against if "dpo" in a.candidate]
    assert [note.startswith(line) for note, line in zip(first.notes, said, strict=False)] == [
        True,
        True,
    ]
    assert "paired documents" in first.notes[0]
    assert not any(note.startswith("sft against") for note in first.notes)


def test_markdown_and_html_have_the_same_tables(report: Report, page: str) -> None:
    made = page_of(report)
    markdown = page_markdown(made)
    tables = [part.table for part in parts(tuple(made.parts)) if part.table]
    assert page.count("<table>") == len(tables)
    assert len(re.findall(r"^\|(?:---\|)+$", markdown, re.MULTILINE)) == len(tables)
    for line in markdown.splitlines():
        if line.startswith("| "):
            assert line.endswith(" |")


def test_siblings_are_placed_between_gain_and_tax(report: Report) -> None:
    titles = [part.title for part in parts(tuple(page_of(report).parts))]
    assert "Gain and tax against base, siblings toy: from sft" in titles
    assert "What dpo-a forgot" in titles
    assert "What dpo-b forgot" in titles


def test_a_checkpoint_without_evidence_is_named_and_its_cells_stay_empty(family: Family) -> None:
    checkpoints = [
        {"name": "base", "stage": "base", "model": "toy/base"},
        {"name": "sft", "stage": "sft", "parent": "base", "model": "toy/sft"},
    ]
    store = Store(family(checkpoints=checkpoints))
    (run,) = store.runs()
    cells = [cell for cell in run["cells"] if cell["checkpoint"] != "sft"]
    store.write_run({**run, "cells": cells})
    report = report_of(store, "toy")
    assert report.steps == ()
    made = page_of(report)
    assert "Not compared: sft: no evidence." in made.parts[0].notes
    stages = next(part for part in made.parts if part.title == "Stages")
    assert stages.table is not None
    rows = [row for row in stages.table.rows if len(row) > 1]
    assert all(row[2][0].startswith(MISSING) for row in rows)
    assert not re.search(r"\b(?:nan|NaN|None|null|undefined)\b", page_html(made))


def test_a_cell_of_lines_is_one_cell_in_markdown_and_html() -> None:
    table = Table(heads=(("a",), ("b", "vs a")), rows=((("x | y",), ("1.0", "▼ −2.0")),))
    made = Page(title="t", intro="", parts=[Part(title="p", table=table)])
    assert "| x &#124; y | 1.0<br>▼ −2.0 |" in page_markdown(made)
    shown = page_html(made)
    assert '<th scope="row">x | y</th><td class="n"><div>1.0</div>' in shown
    assert '<div class="down">▼ −2.0</div>' in shown


def test_stated_numbers_are_reported_with_what_they_lack(tmp_path: Path) -> None:
    store = Store(tmp_path / "evals")
    for name, right in {"base": [1, 1, 1, 0, 0, 1], "sft": [1, 0, 1, 0, 0, 0]}.items():
        write(tmp_path / name, {"quiz": right}, f"org/{name}", samples=False)
        stage, parent = ("sft", "base") if name == "sft" else ("base", None)
        brought(tmp_path / name, store.root, stage=stage, parent=parent)
    report = report_of(store, "toy")
    markdown = page_markdown(page_of(report))
    assert "2 checkpoints" in markdown
    assert "sft against base" in markdown
    assert "no paired evidence: unpaired standard error only" in markdown
    assert "66.7" in next(line for line in markdown.splitlines() if line.startswith("| base | lm"))
    assert not re.search("gained|certain to have lost", markdown)
