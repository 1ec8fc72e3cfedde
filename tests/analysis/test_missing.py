"""What is missing from a family's table, and commands that do fill it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from board_pages import NOTES, QUIZ, write_board_spec
from runs import go
from typer.testing import CliRunner

from harness.analysis.coverage import completion
from harness.analysis.families import table_of
from harness.cli import app
from harness.records import JSON
from harness.results.coverage import Completion, Place
from harness.store import Store, merge_runs


def places(store: Store) -> list[Place]:
    runs = store.runs()
    rows = table_of(store, merge_runs(runs)["toy"]).rows
    return [
        Place(
            checkpoint=entry.checkpoint,
            row=row.name,
            answered=entry.answered,
            planned=entry.planned,
            errors=entry.errors,
        )
        for row in rows
        for entry in row.entries
        if entry.planned
    ]


def missing(folder: Path) -> Completion:
    store = Store(folder / "evals")
    return completion(store.runs(), places(store), str(folder / "evals"))


def obey(found: Completion) -> None:
    """Run every command that was shown."""
    for command in found.commands:
        assert command.words[0] == "aligntax"
        result = CliRunner().invoke(app, list(command.words[1:]))
        assert result.exit_code == 0, result.output


def test_a_complete_family_lacks_nothing(tmp_path: Path) -> None:
    go(write_board_spec(tmp_path))
    assert missing(tmp_path) == Completion(holes=(), commands=(), left=())


def without(path: Path, checkpoint: str) -> str:
    """Take a checkpoint out of a spec; return the spec as it was."""
    whole = path.read_text()
    spec = yaml.safe_load(whole)
    spec["checkpoints"] = [c for c in spec["checkpoints"] if c["name"] != checkpoint]
    path.write_text(yaml.safe_dump(spec))
    return whole


@pytest.mark.parametrize(
    "first",
    [{"limit": 5}, {"tasks": "quiz"}, {"tasks": "quiz,notes", "limit": 3}],
)
def test_the_commands_complete_what_an_earlier_run_left(
    tmp_path: Path, first: dict[str, Any]
) -> None:
    path = write_board_spec(tmp_path)
    whole = without(path, "dpo")
    go(path)  # base and sft have everything
    path.write_text(whole)
    go(path, **first)  # dpo only some
    found = missing(tmp_path)
    assert {hole.checkpoint for hole in found.holes} == {"dpo"}
    filled = [hole for command in found.commands for hole in command.fills]
    assert sorted(filled, key=repr) == sorted(found.holes, key=repr)
    assert found.left == ()
    obey(found)
    assert missing(tmp_path).holes == ()


def test_a_limited_run_is_complete_by_its_own_plan(tmp_path: Path) -> None:
    go(write_board_spec(tmp_path), limit=2)
    assert missing(tmp_path).holes == ()


def test_the_command_does_fill_the_holes(tmp_path: Path) -> None:
    path = write_board_spec(tmp_path)
    go(path, tasks="quiz")
    store = Store(tmp_path / "evals")
    newest = dict(store.runs()[-1])
    cells = [cell for cell in newest["cells"] if cell["checkpoint"] != "dpo"]
    store.write_run({**newest, "cells": cells, "finished": False})
    found = missing(tmp_path)
    assert [command.unfinished for command in found.commands] == [True]
    assert [(hole.lacking, hole.of) for hole in found.holes] == [(12, 12)]
    obey(found)
    assert missing(tmp_path).holes == ()


def test_failed_documents_are_missing_and_asked_again(tmp_path: Path) -> None:
    failing = {"name": "fake", "options": {"failures": ["number is 3"]}}
    path = write_board_spec(tmp_path, tasks=[{**QUIZ}], backend=failing)
    go(path)
    found = missing(tmp_path)
    assert [(hole.lacking, hole.errors) for hole in found.holes] == [(1, 1)] * 3
    (command,) = found.commands
    assert "--tasks" not in command.words
    path.write_text(path.read_text().replace("number is 3", "no such text"))
    obey(found)
    assert missing(tmp_path).holes == ()


def test_one_row_of_several_is_asked_by_its_task(tmp_path: Path) -> None:
    path = write_board_spec(tmp_path, tasks=[{**QUIZ}, {**NOTES}])
    go(path)
    store = Store(tmp_path / "evals")
    newest = dict(store.runs()[-1])
    kept = [c for c in newest["cells"] if (c["checkpoint"], c["row"]) != ("sft", "notes:plain")]
    store.write_run({**newest, "cells": kept})
    found = missing(tmp_path)
    (command,) = found.commands
    assert command.words[2:5] == (str(path), "--tasks", "notes")
    obey(found)
    assert missing(tmp_path).holes == ()


def account(run: str, names: Sequence[str], tasks: Sequence[str], **changes: Any) -> dict[str, Any]:
    spec: Mapping[str, JSON] = {
        "folder": "/specs",
        "formats": changes.pop("formats", ["plain"]),
        "tasks": [{"name": task, "place": f"/specs/{run}.yaml:3"} | changes for task in tasks],
    }
    return {
        "id": run,
        "finished": True,
        "spec": spec,
        "checkpoints": [{"name": name} for name in names],
        "cells": [{"checkpoint": n, "row": t, "key": n + t} for n in names for t in tasks],
    }


def done(*runs: Mapping[str, JSON]) -> list[Place]:
    return [
        Place(checkpoint=c["checkpoint"], row=c["row"], answered=1, planned=1, errors=0)
        for run in runs
        for c in run["cells"]
    ]


def test_a_task_that_everybody_has_is_asked_through_another_spec() -> None:
    old, new = account("old", ["base"], ["truth:mcf"]), account("new", ["dpo"], ["quiz"])
    old["spec"]["tasks"][0]["name"] = "truth"
    found = completion([old, new], done(old, new), "/evals")
    lines = {" ".join(command.words) for command in found.commands}
    assert lines == {
        "aligntax run /specs/old.yaml --tasks quiz --store /evals",
        "aligntax run /specs/new.yaml --tasks truth:mcf --store /evals",
    }


def test_a_task_of_one_spec_alone_is_said_to_be_named_in_the_other() -> None:
    old = account("old", ["base"], ["ward"], inline={"kind": "generation"})
    new = account("new", ["dpo"], [])
    new["spec"]["tasks"] = [{"name": "quiz", "place": "/specs/new.yaml:9"}]
    found = completion([old, new], done(old, new), "/evals")
    assert found.commands == ()
    ((hole, why),) = found.left
    assert (hole.checkpoint, hole.row) == ("dpo", "ward")
    assert why == "no spec asks it of dpo; name the task in /specs/new.yaml"


def test_runs_of_one_spec_make_one_command() -> None:
    runs = [account(name, [name], ["quiz"]) for name in ("a", "b")]
    for run in runs:
        run["spec"]["tasks"][0]["place"] = "/specs/run.yaml:3"
    short = [
        Place(checkpoint=name, row="quiz", answered=1, planned=2, errors=0) for name in ("a", "b")
    ]
    (command,) = completion(runs, short, "/evals").commands
    assert [hole.checkpoint for hole in command.fills] == ["a", "b"]


def test_imported_results_cannot_be_completed_by_a_command() -> None:
    ran = account("ran", ["base"], ["quiz"])
    imported = account("imp", ["theirs"], [])
    found = completion([ran, imported], done(ran), "/evals")
    assert found.commands == ()
    assert "imported" in found.left[0][1]


def test_what_the_command_line_said_is_said_again() -> None:
    ran = account("ran", ["base"], ["quiz"], limit=40, allow_code=True, formats=["chat"])
    ran["spec"]["backend"] = {"trust_remote_code": True}
    ran["spec"]["data"] = "/data sets"
    ran["spec"]["tasks"][0]["place"] = "--tasks quiz"
    found = completion([ran | {"finished": False}], [], "/evals")
    assert found.commands[0].words == (
        "aligntax", "run", "/specs/run.yaml", "--tasks", "quiz", "--limit", "40",
        "--apply-chat-template", "--allow-code", "--trust-remote-code", "--data", "/data sets",
        "--store", "/evals",
    )  # fmt: skip
