"""Damaged files of a cell are set aside, so that a run can ask for what they held."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import DamageError
from harness.records import JSON, SampleRecord
from harness.store.bounds import JOURNAL, read_whole
from harness.store.codec import read_segment, write_segment
from harness.store.files import disk
from harness.store.journal import left_behind, read_journal, read_line
from harness.store.store import Store

SUFFIX = ".damaged"
"""Put after the name of a file that is set aside; nothing reads it any more."""


def set_aside_damage(store: Store, key: str, identity: Mapping[str, JSON]) -> list[Path]:
    """Rename the damaged files of a cell; return what they are called now.

    Good lines of a journal that was left behind go to a segment first. ``cell.json`` is written
    anew from ``identity``. Raises StoreError where a file can't be read or renamed at all.
    """
    found = []
    for segment in store.segments(key):
        try:
            read_segment(segment, ["document"])
        except DamageError:
            found.append(_set_aside(segment))
    for journal in store.journals(key):
        with left_behind(journal) as mine:
            if mine and _is_damaged(journal):
                if good := list(_good_lines(journal)):
                    write_segment(journal.parent / "segments", good)
                found.append(_set_aside(journal))
    found += _mended_identity(store, key, identity)
    return found


def _mended_identity(store: Store, key: str, identity: Mapping[str, JSON]) -> Iterator[Path]:
    path = store.cell_folder(key) / "cell.json"
    if not path.parent.exists():
        return
    try:
        if path.exists():
            store.identity(key)
    except DamageError:
        yield _set_aside(path)
    store.write_identity(key, identity)


def _is_damaged(journal: Path) -> bool:
    try:
        read_journal(journal)
    except DamageError:
        return True
    return False


def _good_lines(journal: Path) -> Iterator[SampleRecord]:
    with disk(journal, "read"):
        lines = read_whole(journal, JOURNAL).split(b"\n")
    for line in lines[1:-1]:
        try:
            yield read_line(line)
        except (ValueError, KeyError, TypeError):  # it is why the journal is set aside
            continue


def _set_aside(path: Path) -> Path:
    aside = path.with_name(path.name + SUFFIX)
    with disk(path, "set aside"):
        path.rename(aside)
    return aside
