"""The journal: records in flight, one line each, one file per writer.

The writer holds a lock on its file for as long as it lives; whoever gets the lock knows that the
writer is gone and may seal what it left.
"""

from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from harness.errors import DamageError, StoreError, at
from harness.records import FORMAT_VERSION, JSON, SampleRecord, canonical
from harness.store.bounds import JOURNAL, read_whole, strict_json
from harness.store.codec import record_from_json, record_to_json
from harness.store.files import disk
from harness.store.lines import LineFile, left_behind

__all__ = ["Journal", "left_behind", "read_journal", "read_line"]


class Journal:
    """An open journal file of this process."""

    def __init__(self, folder: Path) -> None:
        """Create the file in a cell's folder and lock it."""
        self._file = LineFile(folder, "journal")
        self.path = self._file.path

    def append(self, records: Iterable[SampleRecord]) -> None:
        """Hand records to the operating system; a kill of this process can't lose them.

        They are forced to the disk by :meth:`sync`, and at least once a second while work goes on.
        """
        self._file.append(_line(record) for record in records)

    def sync(self) -> None:
        """Force what was appended to the disk, if anything was since the last time."""
        self._file.sync()

    def close(self) -> None:
        """Force to disk and let go of the lock."""
        self._file.close()


def read_journal(path: Path) -> list[SampleRecord]:
    """Return the records of a journal; a torn last line is dropped.

    Raises DamageError for a line that is damaged in the middle of the file.
    """
    with disk(path, "read"):
        try:
            content = read_whole(path, JOURNAL)
        except FileNotFoundError:  # sealed between listing and reading; its segment has it all
            return []
    lines = content.split(b"\n")
    whole, torn = lines[:-1], lines[-1]
    if whole and whole[0] != f"{canonical({'format_version': FORMAT_VERSION})}".encode():
        raise StoreError(f"{path}: isn't a journal of format version {FORMAT_VERSION}")
    records = []
    for number, line in enumerate(whole[1:], start=2):
        try:
            records.append(read_line(line))
        except (ValueError, KeyError, TypeError) as error:
            if number == len(whole) and not torn:
                break  # the file system kept the length of a write but not its content
            raise DamageError(
                f"{at(path, number)}: damaged record ({error}); run again to keep the other lines"
            ) from None
    return records


def read_line(line: bytes) -> SampleRecord:
    """Return the record of a journal's line; ValueError, KeyError or TypeError if it is damaged."""
    value = strict_json(line)
    if "sum" in value and value.pop("sum") != _sum(value):
        raise ValueError("its checksum doesn't fit")
    return record_from_json(value)


def _line(record: SampleRecord) -> JSON:
    value = record_to_json(record)
    return {**value, "sum": _sum(value)}


def _sum(value: JSON) -> int:
    return crc32(canonical(value).encode())
