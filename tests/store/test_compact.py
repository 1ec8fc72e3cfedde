"""Compaction makes one file of many and loses nothing, whoever works on the cell meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
from many_cells import identity, killed, sample

from harness.errors import DamageError
from harness.records import SampleRecord, digest
from harness.store import Store
from harness.store import compact as module
from harness.store.codec import write_segment
from harness.store.compact import Packed, compact

IDENTITY = identity("checkpoint-100", "task_000")
KEY = digest(IDENTITY)
Start = Callable[..., "Popen[str]"]

WORK = """
import sys, time
from pathlib import Path
from many_cells import identity, sample
from harness.records import digest
from harness.store import Store
from harness.store.compact import compact
store, what, stop = Store(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3])
known = identity("checkpoint-100", "task_000")
key = digest(known)
print("ready", flush=True)
if what == "compact":
    while not stop.exists():
        compact(store, key)
else:
    for n in range(15):
        with store.open_cell(key, known) as writer:
            writer.append([sample(f"{what}{n:03}", cell=key)])
"""


def fill(store: Store, *records: SampleRecord) -> None:
    with store.open_cell(KEY, IDENTITY) as writer:
        writer.append(records)


def error(document: str) -> SampleRecord:
    return sample(document, cell=KEY, status="error", reason="NaN", responses=())


def test_segments_and_journals_left_behind_become_one_segment(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for name in "abc":
        fill(store, sample(name, cell=KEY))
    killed(store, IDENTITY, sample("d", cell=KEY))
    before = store.records(KEY)
    assert compact(store, KEY) == Packed(journals=1, segments=4, dropped=0)
    assert (len(store.segments(KEY)), store.journals(KEY)) == (1, [])
    assert store.records(KEY) == before
    assert compact(store, KEY) == Packed(0, 0, 0)


def test_superseded_records_are_dropped_and_the_current_ones_stay(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, error("a"), sample("b", cell=KEY))
    fill(store, sample("a", cell=KEY, revision=1))
    before = store.records(KEY)
    assert compact(store, KEY).dropped == 1
    assert store.records(KEY) == before
    (segment,) = store.segments(KEY)
    assert module.read_segment(segment).num_rows == 2


def test_a_living_writers_journal_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, sample("a", cell=KEY))
    fill(store, sample("b", cell=KEY))
    with store.open_cell(KEY, IDENTITY) as writer:
        writer.append([sample("c", cell=KEY)])
        assert compact(store, KEY) == Packed(0, 2, 0)
        assert len(store.journals(KEY)) == 1
        assert len(store.records(KEY)) == 3


def test_of_segments_that_hold_the_same_the_first_stays_for_every_compactor(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, error("a"), sample("b", cell=KEY))
    fill(store, error("a"), sample("b", cell=KEY, status="no_answer"), sample("c", cell=KEY))
    fill(store, sample("b", cell=KEY, reason="another release wrote it"), error("a"))
    compact(store, KEY)
    (first,) = store.segments(KEY)
    twin = write_segment(first.parent, [r for r in store.records(KEY) if r.document != "x"])
    assert twin == first  # equal work has equal names, so a twin can only come from elsewhere
    other = [
        sample(r.document, **{**fields(r), "reason": "as another release words it"})
        for r in store.records(KEY)
    ]
    twin = write_segment(first.parent, other)
    assert twin != first
    kept = min(first, twin)
    compact(store, KEY)
    assert store.segments(KEY) == [kept]


def fields(record: SampleRecord) -> dict[str, object]:
    names = ("cell", "revision", "status", "fields", "cluster", "requests", "responses")
    return {name: getattr(record, name) for name in names}


def test_large_segments_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    fill(store, *(sample(f"{n:04}", cell=KEY) for n in range(500)))
    (large,) = store.segments(KEY)
    fill(store, sample("a", cell=KEY))
    fill(store, sample("b", cell=KEY))
    monkeypatch.setattr(module, "SMALL", large.stat().st_size - 1)
    assert compact(store, KEY) == Packed(0, 2, 0)
    assert large in store.segments(KEY)
    assert len(store.records(KEY)) == 502


def test_a_damaged_segment_stops_it_before_anything_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for name in "abc":
        fill(store, sample(name, cell=KEY))
    damaged = store.segments(KEY)[1]
    content = bytearray(damaged.read_bytes())
    content[100] ^= 1
    damaged.write_bytes(content)
    before = store.segments(KEY)
    with pytest.raises(DamageError, match=damaged.name):
        compact(store, KEY)
    assert store.segments(KEY) == before


def test_a_compactor_that_dies_before_it_removes_leaves_every_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    for name in "abc":
        fill(store, sample(name, cell=KEY))
    before = store.records(KEY)

    def dies(kept: Path, others: list[Path]) -> None:
        others[0].unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_remove", dies)
        with pytest.raises(KeyboardInterrupt):
            compact(store, KEY)
    assert store.records(KEY) == before
    compact(store, KEY)
    assert store.records(KEY) == before
    assert len(store.segments(KEY)) == 1


def test_two_compactors_two_writers_and_a_reader_at_once_do_no_harm(
    tmp_path: Path, process: Start
) -> None:
    root, stop = tmp_path / "evals", tmp_path / "stop"
    writers = [process(WORK, root, name, stop) for name in ("a", "b")]
    compactors = [process(WORK, root, "compact", stop) for _ in range(2)]
    store, seen = Store(root), set[str]()
    deadline = time.monotonic() + 60
    while any(writer.poll() is None for writer in writers) and time.monotonic() < deadline:
        now = {document for document, _ in store.coverage(KEY)}
        assert seen <= now, f"vanished: {sorted(seen - now)}"
        seen = now
    stop.touch()
    assert [one.wait(30) for one in (*writers, *compactors)] == [0, 0, 0, 0]
    wanted = {f"{name}{n:03}" for name in "ab" for n in range(15)}
    assert {record.document for record in store.records(KEY)} == wanted
    compact(store, KEY)
    assert len(store.segments(KEY)) == 1
    assert {record.document for record in store.records(KEY)} == wanted


def test_killed_compactors_lose_nothing(tmp_path: Path, process: Start) -> None:
    store = Store(tmp_path / "evals")
    for n in range(30):
        fill(store, sample(f"{n:02}", cell=KEY))
    before = store.records(KEY)
    for moment in (0.0, 0.01, 0.03, 0.06):
        compactor = process(WORK, store.root, "compact", tmp_path / "never")
        assert compactor.stdout is not None
        compactor.stdout.readline()
        time.sleep(moment)
        compactor.kill()
        compactor.wait()
        assert store.records(KEY) == before


@pytest.mark.parametrize("read", ["records", "coverage"])
@pytest.mark.parametrize("listed", ["segments", "journals"])
def test_a_reader_finds_what_is_sealed_and_packed_while_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str, read: str
) -> None:
    store = Store(tmp_path)
    fill(store, sample("a", cell=KEY))
    fill(store, sample("b", cell=KEY))
    writer = store.open_cell(KEY, IDENTITY)
    writer.append([sample("c", cell=KEY)])
    real = getattr(store, listed)

    def then_all_moves(key: str) -> list[Path]:
        found: list[Path] = real(key)
        monkeypatch.undo()
        with writer:
            pass
        compact(store, KEY)
        return found

    monkeypatch.setattr(store, listed, then_all_moves)
    assert len(getattr(store, read)(KEY)) == 3
    assert len(store.segments(KEY)) == 1
