"""How long a gate takes on a million stored samples: 2 checkpoints x 50 tasks x 10,000 documents.

    python tests/benches/gate_speed.py [documents] > reports/benchmarks/gate_speed.md

The store is made as a run makes it (records with requests and answers, segments, score layers,
plans), one set of documents per task. The gate is the command's own, in this process, after one
gate on a toy store has imported everything.
"""

import sys
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from harness.cli import app
from harness.metrics.metric import MetricInfo
from harness.records import JSON, Likelihood, LogLikelihood, SampleRecord, digest
from harness.store import Store
from harness.store.codec import write_segment
from harness.store.layers import layer_path, write_layer

TASKS = 50
FLIPS = 0.10
SEED = 20260101
ACCURACY = MetricInfo(
    name="accuracy",
    signature="accuracy|bench",
    columns=("right", "n"),
    aggregate="mean",
    chance=0.5,
)
CHECKPOINTS = [("sft", "sft", None), ("dpo", "aligned", "sft")]


def records(key: str, task: int, right: "np.ndarray[Any, Any]") -> list[SampleRecord]:
    """Return a yes-or-no question for each outcome, with the answers' log-likelihoods."""
    made = []
    for i, correct in enumerate(right):
        question = f"Question {i} of task {task}: is it so?"
        made.append(
            SampleRecord(
                cell=key,
                document=f"t{task}-{i:05}",
                status="ok",
                reason=None if correct else "wrong: no",
                fields={"question": question, "choices": ["yes", "no"], "answer": 0},
                requests=tuple(LogLikelihood(question, f" {answer}") for answer in ("yes", "no")),
                responses=tuple(
                    Likelihood(logprob=-1.0 - (correct == other), tokens=1) for other in (0, 1)
                ),
            )
        )
    return made


def identity(checkpoint: str, task: int) -> dict[str, JSON]:
    """Return what a cell's key hashes."""
    return {
        "fingerprint": digest(checkpoint),
        "tokenizer": "tok",
        "template": None,
        "task": f"task_{task:02}",
        "task_version": 1,
        "kind": "multiple_choice",
        "formulation": "cf",
        "format": "plain",
        "shots": 0,
        "seed": 1,
        "generation": {},
        "backend": {"name": "hf", "dtype": "float32"},
    }


def write_cell(store: Store, checkpoint: str, task: int, right: "np.ndarray[Any, Any]") -> JSON:
    """Write one cell as a run leaves it; return what the run's account says of it."""
    known = identity(checkpoint, task)
    key = digest(known)
    made = records(key, task, right)
    store.write_identity(key, known)
    write_segment(store.cell_folder(key) / "segments", made)
    rows = np.column_stack([right.astype(float), np.ones(len(right))])
    scored = [(record, record.status) for record in made]
    write_layer(store.scores_folder(key), ACCURACY, scored, rows)
    plan = store.write_plan([(r.document, r.request_hash, r.document_hash) for r in made])
    return {
        "key": key,
        "checkpoint": checkpoint,
        "fingerprint": known["fingerprint"],
        "row": known["task"],
        "capability": "general",
        "language": "en",
        "plans": [plan],
        "limited": False,
        "layers": [layer_path(Path(), ACCURACY).stem],
    }


def make_store(root: Path, tasks: int, documents: int) -> Store:
    """Return a store in which the share ``FLIPS`` of all outcomes is drawn anew."""
    store, rng = Store(root), np.random.default_rng(SEED)
    cells = []
    for task in range(tasks):
        right = rng.random(documents) < 0.6
        again = rng.random(documents) < FLIPS
        moved = np.where(again, rng.random(documents) < 0.6, right)
        cells += [write_cell(store, "sft", task, right), write_cell(store, "dpo", task, moved)]
    store.write_run(
        {
            "id": "20260101T000000-000000Z-abcdef",
            "family": "bench",
            "checkpoints": [
                {"name": name, "stage": stage, "parent": parent}
                for name, stage, parent in CHECKPOINTS
            ],
            "cells": cells,
            "finished": True,
        }
    )
    return store


def gate(store: Path) -> tuple[float, float, str]:
    """Return the seconds that the command takes, those of the processor, and its first line."""
    said = StringIO()
    start, busy = time.perf_counter(), time.process_time()
    with redirect_stdout(said):
        try:
            app(
                ["gate", "--baseline", "sft", "--candidate", "dpo", "--store", str(store)],
                standalone_mode=False,
            )
        except Exception as ended:  # noqa: BLE001 - its exit code is part of what it says
            said.write(f"{ended!r}")
    taken = time.perf_counter() - start, time.process_time() - busy
    return *taken, said.getvalue().partition("\n")[0]


def main(documents: int) -> None:
    """Print the table."""
    with TemporaryDirectory() as folder:
        make_store(Path(folder) / "toy", 1, 4000)
        gate(Path(folder) / "toy")
        start = time.perf_counter()
        make_store(Path(folder) / "evals", TASKS, documents)
        made = time.perf_counter() - start
        found = [gate(Path(folder) / "evals") for _ in range(3)]
    print("# How fast the gate reads\n")
    print(f"{2 * TASKS * documents:,} samples in {2 * TASKS} cells, made in {made:.0f} s.\n")
    print("| gate | seconds | of the processor | says |\n|---|---|---|---|")
    for number, (seconds, busy, says) in enumerate(found, 1):
        print(f"| {number} | {seconds:.2f} | {busy:.2f} | {says} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
