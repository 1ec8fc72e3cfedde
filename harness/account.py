"""The account of a run: what was asked, on what machine, how long it took; ``runs/<id>.json``."""

import os
import platform
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import harness
from harness.cost import Meter
from harness.plan import Cell, Plan
from harness.records import JSON, is_secret
from harness.store import Store

_PACKAGES = (
    "torch",
    "transformers",
    "lm-eval",
    "sacrebleu",
    "rouge-score",
    "scikit-learn",
    "numpy",
)


class Account:
    """Grows while a run goes on; every write leaves a whole file."""

    def __init__(self, plan: Plan, store: Store) -> None:
        """Begin the account of a plan."""
        self._store = store
        self._content: dict[str, JSON] = {
            "id": f"{datetime.now(UTC):%Y%m%dT%H%M%S-%fZ}-{secrets.token_hex(3)}",
            "family": plan.spec.family,
            "spec": _plain(asdict(plan.spec)),
            "checkpoints": [_plain(asdict(c)) for c in plan.spec.checkpoints],
            "cells": [],
            "seconds": {},
            "finished": False,
            "machine": {"system": platform.platform(), "cores": os.cpu_count()},
            "versions": {"aligntax": harness.__version__, "python": platform.python_version()}
            | {name: found for name in _PACKAGES if (found := _version(name))},
        }

    @property
    def content(self) -> Mapping[str, JSON]:
        """What the run's file holds."""
        return self._content

    def add(self, cell: Cell, layers: list[str], meter: Meter | None) -> None:
        """Add a cell whose score layers (names, the primary first) are up to date.

        ``meter`` knows what it cost to ask it; None if nothing was asked.
        """
        self._content["cells"].append(
            {
                "key": cell.key,
                "checkpoint": cell.checkpoint.name,
                "fingerprint": cell.identity["fingerprint"],
                "row": cell.row,
                "capability": cell.task.card.capability,
                "language": cell.task.card.language,
                "plans": [self._store.write_plan(cell.planned)],
                "limited": cell.limited,
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
            self._content["seconds"][checkpoint] = round(time.monotonic() - start, 3)

    def write(self, *, finished: bool = False) -> None:
        """Write the account as it stands; StoreError if the disk says no."""
        self._content["finished"] = finished
        self._store.write_run(self._content)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _plain(value: JSON) -> JSON:
    """Return a value as JSON has it: paths as text, tuples as lists, secrets as dots."""
    if isinstance(value, dict):
        return {k: "…" if is_secret(k) and v else _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value
