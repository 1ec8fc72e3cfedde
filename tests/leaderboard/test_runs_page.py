"""The runs page: what was run, at what cost, and the command that completes the rest."""

import json
import shlex
from pathlib import Path

import pytest
from board_pages import QUIZ, filled, page, table, texts, write_board_spec
from runs import go

from harness.render import cost_cells
from harness.store import Store
from leaderboard.source.runs import failures


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    filled(folder)
    go(folder / "run.yaml", tasks="quiz")
    return folder / "evals"


def test_runs_and_costs_are_those_of_the_accounts(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, newest = Store(store).runs()
    shown = page(store, "runs", monkeypatch, run=first["id"])
    frame = table(shown, "run", "started", "state")
    assert list(frame["run"]) == [newest["id"], first["id"]]
    assert list(frame["cells"]) == ["3 of 3", "9 of 9"]
    assert list(frame["documents asked"]) == ["0", "66"]
    cells = table(shown, "row", "has score", "cell")
    assert list(cells["row"]) == [cell["row"] for cell in first["cells"]]
    for line, cell in zip(cells.to_dict("records"), first["cells"], strict=True):
        costs = cost_cells(cell["cost"])
        assert all(line[head] == costs[head] for head in costs if head in line)
    facts = table(shown, "what", "is").set_index("what")["is"]
    assert facts["version: aligntax"] == first["versions"]["aligntax"]
    assert facts["model: sft"].endswith("toy/sft")


def test_a_complete_family_says_so(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(store, "runs", monkeypatch, part="Missing")
    assert "nothing is missing" in texts(shown)
    frame = table(shown, "row", "base", "dpo")
    assert list(frame["dpo"]) == ["12 of 12", "6 of 6", "4 of 4"]


def test_a_half_finished_store_shows_the_command_that_completes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path)
    (path,) = store.glob("runs/*.json")
    content = json.loads(path.read_text())
    content |= {"finished": False, "cells": content["cells"][:4]}
    path.write_text(json.dumps(content))
    shown = page(store, "runs", monkeypatch, part="Missing")
    (command,) = shown.code
    assert shlex.split(command.value) == [
        *("aligntax", "run", str(tmp_path / "run.yaml"), "--store", str(store))
    ]
    assert "5 places of the table aren't complete" in texts(shown)
    holes = table(shown, "checkpoint", "begun")
    assert set(holes["begun"]) == {"never"}
    runs = page(store, "runs", monkeypatch)
    assert table(runs, "run", "state")["state"][0] == "not finished"


def test_failed_documents_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = {"name": "fake", "options": {"failures": ["number is 3"]}}
    go(write_board_spec(tmp_path, tasks=[{**QUIZ}], backend=failing))
    store = tmp_path / "evals"
    shown = page(store, "runs", monkeypatch)
    assert set(table(shown, "has score", "errors")["errors"]) == {"1"}
    key = Store(store).runs()[0]["cells"][0]["key"]
    ((reason, count),) = failures("toy", key).items()
    assert (count, "scripted failure" in reason) == (1, True)
    monkeypatch.setenv("ALIGNTAX_SHARE_SAFE", "1")
    assert failures("toy", key) == {"hidden: share-safe": 1}


def test_an_empty_store_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "aligntax run" in texts(page(tmp_path / "evals", "runs", monkeypatch))
