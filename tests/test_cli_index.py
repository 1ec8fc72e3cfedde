"""`aligntax store index` and the index that `aligntax board` begins with."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import go

from harness import cli, cli_index
from harness.analysis import board_index
from harness.store import Store
from harness.store.index_board import is_indexed, read_board_index

Write = Callable[..., Path]


@pytest.fixture
def store(write_spec: Write, tmp_path: Path) -> Path:
    go(write_spec())
    return tmp_path / "evals"


@pytest.fixture
def aligntax(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Return a function that runs the command line: exit code and messages."""

    def run(*args: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return run


def test_the_index_command_makes_what_the_board_shows(
    aligntax: Callable[..., tuple[int, str]], store: Path
) -> None:
    code, said = aligntax("store", "index", "--store", store)
    assert (code, said) == (0, "ready for the board: checkpoints 3, families 1\n")
    assert is_indexed(Store(store))


def test_what_cant_be_read_is_said_and_ends_with_74(
    aligntax: Callable[..., tuple[int, str]], store: Path
) -> None:
    (store / "runs" / "x.json").write_text("{")
    code, said = aligntax("store", "index", "--store", store)
    assert code == 74
    assert str(store / "runs" / "x.json") in said
    assert is_indexed(Store(store))


def test_stopped_it_says_how_to_go_on_and_does(
    aligntax: Callable[..., tuple[int, str]], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, seen = board_index.standing_rows, []

    def stopped(*args: object) -> object:
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(args)
        return make(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(board_index, "standing_rows", stopped)
    code, said = aligntax("store", "index", "--store", store)
    assert (code, "the same command goes on" in said) == (130, True)
    held = read_board_index(Store(store))
    assert held is not None
    assert len(held.checkpoints) == 2
    monkeypatch.setattr(board_index, "standing_rows", make)
    assert aligntax("store", "index", "--store", store)[0] == 0
    assert is_indexed(Store(store))


def test_a_store_that_isnt_there_is_one_line(
    aligntax: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = aligntax("store", "index", "--store", tmp_path / "nothing")
    assert (code, said.count("\n")) == (4, 1)


@pytest.mark.parametrize("there", [True, False])
def test_the_board_makes_an_index_where_there_is_none(
    aligntax: Callable[..., tuple[int, str]],
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
) -> None:
    if there:
        board_index.refresh(Store(store))
        monkeypatch.setattr(cli_index, "build_index", None)

    def start(program: str, command: list[str], environment: dict[str, str]) -> None:
        assert is_indexed(Store(store))
        assert environment["ALIGNTAX_STORE"] == str(store)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", start)
    assert aligntax("board", "--store", store)[0] == 0
