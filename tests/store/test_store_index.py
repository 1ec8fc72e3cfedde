"""Listing reads no segment, and what it lists is what the segments hold."""

import json
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from many_cells import identity, make_store, sample

from harness.records import SampleRecord, digest
from harness.store import Store
from harness.store.index import INDEX_VERSION, Index, open_index
from harness.store.stamps import fingerprint

IDENTITY = identity("checkpoint-100", "task_000")
KEY = digest(IDENTITY)


def opened(store: Store) -> tuple[Index, int]:
    """Open the index; return it with the number of cells that were read for it."""
    read: list[int] = []
    return open_index(store, read.append), sum(read)


def fill(store: Store, *records: SampleRecord) -> None:
    with store.open_cell(KEY, IDENTITY) as writer:
        writer.append(records)


def touched_back(path: Path, seconds: float) -> None:
    """Set a file's modification time into the past, as a clock that went backwards would."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def test_a_row_says_what_its_cell_holds(tmp_path: Path) -> None:
    store = make_store(tmp_path, 2, 3)
    fill(store, sample("e", cell=KEY, status="error", reason="NaN", responses=()))
    index, _ = opened(store)
    row = index.cells[KEY]
    assert (row.documents, row.errors, dict(row.statuses)) == (4, 1, {"error": 1, "ok": 3})
    assert (row.segments, row.journals, row.damage) == (2, 0, None)
    assert row.identity == IDENTITY
    files = [p for p in store.cell_folder(KEY).rglob("*") if p.is_file()]
    assert row.bytes == sum(p.stat().st_size for p in files)
    assert list(index.cells) == store.cells()
    assert {(n.family, n.checkpoint, n.row) for n in index.names[KEY]} == {
        ("many", "checkpoint-100", "task_000")
    }


def test_a_fresh_index_is_listed_without_a_look_into_the_segments(tmp_path: Path) -> None:
    store = make_store(tmp_path, 2, 3)
    first, read = opened(store)
    assert read == 6
    (segment,) = store.segments(KEY)
    before = segment.stat()
    with segment.open("r+b") as file:  # in place: the same inode, size and time
        file.write(b"\0" * before.st_size)
    os.utime(segment, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert opened(store) == (first, 0)


def test_only_cells_that_changed_are_read_again(tmp_path: Path) -> None:
    store = make_store(tmp_path, 2, 3)
    opened(store)
    fill(store, sample("new", cell=KEY))
    index, read = opened(store)
    assert (read, index.cells[KEY].documents) == (1, 4)
    assert opened(store)[1] == 0


@pytest.mark.parametrize("what", ["missing", "garbage", "version", "columns", "cut"])
def test_an_index_that_cant_be_used_is_made_anew(tmp_path: Path, what: str) -> None:
    store = make_store(tmp_path, 2, 3)
    first, _ = opened(store)
    for path in (tmp_path / "index").iterdir():
        table = pq.read_table(path)
        match what:
            case "missing":
                path.unlink()
            case "garbage":
                path.write_bytes(b"not Parquet")
            case "cut":
                path.write_bytes(path.read_bytes()[:-100])
            case "version":
                metadata = {**table.schema.metadata, b"index_version": str(INDEX_VERSION + 1)}
                pq.write_table(table.replace_schema_metadata(metadata), path)
            case "columns":
                pq.write_table(table.drop_columns(["stamp"]), path)
    assert opened(store) == (first, 6)
    assert opened(store) == (first, 0)


def test_a_store_without_an_index_and_one_that_cant_have_one_are_listed(tmp_path: Path) -> None:
    store = make_store(tmp_path, 2, 3)
    (tmp_path / "index").write_text("a file where the folder should be")
    first, read = opened(store)
    assert (read, len(first.cells), len(first.names)) == (6, 6, 6)
    assert opened(store) == (first, 6)


def test_a_change_made_by_a_clock_that_went_backwards_is_seen(tmp_path: Path) -> None:
    store = make_store(tmp_path, 1, 1)
    layer = store.scores_folder(KEY) / "accuracy-0.parquet"
    layer.parent.mkdir(parents=True)
    layer.write_bytes(b"one")
    opened(store)
    layer.write_bytes(b"two")
    touched_back(layer, 3600)
    touched_back(layer.parent, 3600)
    assert opened(store)[1] == 1


def test_a_cell_that_is_being_written_is_listed_as_it_grows(tmp_path: Path) -> None:
    store = make_store(tmp_path, 1, 1)
    opened(store)
    with store.open_cell(KEY, IDENTITY) as writer:
        for n in range(3):
            writer.append([sample(f"new {n}", cell=KEY)])
            row = opened(store)[0].cells[KEY]
            assert (row.documents, row.journals) == (4 + n, 1)


def test_a_removed_cell_and_a_removed_run_leave_the_index(tmp_path: Path) -> None:
    store = make_store(tmp_path, 2, 2)
    opened(store)
    shutil.rmtree(store.cell_folder(KEY))
    store.run_files()[0].unlink()
    index, _ = opened(store)
    assert len(index.cells) == 3
    assert len(index.runs) == 1
    assert KEY not in index.names


def test_names_that_two_runs_gave_outlive_the_first(tmp_path: Path) -> None:
    store = make_store(tmp_path, 1, 2)
    again = json.loads(store.run_files()[0].read_text()) | {"id": "20270101T000000"}
    store.write_run(again)
    first, _ = opened(store)
    assert [len(run.names) for run in first.runs] == [2, 0]
    store.run_files()[0].unlink()
    assert opened(store)[0].names == first.names


def test_names_that_two_runs_gave_outlive_a_change_of_the_first(tmp_path: Path) -> None:
    store = make_store(tmp_path, 1, 2)
    run = json.loads(store.run_files()[0].read_text())
    store.write_run({**run, "id": "20270101T000000"})
    first, _ = opened(store)
    store.write_run({**run, "cells": []})
    assert opened(store)[0].names == first.names


def test_a_run_that_goes_on_is_read_again(tmp_path: Path) -> None:
    store = make_store(tmp_path, 1, 2)
    run = json.loads(store.run_files()[0].read_text())
    store.write_run({**run, "cells": run["cells"][:1], "finished": False})
    assert [(r.cells, r.state) for r in opened(store)[0].runs] == [(1, "unfinished")]
    store.write_run(run)
    assert [(r.cells, r.state) for r in opened(store)[0].runs] == [(2, "finished")]


def test_damage_is_a_row_that_says_so_until_it_is_mended(tmp_path: Path) -> None:
    store = make_store(tmp_path, 2, 2)
    identity_file = store.cell_folder(KEY) / "cell.json"
    whole, run = identity_file.read_bytes(), store.run_files()[0]
    account = run.read_bytes()
    identity_file.write_bytes(whole.replace(b"task_000", b"task_001"))
    run.write_bytes(account[:-20])
    index, _ = opened(store)
    assert [line.partition(": ")[0] for line in index.damage] == [str(run), str(identity_file)]
    assert sum(row.documents for row in index.cells.values()) == 9
    identity_file.write_bytes(whole)
    run.write_bytes(account)
    assert opened(store)[0].damage == []
    assert opened(store)[0].cells[KEY].documents == 3


def writes(store: Store) -> list[Callable[[], object]]:
    """Return one way of writing to a store after the other."""
    root = store.root
    writer = store.open_cell(KEY, IDENTITY)
    run = json.loads(store.run_files()[0].read_text())

    def seal() -> None:
        with writer:
            pass

    def put(path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")

    return [
        lambda: writer.append([sample("x", cell=KEY)]),
        lambda: writer.append([sample("y", cell=KEY)]),
        seal,
        lambda: store.write_run({**run, "finished": False}),
        lambda: store.write_run({**run, "finished": True}),
        lambda: store.write_plan([("d", "r", "h")]),
        lambda: put(root / "scores" / KEY / "accuracy-1.parquet"),
        lambda: put(root / "pairs" / "aa.json"),
        lambda: put(root / "verdicts" / "v.json"),
        lambda: put(root / "refs" / "main.json"),
        lambda: put(root / "refs" / "other.json"),
        lambda: (root / "refs" / "main.json").unlink(),
    ]


def test_the_fingerprint_changes_with_any_write_and_with_no_reading(tmp_path: Path) -> None:
    store = make_store(tmp_path, 1, 2)
    (tmp_path / "scores" / KEY).mkdir(parents=True)
    ways = writes(store)
    seen = [store.fingerprint()]
    for write in ways:
        write()
        seen.append(store.fingerprint())
    assert len(set(seen)) == len(ways) + 1
    opened(store)
    store.runs()
    assert store.fingerprint() == fingerprint(tmp_path) == seen[-1]


def test_two_processes_that_build_the_index_at_once_agree(
    tmp_path: Path, process: Callable[..., object]
) -> None:
    store = make_store(tmp_path, 5, 10)
    code = """
import sys
from pathlib import Path
from harness.store import Store
from harness.store.index import open_index
print(len(open_index(Store(Path(sys.argv[1]))).cells))
"""
    found = [process(code, tmp_path) for _ in range(2)]
    assert [one.communicate()[0].strip() for one in found] == ["50", "50"]  # type: ignore[attr-defined]
    assert opened(store)[1] == 0


@pytest.mark.slow
def test_ten_thousand_cells_are_listed_in_two_seconds_of_the_processor(
    tmp_path: Path, process: Callable[..., object]
) -> None:
    store = make_store(tmp_path, 100, 100, documents=100)
    assert opened(store)[1] == 10_000
    code = """
import sys
sys.argv = ["aligntax", "store", "ls", "--store", sys.argv[1]]
from harness.cli import main
main()
"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out, _ = process(code, tmp_path).communicate()  # type: ignore[attr-defined]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = out.splitlines()
    assert len(lines) == 10_001
    assert lines[1].split()[:5] == ["many", "checkpoint-100", "task_000", KEY[:12], "100"]
    assert seconds <= 2.0
