"""The journal: records in flight, one line each, one file per writer.

The writer holds a lock on its file for as long as it lives; whoever gets the lock knows that the
writer is gone and may seal what it left.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.errors import StoreError, at
from harness.records import FORMAT_VERSION, SampleRecord, canonical
from harness.store.codec import record_from_json, record_to_json
from harness.store.files import disk

SYNC_SECONDS = 1.0


class Journal:
    """An open journal file of this process."""

    def __init__(self, folder: Path) -> None:
        """Create the file in a cell's folder and lock it."""
        name = f"journal-{socket.gethostname()}-{os.getpid()}-{time.time_ns()}.jsonl"
        self.path = folder / name
        unlocked = folder / f".{name}"  # nobody takes it for left behind before it is locked
        with disk(self.path, "written"):
            self._file = unlocked.open("xb")
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._file.write(f"{canonical({'format_version': FORMAT_VERSION})}\n".encode())
            unlocked.rename(self.path)
        self._synced = time.monotonic()

    def append(self, records: Iterable[SampleRecord]) -> None:
        """Hand records to the operating system; a kill of this process can't lose them.

        They are forced to the disk at least once a second while work goes on.
        """
        lines = "".join(f"{canonical(record_to_json(record))}\n" for record in records)
        with disk(self.path, "written"):
            self._file.write(lines.encode("utf-8", "surrogatepass"))
            self._file.flush()
            if time.monotonic() - self._synced >= SYNC_SECONDS:
                self.sync()

    def sync(self) -> None:
        """Force what was appended to the disk."""
        with disk(self.path, "written"):
            self._file.flush()
            os.fsync(self._file.fileno())
            if os.fstat(self._file.fileno()).st_nlink == 0:
                raise StoreError(f"{self.path}: was removed while it was being written")
        self._synced = time.monotonic()

    def close(self) -> None:
        """Force to disk and let go of the lock."""
        try:
            self.sync()
        finally:
            with disk(self.path, "written"):
                self._file.close()


@contextmanager
def left_behind(path: Path) -> Iterator[bool]:
    """Yield whether a journal's writer is gone; while inside, nobody else can claim it."""
    with ExitStack() as stack:
        yield _claimed(path, stack)


def _claimed(path: Path, stack: ExitStack) -> bool:
    """Lock a journal for as long as ``stack`` lives; False if its writer lives or it is sealed."""
    with disk(path, "locked"):
        try:
            # "r+b": NFS locks only what is open for writing
            file = stack.enter_context(path.open("r+b"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, BlockingIOError):
            return False
        return path.exists()


def read_journal(path: Path) -> list[SampleRecord]:
    """Return the records of a journal; a torn last line is dropped.

    Raises StoreError for a line that is damaged in the middle of the file.
    """
    with disk(path, "read"):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # sealed between listing and reading; its segment has it all
            return []
    lines = content.split(b"\n")
    whole, torn = lines[:-1], lines[-1]
    if whole and whole[0] != f"{canonical({'format_version': FORMAT_VERSION})}".encode():
        raise StoreError(f"{path}: isn't a journal of format version {FORMAT_VERSION}")
    records = []
    for number, line in enumerate(whole[1:], start=2):
        try:
            records.append(record_from_json(json.loads(line.decode("utf-8", "surrogatepass"))))
        except (ValueError, KeyError, TypeError) as error:
            if number == len(whole) and not torn:
                break  # the file system kept the length of a write but not its content
            raise StoreError(f"{at(path, number)}: damaged record ({error})") from None
    return records
