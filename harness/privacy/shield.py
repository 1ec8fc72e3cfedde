"""The last resort of a private run: whatever is said passes here, whoever says it.

Messages on standard error are masked. An exception that isn't ours is told by its type and place:
its text may quote a document. What tasks and libraries print or log is held back.
"""

import io
import logging
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from harness.errors import AligntaxError
from harness.privacy.identifiers import mask
from harness.privacy.policy import is_private
from harness.records import Privacy

__all__ = ["hushed", "shielded"]


class _Masked:
    """A stream whose texts are masked on their way; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(mask(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Nowhere(io.TextIOBase):
    """A stream that keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


@contextmanager
def shielded(mode: Privacy | None, *passing: type[Exception]) -> Iterator[None]:
    """Let nothing out of a private run that its mode withholds; else do nothing.

    Exceptions of the types ``passing`` go through as they are. Others that aren't ours become an
    AligntaxError that says where it happened.
    """
    if not is_private(mode):
        yield
        return
    try:
        with redirect_stderr(_Masked(sys.stderr)):
            yield
    except passing:
        raise
    except AligntaxError as error:
        error.args = (mask(str(error)),)
        raise error from None
    except Exception as error:  # noqa: BLE001 - anybody's, told without its text
        raise AligntaxError(
            f"internal error: {type(error).__name__} {_place(error)}; its text is withheld "
            f"(privacy: {mode})"
        ) from None


@contextmanager
def hushed(mode: Privacy | None) -> Iterator[None]:
    """Hold back what tasks, backends and libraries print, warn of and log in a private run.

    It isn't masked, because a name that stands alone is found by nobody.
    """
    if not is_private(mode):
        yield
        return
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # a handler may have taken a stream long ago
    try:
        with redirect_stdout(_Nowhere()), redirect_stderr(_Nowhere()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "at an unknown place"
    return f"in {frames[-1].name}, {Path(frames[-1].filename).name}:{frames[-1].lineno}"
