"""The account of a run: what was asked, on what machine, how long it took; ``runs/<id>.json``."""

import platform
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import harness
from harness.cost import Meter, peak_process_bytes
from harness.plan import Cell, Plan
from harness.privacy.policy import cleaned
from harness.records import JSON, Checkpoint
from harness.secrets import masked, without_secrets
from harness.store import Store
from harness.surroundings import code_state, device, machine

_PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "peft",
    "accelerate",
    "safetensors",
    "gguf",
    "lm-eval",
    "vllm",
    "sglang",
    "datasets",
    "evaluate",
    "sacrebleu",
    "rouge-score",
    "jieba",
    "scikit-learn",
    "scipy",
    "numpy",
    "pyarrow",
)
_STAMP = "%Y%m%dT%H%M%S-%f"


class Account:
    """Grows while a run goes on; every write leaves a whole file."""

    def __init__(self, plan: Plan, store: Store) -> None:
        """Begin the account of a plan."""
        self._store = store
        self._content: dict[str, JSON] = {
            "id": _next_id(store),
            "family": masked(plan.spec.family),
            "spec": cleaned(_plain(asdict(plan.spec)), plan.privacy),
            "checkpoints": [
                {**cleaned(_plain(asdict(c)), plan.privacy), **_lineage(c)}
                for c in plan.spec.checkpoints
            ],
            "wanted": sorted({cell.key for cell in plan.cells}),  # none of them is waste meanwhile
            "cells": [],
            "seconds": {},
            "finished": False,
            "started": _now(),
            "ended": None,
            "device": None,
            "peak_process_bytes": None,
            **_surroundings(plan.spec.folder),
        }
        self._backend = plan.spec.backend

    @property
    def content(self) -> Mapping[str, JSON]:
        """What the run's file holds."""
        return self._content

    def add(self, cell: Cell, layers: list[str], meter: Meter | None) -> None:
        """Add a cell whose score layers (names, the primary first) are up to date.

        ``meter`` knows what it cost to ask it; None if nothing was asked.
        """
        if meter is not None and self._content["device"] is None:  # now it is there to be asked
            self._content["device"] = device(self._backend)
        self._content["cells"].append(
            {
                "key": cell.key,
                "checkpoint": masked(cell.checkpoint.name),
                "fingerprint": cell.identity["fingerprint"],
                "row": cell.row,
                "capability": cell.task.card.capability,
                "language": cell.task.card.language,
                "plans": [self._store.write_plan(cell.questions.planned)],
                "limited": cell.limited,
                "seen_of": cell.seen_of,
                "layers": layers,
                "cost": None if meter is None else meter.cost,
            }
        )

    @contextmanager
    def timed(self, checkpoint: str) -> Iterator[None]:
        """Note how many seconds a checkpoint took."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._content["seconds"][masked(checkpoint)] = round(time.monotonic() - start, 3)

    def write(self, *, finished: bool = False) -> None:
        """Write the account as it stands; StoreError if the disk says no."""
        self._content["finished"] = finished
        self._content["ended"] = _now() if finished else None
        self._content["peak_process_bytes"] = peak_process_bytes()
        self._store.write_run(self._content)


def rescored(
    store: Store, family: Mapping[str, JSON], cells: Sequence[Mapping[str, JSON]]
) -> dict[str, JSON]:
    """Return the account of a rescore: a family as its runs left it, its cells' layers renewed."""
    content = {**family, "id": _next_id(store), "rescored": family["id"], "cells": list(cells)}
    return content | {"wanted": [], "seconds": {}, "finished": True, **_surroundings(None)}


def imported(store: Store, family: str, content: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the account of an import: ``content`` has checkpoints, cells and stated numbers."""
    now = _now()
    told: dict[str, JSON] = {"seconds": {}, "finished": True, "started": now, "ended": now}
    spec: dict[str, JSON] = {"tasks": []}  # nothing was asked, so nothing can be asked again
    base = {"id": _next_id(store), "family": masked(family), "spec": spec}
    return {**base, **told, "device": None, **content, **_surroundings(None)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _surroundings(folder: Path | None) -> dict[str, JSON]:
    return {
        "machine": machine(),
        "git": code_state(folder),
        "versions": {"aligntax": harness.__version__, "python": platform.python_version()}
        | {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _lineage(checkpoint: Checkpoint) -> dict[str, JSON]:
    """Return what cells and children refer to, told in the same way as there."""
    parent = checkpoint.parent
    return {"name": masked(checkpoint.name), "parent": None if parent is None else masked(parent)}


def _next_id(store: Store) -> str:
    """Return an id that sorts after those of all runs, even if the clock went backwards."""
    stamps = [datetime.now(UTC)]
    for path in store.run_files()[-1:]:
        with suppress(ValueError):  # an id that isn't ours tells no time
            last = datetime.strptime(path.stem.rpartition("-")[0], f"{_STAMP}%z")
            stamps.append(last + timedelta(microseconds=1))
    return f"{max(stamps):{_STAMP}}Z-{secrets.token_hex(3)}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _plain(value: JSON) -> JSON:
    """Return a value as JSON has it: paths as text, tuples as lists, secrets masked."""
    return without_secrets(_as_json(value))


def _as_json(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value
