"""A watch finds out that a store has moved on, a moment at a time."""

import shutil
import time
from pathlib import Path

import pytest
from many_cells import make_store

from harness.store import Store
from harness.store import watch as watching
from harness.store.stamps import accounts_stamp, cell_stamp
from harness.store.watch import Watch


def watch(store: Store) -> Watch:
    stamps = {key: cell_stamp(store.root, key).text for key in store.cells()}
    return Watch(store, accounts_stamp(store.root), stamps)


def touch(store: Store, key: str) -> None:
    (store.cell_folder(key) / "journal-1.jsonl").write_text("a line\n")


def test_a_store_that_nobody_writes_to_isnt_newer(tmp_path: Path) -> None:
    seen = watch(make_store(tmp_path, 2, 3))
    assert not any(seen.newer(every=0.0) for _ in range(5))


@pytest.mark.parametrize("folder", ["runs", "verdicts", "refs", "pairs"])
def test_an_account_is_seen_at_the_next_look(tmp_path: Path, folder: str) -> None:
    seen = watch(make_store(tmp_path, 2, 3))
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "new.json").write_text("{}")
    assert seen.newer(moment=0.0, every=0.0)


def test_one_look_sees_all_cells_of_a_small_store(tmp_path: Path) -> None:
    store = make_store(tmp_path, 5, 5)
    for key in (store.cells()[0], store.cells()[-1]):
        seen = watch(store)
        assert not seen.newer(moment=60.0, every=0.0)
        touch(store, key)
        start = time.monotonic()
        assert seen.newer(moment=60.0, every=0.0)
        assert time.monotonic() - start < 10.0


def test_a_large_store_is_seen_over_several_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(tmp_path, 10, 10)
    seen, looked = watch(store), []
    stamp = watching.cell_stamp

    def slow(root: Path, key: str) -> object:
        looked.append(key)
        time.sleep(0.002)
        return stamp(root, key)

    monkeypatch.setattr(watching, "cell_stamp", slow)
    assert not seen.newer(moment=0.03, every=0.0)
    assert len(looked) < 60
    while len(looked) < 100:
        assert not seen.newer(moment=0.03, every=0.0)
    assert len(set(looked[:100])) == 100
    touch(store, store.cells()[50])
    for _ in range(20):
        if seen.newer(moment=0.03, every=0.0):
            return
    raise AssertionError("not seen in two rounds")


def test_looks_are_rare_and_what_was_seen_stays_known(tmp_path: Path) -> None:
    store = make_store(tmp_path, 2, 2)
    seen = watch(store)
    assert not seen.newer(every=3600.0)
    (tmp_path / "runs" / "new.json").write_text("{}")
    assert not seen.newer(every=3600.0)
    assert seen.newer(every=0.0)
    (tmp_path / "runs" / "new.json").unlink()
    assert seen.newer(every=3600.0)


def test_a_cell_that_has_gone_is_news(tmp_path: Path) -> None:
    store = make_store(tmp_path, 2, 2)
    seen = watch(store)
    shutil.rmtree(store.cell_folder(store.cells()[1]))
    assert seen.newer(every=0.0)
