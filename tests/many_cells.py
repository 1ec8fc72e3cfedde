"""A store of many cells, made fast: equal records share one segment by hard links."""

import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from harness.records import Likelihood, LogLikelihood, SampleRecord, digest
from harness.store import Store

_MOST_LINKS = 30_000  # of one file; ext4 takes 65,000


def sample(document: str, **changes: object) -> SampleRecord:
    fields = {
        "cell": "",
        "document": document,
        "status": "ok",
        "fields": {"question": f"{document}?"},
        "requests": (LogLikelihood(f"{document}?", " yes"),),
        "responses": (Likelihood(logprob=-1.0, tokens=1),),
    }
    return SampleRecord(**(fields | changes))  # type: ignore[arg-type]


def identity(checkpoint: str, task: str) -> dict[str, str]:
    return {"fingerprint": f"weights of {checkpoint}", "task": task}


def killed(store: Store, known: Mapping[str, object], *records: SampleRecord) -> Path:
    """Let a process append records to a cell and die by SIGKILL; return the journal it leaves."""
    key = digest(known)
    before = set(store.journals(key))
    child = os.fork()
    if child == 0:
        store.open_cell(key, known).append(records)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (journal,) = set(store.journals(key)) - before
    return journal


def make_store(root: Path, checkpoints: int, tasks: int, documents: int = 3) -> Store:
    """Return a store of ``checkpoints`` x ``tasks`` cells, named by one run per checkpoint."""
    store = Store(root)
    names = [f"checkpoint-{100 * (i + 1)}" for i in range(checkpoints)]
    plan = store.write_plan([(f"d{i}", "r", "h") for i in range(documents)])
    first: Path | None = None
    for number, name in enumerate(names):
        cells = []
        for task in (f"task_{i:03}" for i in range(tasks)):
            key = digest(identity(name, task))
            cells.append(
                {
                    "key": key,
                    "checkpoint": name,
                    "fingerprint": f"weights of {name}",
                    "row": task,
                    "capability": "general",
                    "language": "en",
                    "plans": [plan],
                    "limited": False,
                    "layers": [],
                }
            )
            if first is None:
                with store.open_cell(key, identity(name, task)) as writer:
                    writer.append(sample(f"d{i}", cell=key) for i in range(documents))
                (first,) = store.segments(key)
                continue
            folder = store.cell_folder(key) / "segments"
            folder.mkdir(parents=True)
            if first.stat().st_nlink < _MOST_LINKS:
                os.link(first, folder / first.name)
            else:
                first = Path(shutil.copyfile(first, folder / first.name))
            content = {"format_version": 1, "key": key, "identity": identity(name, task)}
            (folder.parent / "cell.json").write_text(json.dumps(content))
        store.write_run(
            {
                "id": f"20260101T{number:06}",
                "family": "many",
                "checkpoints": [{"name": name, "stage": "sft", "parent": None}],
                "cells": cells,
                "finished": True,
            }
        )
    return store
