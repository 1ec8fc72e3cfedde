"""Verdicts with what they rest on: ``<store>/verdicts/<time>-<hash>.json``; never changed.

A verdict names the cells, score layers and plans of every side, so that ``store gc`` keeps them and
anybody can judge again. The hash in the name is that of the content.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.errors import DamageError
from harness.records import FORMAT_VERSION, JSON, canonical, digest
from harness.results.verdict import Verdict
from harness.store.files import write_whole
from harness.store.json_files import read_json
from harness.store.store import Store

__all__ = [
    "StoredVerdict",
    "UsedCell",
    "UsedSide",
    "read_verdict",
    "read_verdicts",
    "verdict_files",
    "write_verdict",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedCell:
    """A cell that a verdict rests on."""

    key: str
    row: str
    layers: tuple[str, ...]
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedSide:
    """One checkpoint that a verdict rests on: the baseline, an anchor or the candidate."""

    name: str
    """As it was asked for."""
    family: str
    checkpoint: str
    fingerprint: str | None
    cells: tuple[UsedCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVerdict:
    """A verdict as it lies in a store."""

    name: str
    """The file's, without suffix; later ones sort after earlier ones."""
    time: str
    """UTC, ISO 8601."""
    verdict: Verdict
    sides: tuple[UsedSide, ...]
    """The references as they were given, the candidate last, if it has any evidence."""

    @property
    def judged(self) -> UsedSide | None:
        """The candidate; None: it had no evidence.

        A sequential gate knows it by the run.yaml and looks for its evidence with the family.
        """
        last, name = (self.sides[-1] if self.sides else None), self.verdict.candidate
        return last if last and last.name in (name, f"{last.family}:{name}") else None


_VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)
_SIDES: TypeAdapter[tuple[UsedSide, ...]] = TypeAdapter(tuple[UsedSide, ...])


def write_verdict(store: Store, verdict: Verdict, sides: Sequence[UsedSide]) -> Path:
    """Write a verdict and what it rests on; return the file. StoreError if it can't be written."""
    now = datetime.now(UTC)
    content = {
        "format_version": FORMAT_VERSION,
        "time": now.isoformat(timespec="milliseconds"),
        "verdict": asdict(verdict),
        "sides": [asdict(side) for side in sides],
    }
    content = json.loads(canonical(content))  # refuses NaN; tuples become lists
    path = _folder(store) / f"{now:%Y%m%dT%H%M%S-%f}Z-{digest(content)[:16]}.json"
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(path, f"{text}\n".encode())
    return path


def read_verdicts(store: Store) -> list[StoredVerdict]:
    """Return all verdicts of a store, the oldest first; errors as :func:`read_verdict`."""
    return [read_verdict(path) for path in verdict_files(store)]


def verdict_files(store: Store) -> list[Path]:
    """Return where the verdicts lie, the oldest first."""
    return sorted(_folder(store).glob("*.json"))


def read_verdict(path: Path) -> StoredVerdict:
    """Return one verdict.

    Raises StoreError for a file that is too large or of a newer version, DamageError for one that
    isn't what was written.
    """
    content = read_json(path)
    try:
        if digest(content)[:16] != path.stem.rpartition("-")[2]:
            raise ValueError("it doesn't hash to its name")
        return StoredVerdict(
            name=path.stem,
            time=str(content["time"]),
            verdict=_VERDICT.validate_json(_text(content["verdict"]), strict=True),
            sides=_SIDES.validate_json(_text(content["sides"]), strict=True),
        )
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (LookupError, ValueError) as error:
        reason = str(error)
    raise DamageError(f"{path}: damaged verdict ({reason}); restore it or remove it")


def used_cell(cell: Mapping[str, JSON]) -> UsedCell:
    """Return what a verdict keeps of an account's cell."""
    layers, plans = tuple(cell["layers"]), tuple(cell["plans"])
    return UsedCell(key=cell["key"], row=cell["row"], layers=layers, plans=plans)


def _folder(store: Store) -> Path:
    return store.root / "verdicts"


def _text(content: JSON) -> str:
    return json.dumps(content, ensure_ascii=False)
