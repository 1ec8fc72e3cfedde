"""One object of a data file, and what a task's data is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from harness.errors import DataError, at
from harness.records import JSON


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a data file."""

    fields: Mapping[str, JSON]
    file: str
    line: int
    """Counted from 1; of a row that spans several lines, the first."""
    counted: Literal["line", "row"] = "line"
    """What ``line`` counts: a JSON list and a Parquet file have rows."""

    @property
    def place(self) -> str:
        """``file:line``, or ``file: row 3``."""
        if self.counted == "row":
            return f"{self.file}: row {self.line}"
        return at(self.file, self.line)

    def error(self, what: str) -> DataError:
        """Return the error that names this row."""
        return DataError(f"{self.place}: {what}")

    def get(self, name: str) -> JSON:
        """Return a field; DataError if the row lacks it."""
        if name not in self.fields:
            have = ", ".join(sorted(self.fields)) or "none"
            raise self.error(f"field {name!r} is missing (it has: {have})")
        return self.fields[name]

    def text(self, name: str) -> str:
        """Return a field that must be a non-blank string."""
        value = self.get(name)
        if not isinstance(value, str):
            raise self.error(f"field {name!r} must be text, not {type(value).__name__}")
        if not value.strip():
            raise self.error(f"field {name!r} is empty")
        return value


Adapt: TypeAlias = Callable[[Row], Mapping[str, JSON] | None]
"""From a row as it stands to the fields that a kind reads (DataError if it can't be); None leaves
the row out."""


class Data(Protocol):
    """Where a task's rows come from."""

    def rows(self, folder: Path | None) -> Sequence[Row]:
        """Return the rows to be scored; DataError if there are none."""
        ...

    def shot_rows(self, folder: Path | None) -> Sequence[Row] | None:
        """Return the rows of the split kept for few-shot examples; None if there is none."""
        ...
