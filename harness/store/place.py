"""The folder of a store as a whole: is it still there, and what does the disk say about it?"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import StoreError
from harness.store.files import DiskError, disk

__all__ = ["Place", "naming"]


class Place:
    """Where a store's folder is on its disk.

    A mount that is lost leaves its empty mount point: a run that went on would write the rest of
    its results there, where nobody looks for them.
    """

    def __init__(self, root: Path) -> None:
        """Take the folder's path; nothing is looked at yet."""
        self._root = root
        self._found: tuple[int, int] | None = None

    def keep(self) -> None:
        """Remember what is at the path now."""
        self._found = self._look()

    def check(self) -> None:
        """Raise StoreError if something else is at the path than was kept, or nothing."""
        if self._look() != self._found:
            raise StoreError(
                f"{self._root}: the store was removed, or its disk is no longer mounted; what was "
                "written until then is on that disk"
            )

    def _look(self) -> tuple[int, int] | None:
        with disk(self._root, "read"):
            try:
                found = self._root.stat()
            except FileNotFoundError:
                return None
        return found.st_dev, found.st_ino


@contextmanager
def naming(root: Path) -> Iterator[None]:
    """Make a disk's refusal speak of the store rather than of a file deep in it."""
    try:
        yield
    except DiskError as error:
        if root.exists() and not root.is_dir():
            what = f"the store can't be {error.doing}: it is a file, no folder"
            raise StoreError(f"{root}: {what}") from error
        file = os.path.relpath(error.path, root)
        raise StoreError(
            f"{root}: the store can't be {error.doing}: {error.why} ({file}); what was finished "
            "until then is safe, and the same command goes on"
        ) from error
