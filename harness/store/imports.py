"""Numbers that somebody else computed: ``<store>/imports/<hash>.json``, named by what they hold.

Which of them count is said by the accounts of imports, under ``stated``. A later account that has
evidence for the same checkpoint and row takes their place.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path

from harness.errors import DamageError
from harness.evidence import Aggregate
from harness.metrics.metric import MetricInfo
from harness.records import CAPABILITIES, FORMAT_VERSION, JSON, canonical, digest
from harness.store.bounds import CELL, is_number
from harness.store.evidence import identity_of
from harness.store.files import listing, write_whole
from harness.store.json_files import read_json
from harness.store.metric_shape import info_from_json
from harness.store.store import Store

__all__ = [
    "IMPORTED",
    "aggregates_of",
    "check_number",
    "is_imported",
    "number_files",
    "read_aggregates",
    "stated_places",
    "write_number",
]

IMPORTED = "lm-eval import"
"""The backend's name in the identity of every imported cell and number."""
_TEXTS = ("checkpoint", "row", "key", "fingerprint", "capability", "language")
_REMEDY = "restore it or remove it and import again"


def is_imported(backend: Mapping[str, JSON]) -> bool:
    """Tell from the backend in a cell's identity whether others ran it."""
    return backend.get("name") == IMPORTED


def number_files(store: Store) -> list[Path]:
    """Return the files of all numbers."""
    found = listing(store.root / "imports")
    return sorted(Path(e.path) for e in found if e.name.endswith(".json"))


def check_number(path: Path) -> None:
    """Raise StoreError unless a file is a number that hashes to its name."""
    content = read_json(path, CELL)
    if digest(content) != path.stem:
        raise DamageError(f"{path}: damaged (it doesn't hash to its name); {_REMEDY}")


def write_number(
    store: Store,
    identity: Mapping[str, JSON],
    info: MetricInfo,
    value: float,
    error: float | None,
    about: tuple[int | None, str],
) -> str:
    """Write one number; return the name of its file, equal for equal numbers.

    ``identity`` is what a cell's key would hash, ``about`` how many documents the number is of and
    the file that states it. ValueError for a number without end.
    """
    if not isfinite(value) or (error is not None and not isfinite(error)):
        raise ValueError(f"{info.name}: {value} can't be stored")
    content = {
        "format_version": FORMAT_VERSION,
        "identity": dict(identity),
        "info": asdict(info),
        "value": value,
        "error": error,
        "n": about[0],
        "source": about[1],
    }
    name = digest(content)
    canonical(content)
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(_path(store, name), f"{text}\n".encode())
    return name


def read_aggregates(store: Store, family: str, metric: str | None = None) -> list[Aggregate]:
    """Return the numbers without records that count in a family, in the order of its imports.

    ``metric`` None: of each checkpoint and row the primary one, and none where there is evidence.
    A row whose sources differ has none. Raises StoreError for what can't be read.
    """
    if not (store.root / "imports").exists():
        return []
    return aggregates_of(store, [run for run in store.runs() if run["family"] == family], metric)


def aggregates_of(
    store: Store, runs: Sequence[Mapping[str, JSON]], metric: str | None = None
) -> list[Aggregate]:
    """Return what :func:`read_aggregates` does, for the runs of one family, oldest first."""
    found = []
    for entry, checkpoint in stated_places(store, runs):
        if entry["conflict"] or (metric is None and not entry["primary"]):
            continue
        for name in entry["numbers"]:
            one = _read(_path(store, name), entry, checkpoint)
            if metric in (None, one.info.name):
                found.append(one)
                break
    return found


def stated_places(
    store: Store, runs: Sequence[Mapping[str, JSON]]
) -> list[tuple[Mapping[str, JSON], Mapping[str, JSON]]]:
    """Return what the runs of one family, oldest first, state without records: (entry, checkpoint).

    A checkpoint is what the newest run says it is, as in :func:`harness.store.merge_runs`.
    """
    checkpoints: dict[str, Mapping[str, JSON]] = {}
    weights: dict[str, str] = {}
    for run in reversed(runs):
        for checkpoint in run["checkpoints"]:
            checkpoints.setdefault(checkpoint["name"], checkpoint)
        for cell in (*run["cells"], *_entries(store, run)):
            weights.setdefault(cell["checkpoint"], cell["fingerprint"])
    places: dict[tuple[str, str], Mapping[str, JSON]] = {}
    for run in runs:
        for cell in run["cells"]:
            places.pop((cell["checkpoint"], cell["row"]), None)
        for entry in _entries(store, run):
            if weights[entry["checkpoint"]] == entry["fingerprint"]:
                places[entry["checkpoint"], entry["row"]] = entry
    return [(entry, checkpoints[entry["checkpoint"]]) for entry in places.values()]


def _entries(store: Store, run: Mapping[str, JSON]) -> Sequence[Mapping[str, JSON]]:
    entries = run.get("stated", [])
    names = {checkpoint["name"] for checkpoint in run["checkpoints"]}
    if not isinstance(entries, list) or not all(_is_entry(entry, names) for entry in entries):
        file = store.root / "runs" / f"{run['id']}.json"
        raise DamageError(f"{file}: damaged (stated); {_REMEDY}")
    return entries


def _is_entry(entry: JSON, names: set[str]) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(key), str) for key in _TEXTS)
        and entry["checkpoint"] in names
        and entry["capability"] in CAPABILITIES
        and all(isinstance(entry.get(key), bool) for key in ("conflict", "primary"))
        and isinstance(entry.get("numbers"), list)
        and all(isinstance(name, str) for name in entry["numbers"])
    )


def _read(path: Path, entry: Mapping[str, JSON], checkpoint: Mapping[str, JSON]) -> Aggregate:
    content = read_json(path, CELL)
    try:
        if digest(content) != path.stem:
            raise ValueError("it doesn't hash to its name")
        value, error, n = (content[key] for key in ("value", "error", "n"))
        if not is_number(value) or not (error is None or is_number(error)):
            raise ValueError("its value is no number")
        if not (n is None or isinstance(n, int)) or not isinstance(content["source"], str):
            raise ValueError("it doesn't say what it is of")
        return Aggregate(
            identity=identity_of(content["identity"], entry, checkpoint),
            info=info_from_json(content["info"]),
            value=float(value),
            error=None if error is None else float(error),
            n=n,
            source=content["source"],
        )
    except (ValueError, LookupError, TypeError) as problem:
        raise DamageError(f"{path}: damaged ({problem}); {_REMEDY}") from None


def _path(store: Store, name: str) -> Path:
    if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
        raise DamageError(f"{store.root / 'imports'}: {name[:80]!r} is no name of a number")
    return store.root / "imports" / f"{name}.json"
