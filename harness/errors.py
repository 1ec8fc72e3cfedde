"""One small tree of errors; each class knows the exit code that the command line ends with.

    AligntaxError                 exit 70
    ├── UsageError                exit  2   a mistake in what the user gave us
    │   ├── SpecError                       run.yaml: unknown key, bad value, broken lineage
    │   ├── DataError                       a data file: not JSON, a field missing, a bad key
    │   ├── TaskError                       a task that is unknown, doubled or can't be asked so
    │   └── CheckpointError                 weights, tokenizer, adapter or template unusable
    ├── EvidenceError             exit  4   evidence that is missing or can't be compared
    └── StoreError                exit 74   the disk said no, or a stored file can't be used
        └── DamageError                     a stored file isn't what was written

A message is one line: where (file, line or key), what is wrong, what to do.
"""

from pathlib import Path

__all__ = [
    "AligntaxError",
    "CheckpointError",
    "DamageError",
    "DataError",
    "EvidenceError",
    "SpecError",
    "StoreError",
    "TaskError",
    "UsageError",
    "at",
]


class AligntaxError(Exception):
    """Base of all errors that the product raises on purpose."""

    exit_code = 70


class UsageError(AligntaxError):
    """The user gave something that can't be used; nothing was run or stored."""

    exit_code = 2


class SpecError(UsageError):
    """A run specification that can't be used."""


class DataError(UsageError):
    """A data file with a row that can't be used."""


class TaskError(UsageError):
    """A task that doesn't exist, exists twice, or can't be asked in the way wanted."""


class CheckpointError(UsageError):
    """A checkpoint that can't be loaded."""


class EvidenceError(AligntaxError):
    """A statement was asked for that the stored evidence doesn't support."""

    exit_code = 4


class StoreError(AligntaxError):
    """The store can't be read or written."""

    exit_code = 74


class DamageError(StoreError):
    """A stored file isn't what was written: a byte flipped, a part missing, an edit by hand."""


def at(file: Path | str, line: int | None = None) -> str:
    """Return ``file:line``, the prefix of a message about a place in a file."""
    return f"{file}:{line}" if line is not None else str(file)
