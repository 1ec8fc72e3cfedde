"""The commands that care for a store: what they print, and their exit codes."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from harness import cli

Write = Callable[..., Path]
Aligntax = Callable[..., tuple[int, str, str]]
COMMANDS = sorted(typer.main.get_command(cli.store_app).commands)  # type: ignore[attr-defined]


@pytest.fixture
def aligntax(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Aligntax:
    """Return a function that runs the command line on ``evals``: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


@pytest.fixture
def filled(aligntax: Aligntax, write_spec: Write) -> Path:
    """The folder of a store with one run of three cells."""
    assert aligntax("run", write_spec())[0] == 0
    return Path("evals")


def damaged(store: Path) -> Path:
    segment = sorted(store.glob("cells/*/segments/*.parquet"))[0]
    content = bytearray(segment.read_bytes())
    content[700] ^= 1
    segment.write_bytes(content)
    return segment


@pytest.mark.parametrize("command", COMMANDS)
def test_every_store_command_has_help_with_an_example(aligntax: Aligntax, command: str) -> None:
    code, out, _ = aligntax("store", command, "--help")
    assert code == 0
    assert f"Example: aligntax store {command}" in out


@pytest.mark.parametrize(
    "command",
    [["ls"], ["show"], ["rescore"], *(["store", name] for name in COMMANDS if name != "rm")],
)
def test_a_store_that_isnt_there_is_one_line_and_exit_4(
    aligntax: Aligntax, command: list[str], tmp_path: Path
) -> None:
    code, out, err = aligntax(*command, "--store", tmp_path / "nowhere")
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert "nowhere: no such store" in err
    assert not (tmp_path / "nowhere").exists()


def test_runs_and_cells_are_listed_as_text_and_as_json(aligntax: Aligntax, filled: Path) -> None:
    runs = json.loads(aligntax("ls", "--json")[1])
    assert [(r["family"], r["checkpoints"], r["cells"], r["state"]) for r in runs] == [
        ("toy", ["base", "sft", "dpo"], 3, "finished")
    ]
    assert runs[0]["id"] in aligntax("ls")[1]
    cells = json.loads(aligntax("store", "ls", "--json")[1])
    assert [c["names"][0]["checkpoint"] for c in cells] == ["base", "sft", "dpo"]
    assert [(c["documents"], c["errors"], c["segments"]) for c in cells] == [(32, 0, 1)] * 3
    lines = aligntax("store", "ls")[1].splitlines()
    assert lines[1].split()[:6] == ["toy", "base", "quiz:plain", cells[0]["key"][:12], "32", "0"]


def test_the_stage_table_is_json_for_a_machine(aligntax: Aligntax, filled: Path) -> None:
    code, out, _ = aligntax("show", "--json")
    table = json.loads(out)
    assert code == 0
    assert (table["family"], [c["name"] for c in table["columns"]]) == (
        "toy",
        ["base", "sft", "dpo"],
    )
    entry = table["rows"][0]["entries"][1]
    assert entry["estimate"]["low"] < entry["estimate"]["value"] < entry["estimate"]["high"]
    assert entry["change"]["reference"] == "base"


def test_damage_is_named_by_each_command_that_reads_it_and_the_rest_is_listed(
    aligntax: Aligntax, filled: Path
) -> None:
    assert aligntax("store", "verify") == (
        0,
        "",
        "all that could be checked follows from the records\n",
    )
    segment = damaged(filled)
    for command in (["store", "ls"], ["store", "compact"], ["rescore"]):
        code, out, err = aligntax(*command)
        assert code == 74, command
        named = [line for line in err.splitlines() if segment.name in line]
        assert len(named) == 1
        assert "run again" in named[0]
        assert "aligntax store verify" in named[0]
        assert "Traceback" not in err
    out = aligntax("store", "ls")[1]
    assert out.count("damaged") == 1
    assert out.count(" 32 ") == 2
    code, out, err = aligntax("store", "verify")
    assert (code, out.count("\n"), err) == (74, 1, "1 damaged or wrong files\n")
    assert str(segment) in out
    (found,) = json.loads(aligntax("store", "verify", "--json")[1])
    assert (found["file"], found["fault"]) == (str(segment), True)


def test_a_run_sets_damage_aside_says_so_and_asks_again(
    aligntax: Aligntax, filled: Path, write_spec: Write
) -> None:
    before = aligntax("show")[1]
    segment = damaged(filled)
    code, _, err = aligntax("run", write_spec())
    assert code == 0
    assert "32 documents asked" in err
    assert f"{segment.name}.damaged: set aside" in err
    assert aligntax("show")[1] == before
    assert aligntax("store", "verify")[0] == 0


def test_nothing_is_removed_without_yes(aligntax: Aligntax, filled: Path) -> None:
    before = sorted(filled.rglob("*"))
    code, out, err = aligntax("store", "rm", "toy")
    assert (code, "--yes" in err) == (0, True)
    assert sum(line.startswith(("run", "cell", "plan")) for line in out.splitlines()) == 5
    assert sorted(filled.rglob("*")) == before
    assert aligntax("store", "rm", "toy", "--yes")[0] == 0
    assert [path for path in filled.rglob("*") if path.is_file()] == []
    code, _, err = aligntax("store", "rm", "toy")
    assert (code, err.count("\n")) == (4, 1)


def test_garbage_is_listed_and_removed_with_yes(aligntax: Aligntax, filled: Path) -> None:
    assert aligntax("store", "gc") == (0, "", "nothing that could go\n")
    part = filled / "scores" / ".part-0123"
    part.touch()
    os.utime(part, (0, 0))
    assert str(part) in aligntax("store", "gc")[1]
    assert part.exists()
    assert aligntax("store", "gc", "--yes", "--json")[0] == 0
    assert not part.exists()


def test_compaction_says_what_it_packed(aligntax: Aligntax, write_spec: Write) -> None:
    for limit in (3, 6, 9):
        aligntax("run", write_spec(), "--limit", limit)
    code, out, err = aligntax("store", "compact")
    assert (code, out) == (0, "")
    assert err.startswith("9 segments packed")
    assert {c["segments"] for c in json.loads(aligntax("store", "ls", "--json")[1])} == {1}
    assert "everything was already in" in aligntax("run", write_spec(), "--limit", 9)[2]


def test_a_rescore_takes_a_family_or_a_spec(
    aligntax: Aligntax, filled: Path, write_spec: Write
) -> None:
    for args in ([], ["toy"], [write_spec()]):
        code, _, err = aligntax("rescore", *args)
        assert (code, err) == (0, "toy: 3 cells scored again, 0 scores changed\n")
    code, _, err = aligntax("rescore", "other")
    assert (code, err.count("\n")) == (4, 1)
    code, _, err = aligntax("rescore", write_spec(tasks=["medical_qa_en"]))
    assert code == 4
    assert "the spec has no task of that name" in err
