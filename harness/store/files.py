"""Files that are whole or not there, and disk errors that say so."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import StoreError


class DiskError(StoreError):
    """The operating system refused something about a file of the store."""

    def __init__(self, path: Path, doing: str, error: OSError) -> None:
        """Say what couldn't be done to which file, and why."""
        self.path, self.doing = path, doing
        self.why = error.strerror or str(error)
        super().__init__(f"{path}: can't be {doing}: {self.why}")


@contextmanager
def disk(path: Path, doing: str) -> Iterator[None]:
    """Turn an operating-system error about ``path`` into a StoreError of one line."""
    try:
        yield
    except OSError as error:
        raise DiskError(path, doing, error) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or none: write, fsync, rename, fsync folder.

    Raises StoreError when the disk is full, read-only or gone; nothing half-written counts.
    """
    with disk(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".part-{secrets.token_hex(8)}")
        try:
            with part.open("xb") as file:  # not mkstemp: a team's store is read by all of it
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def holds(path: Path, content: bytes) -> bool:
    """Tell whether a file is there and holds exactly this; StoreError if it can't be read."""
    with disk(path, "read"):
        try:
            return path.stat().st_size == len(content) and path.read_bytes() == content
        except FileNotFoundError:
            return False


def listing(folder: Path) -> list[os.DirEntry[str]]:
    """Return what a folder holds, without hidden files; nothing if it isn't there.

    Raises StoreError where a folder is there and can't be listed.
    """
    with disk(folder, "listed"):
        try:
            with os.scandir(folder) as entries:
                return [entry for entry in entries if not entry.name.startswith(".")]
        except FileNotFoundError:
            return []


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
