"""From what was taken of lm-eval's files to the store: cells, score layers, numbers."""

from collections.abc import Mapping

import numpy as np

from harness.importing.cells import Taken
from harness.importing.conflicts import Entry
from harness.privacy.identifiers import mask
from harness.privacy.policy import is_private
from harness.records import JSON, Privacy
from harness.store import Store
from harness.store.imports import write_number
from harness.store.layers import layer_path, write_layer

__all__ = ["write_taken"]

_BATCH = 1000  # records that are written at once


def write_taken(store: Store, taken: Taken, mode: Privacy | None) -> Entry:
    """Write all that was taken of one task of one file, and let go of its records.

    Returns it as accounts have it. What is there already is left alone. Raises StoreError.
    """
    file = taken.run.file.name
    file = mask(file) if is_private(mode) else file
    primary = (taken.measures or taken.numbers)[0]
    entry: dict[str, JSON] = {
        "file": file,
        "date": taken.run.date,
        "source": taken.source,
        "n": taken.n,
        "values": taken.values,
        "primary": primary.info.name,
        "unit": primary.info.unit,
        "error": getattr(primary, "error", None),
        "key": taken.key,
        "plans": [],
        "layers": [],
        "limited": False,
        "numbers": _numbers(store, taken, file),
    }
    if taken.records:
        _records(store, taken)
        entry["layers"] = _layers(store, taken)
        entry["plans"] = [store.write_plan(taken.plan)]
        entry["limited"] = taken.task.n is not None and taken.task.n < (taken.task.all or 0)
    for held in (taken.records, taken.measures, taken.plan):
        held.clear()
    return entry


def _records(store: Store, taken: Taken) -> None:
    key = taken.key
    held = store.held(key, {(r.document, r.request_hash) for r in taken.records})
    lacking = [r for r in taken.records if (r.document, r.request_hash) not in held]
    if not lacking and (store.cell_folder(key) / "cell.json").exists():
        return
    with store.open_cell(key, taken.identity) as writer:
        for start in range(0, len(lacking), _BATCH):
            writer.append(lacking[start : start + _BATCH])


def _layers(store: Store, taken: Taken) -> list[str]:
    folder = store.scores_folder(taken.key)
    scored = [(record, record.status) for record in taken.records]
    reasons = [record.reason for record in taken.records]
    names = []
    for made in taken.measures:
        write_layer(folder, made.info, scored, np.ascontiguousarray(made.rows), reasons)
        names.append(layer_path(folder, made.info).stem)
    return names


def _numbers(store: Store, taken: Taken, file: str) -> list[str]:
    identity: Mapping[str, JSON] = taken.identity
    about = (taken.task.n, file)
    return [
        write_number(store, identity, one.info, one.value, one.error, about)
        for one in taken.numbers
    ]
