"""Evidence about two evaluations at once: ``<store>/pairs/aa-<cell key>-<machine>.json``.

An A/A file holds the noise floor of one cell on one machine: figures and ids, never texts.
"""

import json
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.errors import DamageError, StoreError
from harness.records import FORMAT_VERSION, canonical
from harness.results.noise import NoiseFloor
from harness.store.files import write_whole
from harness.store.json_files import read_json
from harness.store.store import Store

__all__ = ["noise_of", "read_noise", "write_noise"]

_FLOOR = TypeAdapter(NoiseFloor)


def write_noise(store: Store, floor: NoiseFloor) -> None:
    """Write a cell's noise floor whole, over that of an earlier time; StoreError if it can't."""
    content = {"format_version": FORMAT_VERSION, **asdict(floor)}
    content["compared"] = sorted(floor.compared)
    canonical(content)  # refuses NaN before anything is written
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(_path(store, floor.cell, floor.machine), f"{text}\n".encode())


def read_noise(store: Store) -> list[NoiseFloor]:
    """Return all noise floors that a store holds, by cell and machine.

    Raises StoreError for a file that is too large or from a newer version, DamageError for one
    that isn't what was written.
    """
    return store.whole(sorted(store.root.glob("pairs/aa-*.json")), _floor)


def noise_of(store: Store, cell: str, machine: str) -> NoiseFloor | None:
    """Return a cell's noise floor on a machine, None if it wasn't measured; errors likewise."""
    path = _path(store, cell, machine)
    return _floor(path) if path.exists() else None


def _path(store: Store, cell: str, machine: str) -> Path:
    for name in (cell, machine):
        if not (name.isascii() and name.isalnum()):
            raise StoreError(f"{name!r} is no key of a cell or machine")
    return store.root / "pairs" / f"aa-{cell}-{machine}.json"


def _floor(path: Path) -> NoiseFloor:
    content = read_json(path)
    try:
        floor = _FLOOR.validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DamageError(
            f"{path}: damaged noise floor ({where}: {first['msg']}); remove it and run with"
            " --repeat again"
        ) from None
    if path.name != f"aa-{floor.cell}-{floor.machine}.json":
        raise DamageError(f"{path}: speaks of another cell or machine than its name; remove it")
    return floor
