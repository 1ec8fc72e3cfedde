"""Whether a store has moved on since it was read, found out a little at a time.

Looking at every file of a store with 100,000 cells takes seconds, so a look takes no more than a
moment: the accounts of the runs each time, which are written whenever a run begins, ends or gets
on, and as many cells as the moment allows, round and round.
"""

import time
from collections.abc import Iterator, Mapping
from itertools import islice
from threading import Lock

from harness.errors import StoreError
from harness.store.stamps import accounts_stamp, cell_stamp
from harness.store.store import Store

__all__ = ["Watch"]


class Watch:
    """Compares a store with what was read of it; any thread may look."""

    def __init__(self, store: Store, rest: str, stamps: Mapping[str, str]) -> None:
        """Take the stamps of what was read: of the accounts, and of each cell by its key."""
        self._store, self._rest = store, rest
        self._stamps = stamps
        self._keys: Iterator[str] = iter(())
        self._lock, self._looked, self._newer = Lock(), float("-inf"), False

    def newer(self, moment: float = 0.02, every: float = 1.0) -> bool:
        """Tell whether anything is known to have changed.

        Looks for ``moment`` seconds, not more often than ``every`` so many: the rest of the time,
        and while another thread looks, it says what is known.
        """
        if self._newer or not self._lock.acquire(blocking=False):
            return self._newer
        try:
            if time.monotonic() >= self._looked + every:
                self._newer = self._look(moment)
                self._looked = time.monotonic()
        except StoreError:  # it can't be listed any more: that is another state
            self._newer = True
        finally:
            self._lock.release()
        return self._newer

    def _look(self, moment: float) -> bool:
        end = time.monotonic() + moment
        if accounts_stamp(self._store.root) != self._rest:
            return True
        left = len(self._stamps)  # a small store is seen once in a look, not over and over
        while left > 0 and time.monotonic() < end:
            some = [*islice(self._keys, 10)]
            if not some:
                self._keys = iter(self._stamps)
                continue
            left -= len(some)
            if any(cell_stamp(self._store.root, key).text != self._stamps[key] for key in some):
                return True
        return False
