"""Whether a store is what was written: names against contents, records against their hashes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from harness.errors import StoreError
from harness.records import JSON, SampleRecord, digest
from harness.store.bounds import PLAN
from harness.store.codec import read_segment, records_of
from harness.store.damage import SUFFIX
from harness.store.files import listing
from harness.store.journal import read_journal
from harness.store.json_files import read_account, read_json
from harness.store.refs import check_ref
from harness.store.store import Store
from harness.store.verdicts import read_verdict

__all__ = ["Finding", "verify_cell", "verify_runs"]

_HASHES = ("request_hash", "document_hash", "response_hash")
_ASK_AGAIN = "run again: its documents are asked anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a store that doesn't follow from the rest of it."""

    file: Path
    problem: str
    remedy: str
    document: str | None = None
    fault: bool = True
    """False for what is only worth knowing: work that isn't done yet, what can't be checked."""

    @property
    def line(self) -> str:
        """It in one line: where, what is wrong, what to do."""
        place = str(self.file) if self.document is None else f"{self.file}: {self.document}"
        return f"{place}: {self.problem}; {self.remedy}"


def finding_of(error: StoreError, file: Path) -> Finding:
    """Return a finding that says what an error about a file says."""
    said = str(error).removeprefix(f"{file}: ")
    problem, _, remedy = said.partition("; ")
    return Finding(file=file, problem=problem, remedy=remedy or "restore it from a backup")


def verify_cell(store: Store, key: str) -> Iterator[Finding]:
    """Yield what is wrong with a cell's identity, segments and journals."""
    folder = store.cell_folder(key)
    try:
        store.identity(key)
    except StoreError as error:
        yield finding_of(error, folder / "cell.json")
    for entry in sorted(listing(folder / "segments"), key=lambda entry: entry.name):
        yield from _segment(Path(entry.path), key)
    for path in store.journals(key):
        yield from _journal(path, key)
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        yield Finding(
            file=path,
            problem="was damaged and is set aside; its documents were asked again",
            remedy="`aligntax store gc` removes it",
            fault=False,
        )


def verify_runs(store: Store) -> Iterator[Finding]:
    """Yield what is wrong with accounts, plans, references, verdicts, and what they name."""
    plans = {Path(entry.path).stem for entry in listing(store.root / "runs" / "plans")}
    for name in sorted(plans):
        yield from _plan(store, name)
    cells = set(store.cells())
    yield from _kept(store)
    for path in store.run_files():
        try:
            run = read_account(path)
        except StoreError as error:
            yield finding_of(error, path)
            continue
        for cell in run["cells"]:
            yield from _named(store, path, cell, plans, cells)


def _kept(store: Store) -> Iterator[Finding]:
    """Yield what is wrong with named references and verdicts."""
    readers: dict[str, Callable[[Path], object]] = {"refs": check_ref, "verdicts": read_verdict}
    for folder, read in readers.items():
        for path in sorted((store.root / folder).glob("*.json")):
            try:
                read(path)
            except StoreError as error:
                yield finding_of(error, path)


def _segment(path: Path, key: str) -> Iterator[Finding]:
    if path.suffix != ".parquet":
        if not path.name.endswith(SUFFIX):
            yield Finding(file=path, problem="is no segment", remedy="remove it", fault=False)
        return
    try:
        segment = read_segment(path)
    except StoreError as error:
        yield finding_of(error, path)
        return
    if segment is not None:  # else it was packed into another one meanwhile
        yield from _records(path, segment, key)


def _records(path: Path, segment: pa.Table, key: str) -> Iterator[Finding]:
    """Compare a segment's columns with what its records hash to."""
    try:
        hashed = segment.select(["document", *_HASHES]).to_pylist()
        for row, record in zip(hashed, records_of(segment, key), strict=True):
            wrong = [name for name in _HASHES if getattr(record, name) != row[name]]
            if wrong:
                yield Finding(
                    file=path,
                    document=row["document"],
                    problem=f"its {wrong[0].replace('_', ' ')} isn't that of the record",
                    remedy=f"remove the file and {_ASK_AGAIN}",
                )
    except (KeyError, TypeError, ValueError, StoreError) as error:
        what = f"no records in it ({type(error).__name__} {error})"
        yield Finding(file=path, problem=what, remedy=f"remove the file and {_ASK_AGAIN}")


def _journal(path: Path, key: str) -> Iterator[Finding]:
    try:
        records: list[SampleRecord] = read_journal(path)
    except StoreError as error:
        yield Finding(file=path, problem=finding_of(error, path).problem, remedy=_ASK_AGAIN)
        return
    for record in records:
        if record.cell != key:
            yield Finding(
                file=path,
                document=record.document,
                problem="its record is of another cell",
                remedy="move the journal to the cell that it names",
            )


def _plan(store: Store, name: str) -> Iterator[Finding]:
    path = store.plan_path(name)
    try:
        content = read_json(path, PLAN)
    except StoreError as error:
        yield finding_of(error, path)
        return
    if digest(content) != name:
        yield Finding(
            file=path,
            problem="damaged (it doesn't hash to its name)",
            remedy="run again to write it anew",
        )


def _named(
    store: Store, run: Path, cell: Mapping[str, JSON], plans: set[str], cells: set[str]
) -> Iterator[Finding]:
    """Yield what a run names and the store doesn't have."""
    called = f"{cell['checkpoint']} × {cell['row']}"
    for plan in cell["plans"]:
        if plan not in plans:
            yield Finding(
                file=run,
                problem=f"{called}: its plan {plan}.json isn't there",
                remedy="run again to write it anew",
            )
    if cell["key"] not in cells:
        yield Finding(
            file=run,
            problem=f"{called}: its cell {cell['key'][:12]} isn't there",
            remedy=_ASK_AGAIN,
            fault=False,
        )
        return
    folder = store.scores_folder(cell["key"])
    for layer in cell["layers"]:
        if not (folder / f"{layer}.parquet").exists():
            yield Finding(
                file=folder / f"{layer}.parquet",
                problem=f"{called}: its scores aren't there",
                remedy="run `aligntax rescore`",
            )
