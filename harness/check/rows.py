"""Every row of a file on its own: which can be used, and what is wrong with the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from harness.check.arguments import Asked
from harness.check.kinds import kind_of, options_of
from harness.data import Row, shape_of
from harness.data.files import renamed, stream_good_and_bad
from harness.errors import DataError
from harness.records import Document
from harness.registry import build_task
from harness.task import Card, Task

WORST = 20
"""So many bad rows are named."""


_Bad: TypeAlias = dict[tuple[int, int], str]
"""What is wrong with rows, by the line that they follow or are; then in the order of finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file's rows as its kind reads them."""

    task: Task
    guessed: bool
    rows: int
    documents: tuple[tuple[Row, Document], ...]
    """What can be used, in the order of the file."""
    bad: tuple[str, ...]
    bad_left_out: bool


@dataclass(frozen=True, slots=True)
class _Rows:
    """Data in memory; none of it is set aside for few-shot examples."""

    every: Sequence[Row]

    def rows(self, folder: Path | None) -> Sequence[Row]:
        return self.every

    def shot_rows(self, folder: Path | None) -> Sequence[Row]:
        return ()


def checked_rows(path: Path, asked: Asked) -> Checked:
    """Return a file's documents and its bad rows.

    Raises DataError for a file that can't be read or has no rows, TaskError for a kind or an
    option that isn't known.
    """
    good, bad = _read(path, asked)
    rows = len(good) + len(bad)
    kind = asked.kind or kind_of(good, asked.fields)
    shaped = _shaped(good, kind, asked, bad)
    options = {**options_of(kind, shaped or good), **asked.options}
    card = Card(
        name=path.name,
        capability="general",
        language=asked.language,
        licence="unstated",
        source=path.name,
    )
    task, documents, more = _parsed(
        lambda every: build_task(kind, card, every, options), shaped, bad
    )
    return Checked(
        task=task,
        guessed=asked.kind is None,
        rows=rows,
        documents=documents,
        bad=tuple(bad[place] for place in sorted(bad)[:WORST]),
        bad_left_out=more or len(bad) > WORST,
    )


def _read(path: Path, asked: Asked) -> tuple[list[Row], _Bad]:
    good: list[Row] = []
    bad: _Bad = {}
    for row in stream_good_and_bad(path):
        if isinstance(row, Row):
            good.append(replace(row, fields=renamed(row.fields, asked.fields)))
        else:
            bad[good[-1].line if good else 0, len(bad)] = str(row)
    if not good:
        empty = f"{path}: the file has no rows; a task needs at least one document"
        raise DataError(next(iter(bad.values()), empty))
    return good, bad


def _shaped(rows: Sequence[Row], kind: str, asked: Asked, bad: _Bad) -> list[Row]:
    """Return the rows in the kind's shape; those that have none are added to ``bad``."""
    adapt = shape_of(kind, tuple(asked.fields))
    if adapt is None:
        return [*rows]
    shaped = []
    for row in rows:
        try:
            shaped.append(replace(row, fields=adapt(row) or {}))
        except DataError as error:
            bad[row.line, len(bad)] = str(error)
    return shaped


def _parsed(
    build: Callable[[_Rows], Task], rows: list[Row], bad: _Bad
) -> tuple[Task, tuple[tuple[Row, Document], ...], bool]:
    """Return the documents of the rows that the kind takes.

    A kind stops at the first bad row, and its message begins with the row's place: that row is
    put aside and the others are tried again. The last value says whether bad ones may be left.
    """
    rows = [_named(row) for row in rows]
    task = build(_Rows(rows))
    while True:
        try:
            documents = task.documents(None) if rows else ()
        except DataError as error:
            kept = [row for row in rows if not str(error).startswith(f"{row.place}: ")]
            if len(kept) == len(rows):
                raise
            [wrong] = [row for row in rows if str(error).startswith(f"{row.place}: ")]
            bad[wrong.line, len(bad)] = str(error)
            if len(bad) >= WORST:
                return task, (), True
            rows, task = kept, build(_Rows(kept))
            continue
        by_name = {str(row.fields["id"]): row for row in rows}
        return task, tuple((by_name[d.id], d) for d in documents), False


def _named(row: Row) -> Row:
    """Return a row with an id, its line if it has none, so that its document can be found."""
    if row.fields.get("id") is not None:
        return row
    return replace(row, fields={**row.fields, "id": str(row.line)})
