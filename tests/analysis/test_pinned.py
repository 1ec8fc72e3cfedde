"""Differences to any pinned checkpoint are the analysis's own, from the index or from the store."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cells import evidence, scores, stated
from runs import go
from toys import quiz_rows, write_jsonl

from harness.analysis import pinned, pinned_cells
from harness.analysis.board import change_of, delta_columns
from harness.analysis.board_index import refresh
from harness.analysis.pinned import COLUMNS, Pinned
from harness.analysis.standing import family_named, standing_of
from harness.store import Store, index_answers
from harness.store.index_answers import AnswersWriter, read_answers

Write = Callable[..., Path]
TASKS: list[dict[str, Any]] = [
    {"name": "quiz", "kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"},
    {"name": "wards", "kind": "multiple_choice", "capability": "domain", "data": "wards.jsonl"},
    {"name": "texts", "kind": "perplexity", "capability": "general", "data": "texts.jsonl"},
    {"name": "notes", "kind": "generation", "capability": "domain", "data": "notes.jsonl"},
]
NUMBERS = ("delta", "delta_low", "delta_high", "p")


@pytest.fixture
def store(write_spec: Write, tmp_path: Path) -> Store:
    """Two families of three checkpoints; one of them lacks a task, and documents of another."""
    write_jsonl(tmp_path / "quiz.jsonl", quiz_rows(40))
    wards = [{**row, "cluster": f"ward {i // 3}"} for i, row in enumerate(quiz_rows(30))]
    write_jsonl(tmp_path / "wards.jsonl", wards)
    texts = [{"id": f"t{i}", "text": f"Text {i} of some length."} for i in range(9)]
    write_jsonl(tmp_path / "texts.jsonl", texts)
    notes = [{"id": f"n{i}", "source": f"note {i}", "target": f"answer {i}"} for i in range(8)]
    write_jsonl(tmp_path / "notes.jsonl", notes)
    for family, tasks in (("one", TASKS), ("two", [{**TASKS[1], "limit": 20}, *TASKS[2:]])):
        lineage = [("base", "base", None), ("sft", "sft", "base"), ("dpo", "aligned", "sft")]
        checkpoints = [
            {"name": name, "stage": stage, "model": f"toy/{family}-{name}"}
            | ({"parent": parent} if parent else {})
            for name, stage, parent in lineage
        ]
        go(write_spec(family=family, checkpoints=checkpoints, tasks=tasks))
    return Store(tmp_path / "evals")


def places(store: Store) -> list[tuple[str, str]]:
    return [(f, c) for f in ("one", "two") for c in ("base", "sft", "dpo")]


def rows(store: Store) -> list[str]:
    return sorted(set(refresh(store).entries["row"].to_pylist()))


def expected(store: Store, reference: tuple[str, str]) -> dict[tuple[str, str, str], Any]:
    """Return the columns of every difference, one by one from the store's evidence."""
    families = {name: family_named(store, name) for name in ("one", "two")}
    standing = {}
    for family, checkpoint in places(store):
        found = families[family]
        assert found is not None
        standing[family, checkpoint] = standing_of(store, found, checkpoint).rows
    before = standing[reference]
    return {
        (*who, row): delta_columns(change_of(before[row], known))
        for who, known_rows in standing.items()
        for row, known in known_rows.items()
        if who != reference and row in before
    }


def check(store: Store, made: Pinned, reference: tuple[str, str]) -> None:
    columns = made.columns(reference, places(store), rows(store))
    assert tuple(columns) == COLUMNS
    listed = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    found = {(one["family"], one["checkpoint"], one["row"]): one for one in listed}
    wanted = expected(store, reference)
    assert len(listed) == len(found)
    assert found.keys() == wanted.keys()
    for place, columns_of in wanted.items():
        for name, value in columns_of.items():
            got = found[place][name]
            if name in NUMBERS:
                value = math.nan if value is None else value
                assert got == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), (place, name)
            else:
                assert got == value, (place, name)


@pytest.mark.parametrize("reference", [("one", "base"), ("one", "dpo"), ("two", "sft")])
def test_differences_are_the_analysis_own(store: Store, reference: tuple[str, str]) -> None:
    found = refresh(store)
    check(store, Pinned(store, found), reference)


def test_with_the_index_no_cell_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    found, named = refresh(store), rows(store)

    def refuse(*args: Any) -> None:
        raise AssertionError(args)

    monkeypatch.setattr(pinned_cells, "standing_of", refuse)
    monkeypatch.setattr(pinned_cells, "family_named", refuse)
    columns = Pinned(store, found).columns(("one", "base"), places(store), named)
    assert len(columns["row"]) == len(expected(store, ("one", "base")))


def test_without_the_index_the_store_is_read(store: Store) -> None:
    found = refresh(store)
    for path in (store.root / "index" / "answers").iterdir():
        path.unlink()
    check(store, Pinned(store, found), ("one", "base"))


def test_cells_of_very_many_documents_are_read_from_the_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_answers, "_MOST", 30)
    found = refresh(store)
    held = read_answers(store, "one")
    assert held is not None
    assert set(held.rows) == {"texts", "notes:plain"}
    check(store, Pinned(store, found), ("one", "base"))


def test_what_changed_since_the_board_was_read_isnt_mixed_with_it(store: Store) -> None:
    found = refresh(store)
    made = Pinned(store, found)
    cell = next(e["cell"] for e in found.entries.to_pylist() if e["checkpoint"] == "dpo")
    layer = next(store.scores_folder(cell).iterdir())
    layer.touch()
    refresh(store)
    columns = made.columns(("one", "base"), places(store), rows(store))
    assert len(columns["row"]) == len(expected(store, ("one", "base")))


def test_cells_asked_alike_are_kept_once_and_come_back_as_they_were(tmp_path: Path) -> None:
    store, writer = Store(tmp_path), AnswersWriter()
    cells = {
        "base": evidence("base", [1, 0, 1], clusters=("a", None, "a")),
        "sft": evidence("sft", [0, 0, 1], clusters=("a", None, "a")),
        "dpo": evidence("dpo", [0, 0, 1], clusters=("a", None, "a"), tokenizer="another"),
        "bits": evidence("bits", scores=scores(evidence().primary.info, [[2.5, 1], [0.25, 1]])),
    }
    for name, cell in cells.items():
        writer.add(name, f"basis of {name}", {"quiz": cell})
    numbers = {"board": stated("base", "board", 0.5, 0.1, n=7), "bare": stated("base", "bare", 0.5)}
    writer.add("told", "basis of told", numbers)
    writer.write(store, "family")
    held = read_answers(store, "family")
    assert held is not None
    assert held.bases == {name: f"basis of {name}" for name in (*cells, "told")}
    assert held.rows["quiz"].asked.tolist() == [0, 0, 1, 2]
    for at, (name, cell) in enumerate(cells.items()):
        again = held.known("quiz", at)
        assert again.identity.checkpoint == name
        assert again.identity.cell == cell.identity.cell
        assert again.primary.info == cell.primary.info
        assert (again.primary.rows == cell.primary.rows).all()
        for column in ("documents", "document_hashes", "request_hashes", "clusters", "planned"):
            assert getattr(again, column) == getattr(cell, column)
        assert again.identity.tokenizer == cell.identity.tokenizer
        assert again.identity.backend == cell.identity.backend
    for row, number in numbers.items():
        told = held.known(row, 0)
        assert (told.value, told.error, told.n, told.source, told.info) == (
            number.value,
            number.error,
            number.n,
            number.source,
            number.info,
        )


def test_a_checkpoint_that_changed_isnt_kept(tmp_path: Path) -> None:
    store, writer = Store(tmp_path), AnswersWriter()
    for name in ("base", "sft"):
        writer.add(name, f"basis of {name}", {"quiz": evidence(name)})
    writer.write(store, "family")
    held, again = read_answers(store, "family"), AnswersWriter()
    assert held is not None
    again.keep(held, ["sft"])
    again.add("base", "another", {})
    again.write(store, "family")
    now = read_answers(store, "family")
    assert now is not None
    assert now.bases == {"sft": "basis of sft", "base": "another"}
    assert [now.known("quiz", i).identity.checkpoint for i in range(1)] == ["sft"]


def test_corpus_metrics_are_resampled_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "paired_differences", lambda *args: None)  # as if all were such
    made = Pinned(store, refresh(store))
    check(store, made, ("one", "base"))
    monkeypatch.setattr(pinned, "change_of", None)
    check(store, made, ("one", "base"))
