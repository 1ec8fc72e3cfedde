"""The three places that a task's rows come from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from harness.data.files import read_jsonl, read_rows, renamed
from harness.data.rows import Adapt, Row
from harness.errors import DataError

_OFFLINE: ContextVar[bool] = ContextVar("offline", default=False)


@contextmanager
def without_network() -> Iterator[None]:
    """Within it a set that only the hub has is a DataError; nothing is downloaded."""
    token = _OFFLINE.set(True)
    try:
        yield
    finally:
        _OFFLINE.reset(token)


@dataclass(frozen=True, slots=True)
class Bundled:
    """A set in ``tasks/data/``; ``<name>_shots.jsonl`` beside it holds its few-shot examples."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def rows(self, folder: Path | None) -> Sequence[Row]:
        """Return the rows to be scored."""
        return read_jsonl(self._path(self.name), self.fields)

    def shot_rows(self, folder: Path | None) -> Sequence[Row] | None:
        """Return the few-shot rows, if the set has some."""
        path = self._path(f"{self.name}_shots")
        return read_jsonl(path, self.fields) if path.exists() else None

    @staticmethod
    def _path(name: str) -> Path:
        return Path(str(files("tasks") / "data" / f"{name}.jsonl"))


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that the user named: JSONL, a JSON list, CSV, TSV or Parquet."""

    path: Path
    fields: Mapping[str, str] = field(default_factory=dict)
    """Our field name -> the file's, where they differ."""
    adapt: Adapt | None = None
    """From a row, after the renaming, to the fields that the kind reads."""
    sensitive: bool = False
    """Whether it is about persons: what a task over it asks and gets is then never stored."""

    def rows(self, folder: Path | None) -> Sequence[Row]:
        """Return the rows to be scored; DataError for a field that no row has."""
        return _adapted(read_rows(self.path, self.fields), self.adapt)

    def shot_rows(self, folder: Path | None) -> None:
        """Return None: few-shot examples are set aside from the file itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The same set on the Hugging Face hub, for users who are online."""

    id: str
    config: str | None = None
    splits: Mapping[str, str] = field(default_factory=dict)
    """Our split name -> the hub's, where they differ."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Our field name -> the hub's, where they differ."""
    adapt: Adapt | None = None
    """From the hub's row, after the renaming, to a row as our copy has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """``<data>/<set>/<split>.jsonl``, or the hub's copy when the data folder hasn't got it."""

    set: str
    split: str = "test"
    shots: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    adapt: Adapt | None = None
    """From a row, wherever it comes from, to the fields that the kind reads."""
    hub: Hub | None = None
    sensitive: bool = False
    """Whether it is about persons: what a task over it asks and gets is then never stored."""

    def rows(self, folder: Path | None) -> Sequence[Row]:
        """Return the rows to be scored."""
        return self._split(self.split, folder)

    def shot_rows(self, folder: Path | None) -> Sequence[Row] | None:
        """Return the rows of the few-shot split, if the set has one."""
        return self._split(self.shots, folder) if self.shots else None

    def _split(self, split: str, folder: Path | None) -> Sequence[Row]:
        return _adapted(self._as_it_stands(split, folder), self.adapt)

    def _as_it_stands(self, split: str, folder: Path | None) -> Sequence[Row]:
        if folder is not None:
            path = folder / self.set / f"{split}.jsonl"
            if path.exists():
                return read_jsonl(path, self.fields)
        if self.hub is None or _OFFLINE.get():
            where = f"{folder / self.set}/{split}.jsonl" if folder else "a `data:` folder"
            raise DataError(
                f"{self.set}: {where} is needed and isn't there; no copy on the hub is known, "
                "the task's card names the source (`aligntax tasks NAME`)"
            )
        return _adapted(_hub_rows(self.hub, split), self.hub.adapt)


def _adapted(rows: Iterable[Row], adapt: Adapt | None) -> Sequence[Row]:
    if adapt is None:
        return list(rows)
    adapted = ((row, adapt(row)) for row in rows)
    return [replace(row, fields=fields) for row, fields in adapted if fields is not None]


def _hub_rows(hub: Hub, split: str) -> Iterator[Row]:
    import datasets  # seconds to import, and only users who are online get here

    name = hub.splits.get(split, split)
    try:
        rows = datasets.load_dataset(hub.id, hub.config, split=name)
    except Exception as error:  # noqa: BLE001 - the hub client raises its own, the network's and pyarrow's errors
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{hub.id}: split {name!r} can't be loaded from the hub ({reason}); "
            f"set `data:` to a folder that holds it"
        ) from None
    for number, row in enumerate(rows, start=1):
        yield Row(renamed(row, hub.fields), hub.id, number)
