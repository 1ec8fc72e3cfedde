"""The first page shows the store's stage table, and explains a store that is empty or half done."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from harness.analysis.families import table_of
from harness.evaluate import prepare
from harness.render import difference_text, estimate_text
from harness.run import run
from harness.spec import load_spec

Write = Callable[..., Path]


class Silent:
    def load(self, checkpoint: str) -> None: ...

    def begin(self, cell: object, documents: int) -> None: ...

    def advance(self) -> None: ...


@pytest.fixture
def page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> Callable[[], AppTest]:
    monkeypatch.setenv("ALIGNTAX_STORE", str(tmp_path / "evals"))
    app = pytestconfig.rootpath / "leaderboard" / "app.py"
    return lambda: AppTest.from_file(app, default_timeout=30).run()


def test_the_numbers_on_the_page_are_the_analysis_own(
    page: Callable[[], AppTest], write_spec: Write
) -> None:
    job = prepare(load_spec(write_spec()))
    summary = run(job.plan, job.inspections, job.store, Silent())
    (row,) = table_of(job.store, summary.run).rows
    shown = page()
    assert not shown.exception
    frame = shown.dataframe[0].value
    base, sft, _ = row.entries
    assert frame["base"][0] == estimate_text(base.estimate, row.info.unit, with_unit=False)
    assert sft.change is not None
    delta = difference_text(sft.change.difference, row.info.unit, with_unit=False)
    assert delta in frame["sft Δ base"][0]


def test_an_empty_store_says_how_to_fill_it(page: Callable[[], AppTest]) -> None:
    shown = page()
    assert not shown.exception
    assert "aligntax run" in shown.info[0].value


def test_a_half_finished_run_is_named_so(
    page: Callable[[], AppTest], write_spec: Write, tmp_path: Path
) -> None:
    job = prepare(load_spec(write_spec()))
    run(job.plan, job.inspections, job.store, Silent())
    (path,) = tmp_path.glob("evals/runs/*.json")
    content = json.loads(path.read_text())
    content |= {"finished": False, "cells": content["cells"][:1]}
    path.write_text(json.dumps(content))
    shown = page()
    assert not shown.exception
    assert "isn't finished" in shown.warning[0].value
    assert shown.dataframe[0].value["dpo"][0] == "not evaluated"


def test_a_damaged_store_is_one_message(
    page: Callable[[], AppTest], write_spec: Write, tmp_path: Path
) -> None:
    (tmp_path / "evals" / "runs").mkdir(parents=True)
    (tmp_path / "evals" / "runs" / "x.json").write_text("{")
    shown = page()
    assert not shown.exception
    assert "damaged" in shown.code[0].value
