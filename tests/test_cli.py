"""Every command has help and an example; every mistake ends in one line and its exit code."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
from toys import quiz_rows, write_jsonl

from harness import cli

Write = Callable[..., Path]
COMMANDS = sorted(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


@pytest.fixture
def aligntax(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs the command line: (exit code, stdout, stderr)."""

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


Aligntax = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(aligntax: Aligntax, command: str) -> None:
    code, out, _ = aligntax(command, "--help")
    assert code == 0
    assert f"Example: aligntax {command}" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_in_the_readme(
    command: str, pytestconfig: pytest.Config
) -> None:
    assert f"aligntax {command}" in (pytestconfig.rootpath / "README.md").read_text()


def test_a_run_prints_its_stage_table_on_stdout_and_messages_on_stderr(
    aligntax: Aligntax, write_spec: Write
) -> None:
    code, out, err = aligntax("run", write_spec())
    assert code == 0
    assert "quiz" in out
    assert err.startswith("96 documents asked")
    code, again, err = aligntax("run", write_spec())
    assert code == 0
    assert again == out
    assert "everything was already in" in err


def test_a_dry_run_runs_and_writes_nothing(
    aligntax: Aligntax, write_spec: Write, tmp_path: Path
) -> None:
    code, out, _ = aligntax("run", write_spec(), "--dry-run")
    assert code == 0
    assert re.search(r"quiz\b.*\b32\b", out)
    assert not (tmp_path / "evals").exists()


def test_the_command_line_beats_the_environment_beats_the_spec(
    aligntax: Aligntax, write_spec: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGNTAX_STORE", str(tmp_path / "from_environment"))
    assert aligntax("run", write_spec(), "--limit", "3")[0] == 0
    assert (tmp_path / "from_environment").is_dir()
    aligntax("run", write_spec(), "--limit", "3", "--store", tmp_path / "from_option")
    assert (tmp_path / "from_option").is_dir()
    assert not (tmp_path / "evals").exists()


QUIZ = {"name": "quiz", "kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tasks": ["medical_qa_eng"]}, "no task is named 'medical_qa_eng'; did you mean"),
        ({"tasks": [{**QUIZ, "kind": "multiple_choise"}]}, "did you mean 'multiple_choice'?"),
        ({"tasks": [{**QUIZ, "data": "none.jsonl"}]}, "none.jsonl: can't be read: No such file"),
        ({"tasks": [{**QUIZ, "options": {"stm": True}}]}, "unknown option 'stm'"),
        ({"tasks": ["medical_facts_en:mcf"]}, "medical_facts_en can't be asked as 'mcf'"),
        ({"tasks": [{**QUIZ, "shots": 60}]}, "keeps 8 examples for few-shot prompts, not 60"),
        ({"tasks": [QUIZ, QUIZ]}, "asked for twice"),
        ({"tasks": [{**QUIZ, "name": "medical_qa_en"}]}, "'medical_qa_en' is a known task"),
        ({"tasks": [{**QUIZ, "name": "general"}]}, "'general' is a known task"),
        ({"backend": "hff"}, "no backend 'hff'; did you mean hf?"),
        ({"backend": "hf"}, "toy/base"),
        ({"formats": ["chat"]}, "has no chat template"),
    ],
)
def test_a_wrong_spec_is_one_line_and_exit_2(
    aligntax: Aligntax,
    write_spec: Write,
    tmp_path: Path,
    changes: dict[str, object],
    expected: str,
) -> None:
    code, out, err = aligntax("run", write_spec(**changes))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert expected in err
    assert not (tmp_path / "evals").exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda row: row.pop("question"), "quiz.jsonl:4: field 'question' is missing"),
        (lambda row: row.update(answer="Q"), "quiz.jsonl:4: "),
        (lambda row: row.update(choices="A or B"), "quiz.jsonl:4: "),
        (lambda row: row.update(id="q000"), "quiz.jsonl:4: "),
    ],
)
def test_a_bad_row_is_named_with_file_line_and_field(
    aligntax: Aligntax,
    write_spec: Write,
    tmp_path: Path,
    change: Callable[[dict[str, object]], object],
    expected: str,
) -> None:
    path = write_spec()
    rows = quiz_rows()
    change(rows[3])
    write_jsonl(tmp_path / "quiz.jsonl", rows)
    code, _, err = aligntax("run", path)
    assert (code, err.count("\n")) == (2, 1)
    assert expected in err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "quiz.jsonl: the file has no rows"),
        ("{\n", "quiz.jsonl:1: not JSON"),
        ("[1]\n", "quiz.jsonl:1: a row must be a JSON object"),
    ],
)
def test_a_file_that_is_no_jsonl_is_named(
    aligntax: Aligntax, write_spec: Write, tmp_path: Path, text: str, expected: str
) -> None:
    path = write_spec()
    (tmp_path / "quiz.jsonl").write_text(text)
    code, _, err = aligntax("run", path)
    assert (code, err.count("\n")) == (2, 1)
    assert expected in err


def test_a_failed_run_touches_nothing_that_was_stored(
    aligntax: Aligntax, write_spec: Write, tmp_path: Path
) -> None:
    aligntax("run", write_spec())
    before = {p: p.read_bytes() for p in (tmp_path / "evals").rglob("*") if p.is_file()}
    assert aligntax("run", write_spec(tasks=["no_such_task"]))[0] == 2
    assert aligntax("run", write_spec(backend="hf"))[0] == 2
    assert {p: p.read_bytes() for p in (tmp_path / "evals").rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["run", "--limit", "-3"], "'--limit'"),
        (["run", "--limt", "3"], "--limit"),
        (["runn"], "'runn'"),
        (["board", "--port", "x"], "'--port'"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_2(
    aligntax: Aligntax, args: list[str], expected: str
) -> None:
    code, out, err = aligntax(*args)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert expected in err


def test_no_tasks_and_no_data_folder_are_mistakes(
    aligntax: Aligntax, write_spec: Write, tmp_path: Path
) -> None:
    assert aligntax("run", write_spec(), "--tasks", "")[0] == 2
    code, _, err = aligntax("run", write_spec(), "--data", tmp_path / "nowhere")
    assert code == 2
    assert "nowhere is no folder" in err


def test_an_interrupted_run_says_how_to_go_on(
    aligntax: Aligntax, write_spec: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> object:
        raise KeyboardInterrupt

    path = write_spec()
    monkeypatch.setattr("harness.evaluate.Job.run", interrupt)
    code, _, err = aligntax("run", path)
    assert code == 130
    assert "the same command goes on" in err


def test_an_incomplete_run_ends_with_exit_4(aligntax: Aligntax, write_spec: Write) -> None:
    failing = {"name": "fake", "options": {"failures": ["number is 1"]}}
    code, _, err = aligntax("run", write_spec(backend=failing))
    assert code == 4
    assert "incomplete: base × quiz" in err


def test_a_store_that_cant_be_written_ends_with_exit_74(
    aligntax: Aligntax, write_spec: Write, tmp_path: Path
) -> None:
    (tmp_path / "evals").write_text("a file where the folder should be")
    code, _, err = aligntax("run", write_spec())
    assert (code, err.count("\n")) == (74, 1)
    assert "evals" in err


def test_an_empty_store_says_so_with_exit_4(aligntax: Aligntax, tmp_path: Path) -> None:
    code, _, err = aligntax("show", "--store", tmp_path)
    assert (code, err.count("\n")) == (4, 1)
    assert "no run" in err


def test_the_module_is_the_command() -> None:
    out = subprocess.run(
        [sys.executable, "-m", "harness", "--help"], capture_output=True, text=True, check=True
    )
    assert all(command in out.stdout for command in COMMANDS)
