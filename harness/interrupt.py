"""Stopping a run in good order: the batch in flight is finished first.

The first SIGTERM or Ctrl-C waits for the end of the batch where one is in flight, and stops at once
everywhere else. A second one stops at once, too; a third is left to the operating system.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interrupted", "Stop", "listening"]

_WAIT = b"aligntax: stopping after this batch; the same signal again stops at once\n"


class Interrupted(BaseException):
    """The run was asked to stop; no error, so that ``except Exception`` lets it through."""

    def __init__(self, number: int) -> None:
        """Say by which signal."""
        super().__init__(f"interrupted by signal {number}")
        self.signal = number

    @property
    def exit_code(self) -> int:
        """What a shell reports of a process that the signal ended: 130, 143."""
        return 128 + self.signal


class Stop:
    """Whether a run was asked to stop. Without :func:`listening` only :meth:`request` asks."""

    def __init__(self) -> None:
        """Begin without a request."""
        self.signal: int | None = None
        """The signal that asked."""
        self._finishing = False

    def request(self, number: int = signal.SIGINT) -> None:
        """Ask a run to stop at the end of the batch in flight; from any thread."""
        self.signal = number

    def check(self) -> None:
        """Raise Interrupted if the run was asked to stop."""
        if self.signal is not None:
            raise Interrupted(self.signal)

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Let a first signal wait until the next :meth:`check`, at the latest the block's end."""
        self.check()
        self._finishing = True
        try:
            yield
        finally:
            self._finishing = False
        self.check()

    def _handle(self, number: int, _: FrameType | None) -> None:
        again = self.signal is not None
        self.signal = number
        if again:
            for each in _SIGNALS:
                signal.signal(each, signal.SIG_DFL)
        elif self._finishing:
            os.write(2, _WAIT)  # not by sys.stderr: the signal may have come while it was writing
            return
        raise Interrupted(number)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def listening() -> Iterator[Stop]:
    """Yield a Stop that SIGINT and SIGTERM ask, and put the handlers back after.

    Outside the main thread, which alone may set handlers, it is a Stop that nobody asks. A signal
    that the process was started to ignore (``nohup``, a shell's ``&``) stays ignored.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    mine = [number for number in _SIGNALS if before[number] is not signal.SIG_IGN]
    for number in mine:
        signal.signal(number, stop._handle)
    try:
        yield stop
    finally:
        for number in mine:
            signal.signal(number, before[number])
