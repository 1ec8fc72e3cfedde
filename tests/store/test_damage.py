"""A damaged file is named by whoever reads it, and a run asks again for what it held."""

from collections.abc import Callable
from pathlib import Path

import pytest
from many_cells import identity, killed, sample

from harness.errors import DamageError
from harness.records import digest
from harness.store import Store
from harness.store.damage import set_aside_damage

IDENTITY = identity("checkpoint-100", "task_000")
KEY = digest(IDENTITY)


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x40
    path.write_bytes(content)


def filled(root: Path, *documents: str) -> Store:
    store = Store(root)
    with store.open_cell(KEY, IDENTITY) as writer:
        writer.append(sample(document, cell=KEY) for document in documents)
    return store


def test_any_flipped_byte_of_a_segment_is_noticed_by_whoever_reads_it(tmp_path: Path) -> None:
    store = filled(tmp_path, "a", "b")
    (segment,) = store.segments(KEY)
    size = segment.stat().st_size
    for place in (*range(0, size, 97), size - 1):
        flip(segment, place)
        for read in (store.coverage, store.records):
            with pytest.raises(DamageError, match=segment.name):
                read(KEY)
        flip(segment, place)
    assert len(store.records(KEY)) == 2


def test_a_damaged_segment_is_set_aside_and_the_others_stay(tmp_path: Path) -> None:
    store = filled(tmp_path, "a")
    (good,) = store.segments(KEY)
    filled(tmp_path, "b")
    (bad,) = set(store.segments(KEY)) - {good}
    flip(bad, 300)
    assert set_aside_damage(store, KEY, IDENTITY) == [bad.with_name(f"{bad.name}.damaged")]
    assert [r.document for r in store.records(KEY)] == ["a"]
    assert set_aside_damage(store, KEY, IDENTITY) == []


def test_the_good_lines_of_a_damaged_journal_are_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    journal = killed(store, IDENTITY, *(sample(name, cell=KEY) for name in "abc"))
    lines = journal.read_bytes().split(b"\n")
    lines[2] = lines[2][:-9]
    journal.write_bytes(b"\n".join(lines))
    with pytest.raises(DamageError, match=r"jsonl:3: damaged record"):
        store.records(KEY)
    assert set_aside_damage(store, KEY, IDENTITY) == [journal.with_name(f"{journal.name}.damaged")]
    assert [r.document for r in store.records(KEY)] == ["a", "c"]


def test_a_damaged_identity_is_written_anew(tmp_path: Path) -> None:
    store = filled(tmp_path, "a")
    path = store.cell_folder(KEY) / "cell.json"
    path.write_text(path.read_text().replace("task_000", "task_001"))
    with pytest.raises(DamageError, match=r"cell\.json: damaged"):
        store.identity(KEY)
    assert len(set_aside_damage(store, KEY, IDENTITY)) == 1
    assert store.identity(KEY) == IDENTITY


def test_a_cell_without_its_identity_gets_it_back(tmp_path: Path) -> None:
    store = filled(tmp_path, "a")
    (store.cell_folder(KEY) / "cell.json").unlink()
    assert set_aside_damage(store, KEY, IDENTITY) == []
    assert store.cells() == [KEY]


def test_nothing_is_made_where_a_cell_isnt_there_yet(tmp_path: Path) -> None:
    assert set_aside_damage(Store(tmp_path), KEY, IDENTITY) == []
    assert list(tmp_path.iterdir()) == []


def test_a_run_asks_again_only_for_what_a_damaged_segment_held(
    write_spec: Callable[..., Path], evaluate: Callable[..., Store]
) -> None:
    spec = write_spec()
    evaluate(spec, limit=10)
    store = evaluate(spec)
    before = {key: store.records(key) for key in store.cells()}
    key = store.cells()[0]
    flip(store.segments(key)[0], 500)
    evaluate(spec)
    assert {key: store.records(key) for key in store.cells()} == before
    assert len(list(store.cell_folder(key).rglob("*.damaged"))) == 1
    asked = [cell["cost"]["documents"] for cell in store.runs()[-1]["cells"] if cell["cost"]]
    assert asked in ([10], [22])


def test_a_damaged_plan_or_score_layer_is_written_anew_by_the_next_run(
    write_spec: Callable[..., Path], evaluate: Callable[..., Store]
) -> None:
    spec = write_spec()
    store = evaluate(spec)
    plan = next((store.root / "runs" / "plans").iterdir())
    layer = next(iter((store.root / "scores").rglob("*.parquet")))
    before = plan.read_bytes(), layer.read_bytes()
    flip(plan, 100)
    flip(layer, 100)
    evaluate(spec)
    assert (plan.read_bytes(), layer.read_bytes()) == before


def test_a_damaged_file_never_passes_for_one_of_equal_work(tmp_path: Path) -> None:
    store = filled(tmp_path, "a")
    (segment,) = store.segments(KEY)
    flip(segment, 300)
    filled(tmp_path, "a")
    assert [r.document for r in store.records(KEY)] == ["a"]
