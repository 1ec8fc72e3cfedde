"""Files that grow line by line, each locked by the one process that writes it."""

import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.errors import StoreError
from harness.records import FORMAT_VERSION, JSON, canonical
from harness.store.files import disk

SYNC_SECONDS = 1.0


class LineFile:
    """A file of JSON lines that this process holds; the first line is the format version."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Create ``<kind>-<process>.jsonl`` in a folder and lock it."""
        # No clock in the name: it may go backwards, and a container's process is always number 1.
        name = f"{kind}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(8)}.jsonl"
        self.path = folder / name
        unlocked = folder / f".{name}"  # nobody takes it for left behind before it is locked
        with disk(self.path, "written"):
            self._file = unlocked.open("xb")
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._file.write(f"{canonical({'format_version': FORMAT_VERSION})}\n".encode())
            unlocked.rename(self.path)
        self._synced = time.monotonic()
        self._dirty = True

    def append(self, values: Iterable[JSON]) -> None:
        """Hand one line each to the operating system, and to the disk once a second."""
        lines = "".join(f"{canonical(value)}\n" for value in values)
        with disk(self.path, "written"):
            self._file.write(lines.encode("utf-8", "surrogatepass"))
            self._file.flush()
        self._dirty = True
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Force what was appended to the disk; StoreError if it can't or the file was removed."""
        with disk(self.path, "written"):
            if self._dirty:
                self._file.flush()
                os.fsync(self._file.fileno())
            if os.fstat(self._file.fileno()).st_nlink == 0:
                raise StoreError(f"{self.path}: was removed while it was being written")
        self._synced = time.monotonic()
        self._dirty = False

    def close(self) -> None:
        """Force to disk and let go of the lock."""
        try:
            self.sync()
        finally:
            with disk(self.path, "written"):
                self._file.close()


@contextmanager
def left_behind(path: Path) -> Iterator[bool]:
    """Yield whether a file's writer is gone; while inside, nobody else can claim it."""
    with ExitStack() as stack:
        yield _claimed(path, stack)


def _claimed(path: Path, stack: ExitStack) -> bool:
    """Lock a file for as long as ``stack`` lives; False if its writer lives or it is gone."""
    with disk(path, "locked"):
        try:
            # "r+b": NFS locks only what is open for writing
            file = stack.enter_context(path.open("r+b"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, BlockingIOError):
            return False
        return path.exists()
