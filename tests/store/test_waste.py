"""Only what is named, or what no run refers to, goes; never under a living writer."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
from many_cells import identity, make_store, sample

from harness.errors import EvidenceError, StoreError
from harness.records import digest
from harness.store import Store
from harness.store.remove import remove_cell
from harness.store.waste import Item, named, remove, waste

UNNAMED = identity("nobody's", "task_000")
UNNAMED_KEY = digest(UNNAMED)
FIRST = digest(identity("checkpoint-100", "task_000"))

WRITER = """
import sys
from pathlib import Path
from many_cells import identity, sample
from harness.records import digest
from harness.store import Store
known = identity("nobody's", "task_000")
with Store(Path(sys.argv[1])).open_cell(digest(known), known) as writer:
    writer.append([sample("a")])
    print("written", flush=True)
    while not Path(sys.argv[2]).exists():
        pass
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two checkpoints on two tasks, a run each, and one cell that no run names."""
    made = make_store(tmp_path / "evals", 2, 2)
    with made.open_cell(UNNAMED_KEY, UNNAMED) as writer:
        writer.append([sample("a")])
    return made


def in_a_week() -> float:
    return time.time() + 7 * 86_400


def paths(items: list[Item]) -> set[tuple[str, str]]:
    return {(item.what, item.path.name) for item in items}


def files(store: Store) -> set[str]:
    found = (p for p in store.root.rglob("*") if p.is_file() and p.parent.name != "index")
    return {str(p.relative_to(store.root)) for p in found}


def put(path: Path, text: str = "{}") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_what_no_run_refers_to_is_waste_a_day_later(store: Store) -> None:
    assert waste(store, time.time()) == []
    assert paths(waste(store, in_a_week())) == {("cell", UNNAMED_KEY)}


def test_waste_is_cells_scores_plans_halves_and_what_was_set_aside(store: Store) -> None:
    (run, _) = store.runs()
    layers = [{**cell, "layers": ["accuracy-1"]} for cell in run["cells"]]
    store.write_run({**run, "cells": layers})
    for layer in ("accuracy-1", "accuracy-2"):
        put(store.scores_folder(FIRST) / f"{layer}.parquet")
    put(store.root / "scores" / ("0" * 64) / "accuracy-1.parquet")
    unnamed = store.write_plan([("other", "r", "h")])
    put(store.cell_folder(FIRST) / "segments" / ".part-0123")
    put(store.cell_folder(FIRST) / ".journal-host-1-abc.jsonl")
    put(store.cell_folder(FIRST) / "segments" / "ab.parquet.damaged")
    put(store.root / ".gone" / f"{FIRST}-0123" / "cell.json")
    before = files(store)
    found = waste(store, in_a_week())
    assert paths(found) == {
        ("cell", UNNAMED_KEY),
        ("scores", "accuracy-2.parquet"),
        ("scores", "0" * 64),
        ("plan", f"{unnamed}.json"),
        ("leftover", ".part-0123"),
        ("leftover", ".journal-host-1-abc.jsonl"),
        ("damaged", "ab.parquet.damaged"),
        ("leftover", f"{FIRST}-0123"),
    }
    assert files(store) == before
    assert remove(store, found, now=in_a_week()) == []
    assert waste(store, in_a_week()) == []
    assert len(store.cells()) == 4
    assert {path for path in before - files(store) if FIRST in path and "cells" in path} == {
        f"cells/{FIRST}/.journal-host-1-abc.jsonl",
        f"cells/{FIRST}/segments/.part-0123",
        f"cells/{FIRST}/segments/ab.parquet.damaged",
    }


def test_a_cell_that_a_run_is_about_to_ask_is_no_waste(store: Store) -> None:
    (run, _) = store.runs()
    store.write_run({**run, "cells": [], "wanted": [UNNAMED_KEY, FIRST], "finished": False})
    assert ("cell", UNNAMED_KEY) not in paths(waste(store, in_a_week()))


def test_scores_of_a_cell_that_a_run_isnt_finished_with_are_no_waste(store: Store) -> None:
    put(store.scores_folder(FIRST) / "accuracy-1.parquet")
    (run, _) = store.runs()
    assert ("scores", "accuracy-1.parquet") in paths(waste(store, in_a_week()))
    store.write_run({**run, "wanted": [FIRST, 7], "finished": False})
    assert ("scores", "accuracy-1.parquet") not in paths(waste(store, in_a_week()))


def test_a_plan_that_is_written_again_is_young_again(store: Store) -> None:
    documents = [("other", "r", "h")]
    path = store.plan_path(store.write_plan(documents))
    os.utime(path, (0, 0))
    assert ("plan", path.name) in paths(waste(store, time.time()))
    store.write_plan(documents)
    assert ("plan", path.name) not in paths(waste(store, time.time()))


@pytest.mark.parametrize("folder", ["refs", "verdicts"])
def test_what_a_baseline_or_a_verdict_refers_to_is_no_waste(store: Store, folder: str) -> None:
    put(store.scores_folder(UNNAMED_KEY) / "accuracy-1.parquet")
    plan = store.write_plan([("other", "r", "h")])
    assert {item.what for item in waste(store, in_a_week())} == {"cell", "plan"}
    account = {"cells": [{"key": UNNAMED_KEY, "plans": [plan]}]}
    put(store.root / folder / "main.json", json.dumps({"account": account}))
    assert waste(store, in_a_week()) == []


def test_a_damaged_run_may_refer_to_anything(store: Store) -> None:
    store.run_files()[0].write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        waste(store, in_a_week())


def test_what_was_touched_or_named_meanwhile_stays(store: Store) -> None:
    found = waste(store, in_a_week())
    assert remove(store, found, now=time.time()) == found
    (run, _) = store.runs()
    store.write_run({**run, "wanted": [UNNAMED_KEY]})
    assert remove(store, found, now=in_a_week()) == found
    assert store.records(UNNAMED_KEY) != []


def test_a_cell_with_a_living_writer_is_no_waste_and_cant_be_removed(
    store: Store, tmp_path: Path, process: Callable[..., "Popen[str]"]
) -> None:
    found = waste(store, in_a_week())
    end = tmp_path / "end"
    writer = process(WRITER, store.root, end)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "written\n"
    assert waste(store, in_a_week()) == []
    assert [item.live for item in named(store, [UNNAMED_KEY])] == [True]
    assert remove(store, found, now=in_a_week()) == found
    assert remove(store, named(store, [UNNAMED_KEY])) != []
    end.touch()
    assert writer.wait(30) == 0
    assert len(store.segments(UNNAMED_KEY)) == 1
    assert [r.document for r in store.records(UNNAMED_KEY)] == ["a"]
    assert remove(store, named(store, [UNNAMED_KEY])) == []
    assert UNNAMED_KEY not in store.cells()


def test_a_killed_writers_cell_can_be_removed(
    store: Store, tmp_path: Path, process: Callable[..., "Popen[str]"]
) -> None:
    writer = process(WRITER, store.root, tmp_path / "never")
    assert writer.stdout is not None
    writer.stdout.readline()
    writer.kill()
    writer.wait()
    assert paths(waste(store, in_a_week())) == {("cell", UNNAMED_KEY)}
    assert remove_cell(store, UNNAMED_KEY)
    assert not store.cell_folder(UNNAMED_KEY).exists()


def test_a_cell_that_was_begun_anew_while_it_was_looked_at_keeps_both(store: Store) -> None:
    def begins_anew(gone: Path) -> bool:
        with store.open_cell(UNNAMED_KEY, UNNAMED) as writer:
            writer.append([sample("b")])
        return True

    assert not remove_cell(store, UNNAMED_KEY, begins_anew)
    assert [r.document for r in store.records(UNNAMED_KEY)] == ["a", "b"]
    assert list((store.root / ".gone").iterdir()) == []


def test_with_a_run_goes_what_no_other_run_refers_to(store: Store) -> None:
    first, second = store.runs()
    shared = {**second, "cells": [*second["cells"], {**first["cells"][0], "checkpoint": "b"}]}
    both = [{"name": "b", "stage": "sft", "parent": None}, *second["checkpoints"]]
    store.write_run({**shared, "checkpoints": both})
    keys = [cell["key"] for cell in first["cells"]]
    assert paths(named(store, [first["id"]])) == {
        ("run", f"{first['id']}.json"),
        ("cell", keys[1]),
    }
    assert remove(store, named(store, [first["id"]])) == []
    assert [run["id"] for run in store.runs()] == [second["id"]]
    assert keys[0] in store.cells()
    assert keys[1] not in store.cells()


def test_with_a_family_go_all_its_runs_and_no_other_familys(store: Store) -> None:
    other = make_store(store.root.parent / "other", 1, 3).runs()[0]
    store.write_run({**other, "family": "other", "id": "20270101T000000"})
    gone = named(store, ["many"])
    assert sorted(item.what for item in gone) == ["cell"] * 2 + ["run"] * 2  # two are in "other"
    remove(store, gone)
    assert [run["family"] for run in store.runs()] == ["other"]


def test_a_cell_is_named_by_the_beginning_of_its_key(store: Store) -> None:
    assert paths(named(store, [FIRST[:10]])) == {("cell", FIRST)}
    for wrong in ("", "zz"):
        with pytest.raises(EvidenceError, match="nor is it a run or a family"):
            named(store, [wrong])


def test_a_damaged_run_can_be_removed_by_its_name(store: Store) -> None:
    damaged = store.run_files()[0]
    damaged.write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        named(store, ["many"])
    remove(store, named(store, [damaged.stem]))
    assert damaged not in store.run_files()
    assert len(store.cells()) == 5


def test_no_name_leads_out_of_the_store(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "cells" / "x" / "cell.json")
    for name in ("..", "../x", "/", "../../.."):
        with pytest.raises(EvidenceError):
            named(store, [name])
