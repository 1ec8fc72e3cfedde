"""A store of 1,000 checkpoints x 100 tasks x 100 documents: 10 million samples, made in minutes.

    python tests/benches/board_store.py FOLDER [FAMILIES]

Each of 20 families has a base, ten SFT runs of it and aligned checkpoints of each of those, 50 in
all. Tasks are right-or-wrong, means, ratios, corpus scores and confusion matrices, some in
clusters. Every segment and every score layer is a file of its own, written by the store's codecs
but for the fsync; the scores follow from the answers.
"""

import hashlib
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from board_tasks import DOCUMENTS, VARIANTS, Row, samples, scores, tasks

from harness.records import FORMAT_VERSION, digest
from harness.store import Store, codec, layers
from harness.store.layers import Layer, layer_path

FAMILIES, CHECKPOINTS = 20, 50


@dataclass(frozen=True)
class Asked:
    """A task's documents in one prompt format, and what each way of answering them looks like."""

    row: Row
    plan: str
    fixed: dict[str, pa.Array]
    """The columns of a segment that don't depend on the answers."""
    layer: Layer
    """Likewise of a score layer."""
    responses: np.ndarray
    """(documents, variants) of JSON."""
    hashes: np.ndarray
    """Likewise, of the responses' hashes."""
    scores: tuple[np.ndarray, ...]
    """For each metric (documents, variants, columns); the first variant is the best answer."""


def lineage() -> list[tuple[str, str, str | None]]:
    """Return the checkpoints of a family: name, stage, parent."""
    found: list[tuple[str, str, str | None]] = [("base", "base", None)]
    found += [(f"sft-{i}", "sft", "base") for i in range(10)]
    aligned = CHECKPOINTS - len(found)
    found += [(f"dpo-{i:02}", "aligned", f"sft-{i % 10}") for i in range(aligned)]
    return found


def asked(store: Store, row: Row, fmt: str) -> Asked:
    """Return a task's documents as one format asks them, its plan written."""
    by_document = list(samples(row, fmt))
    first = [variants[0] for variants in by_document]
    rows = [[codec._row(record) for record in variants] for variants in by_document]
    identities = [(r.document, r.request_hash, r.document_hash) for r in first]
    varying = {"response_hash", "reason", "responses"}
    return Asked(
        row=row,
        plan=store.write_plan(identities),
        fixed={
            field.name: pa.array([each[0][field.name] for each in rows], field.type)
            for field in codec._SCHEMA
            if field.name not in varying
        },
        layer=Layer(
            info=row.metrics[0],
            documents=tuple(d for d, _, _ in identities),
            request_hashes=tuple(r for _, r, _ in identities),
            document_hashes=tuple(h for _, _, h in identities),
            response_hashes=(),
            statuses=("ok",) * DOCUMENTS,
            clusters=tuple(record.cluster for record in first),
            reasons=(),
            rows=np.empty((0, 0)),
        ),
        responses=np.array([[each["responses"] for each in document] for document in rows]),
        hashes=np.array([[each["response_hash"] for each in document] for document in rows]),
        scores=tuple(scores(info) for info in row.metrics),
    )


def write_cell(store: Store, one: Asked, identity: dict[str, Any], skill: np.ndarray) -> str:
    """Write a cell whose answers are the variants ``skill`` (documents,); return its key."""
    key = digest(identity)
    folder, places = store.cell_folder(key) / "segments", np.arange(DOCUMENTS)
    folder.mkdir(parents=True)
    content = {"format_version": FORMAT_VERSION, "key": key, "identity": identity}
    (folder.parent / "cell.json").write_text(json.dumps(content, indent=1, sort_keys=True))
    reasons = [None if variant == 0 else "wrong" for variant in skill]
    answers = {
        "response_hash": pa.array(one.hashes[places, skill]),
        "reason": pa.array(reasons, pa.string()),
        "responses": pa.array(one.responses[places, skill]),
    }
    columns = [(one.fixed | answers)[name] for name in codec._SCHEMA.names]
    data = codec.table_bytes(pa.Table.from_arrays(columns, schema=codec._SCHEMA))
    (folder / f"{hashlib.sha256(data).hexdigest()}.parquet").write_bytes(data)
    for info, values in zip(one.row.metrics, one.scores, strict=True):
        layer = replace(
            one.layer,
            info=info,
            rows=values[places, skill],
            response_hashes=tuple(one.hashes[places, skill].tolist()),
            reasons=tuple(reasons),
        )
        layers.write_columns(store.scores_folder(key), layer)
    return key


def family(
    store: Store, number: int, rows: list[Row], formats: dict[tuple[str, str], Asked]
) -> None:
    """Write one family with its run."""
    rng = np.random.default_rng(number)
    cells, strength = [], {None: 0.0}
    for name, stage, parent in lineage():
        strength[name] = strength[parent] + rng.normal(0.2, 0.3)
        fmt = "plain" if stage == "base" and number % 2 else "chat"
        for row in rows:
            one = formats[row.name, "plain" if row.kind == "perplexity" else fmt]
            weights = np.exp(-np.arange(VARIANTS) * (0.5 + strength[name] + rng.normal(0, 0.15)))
            skill = rng.choice(VARIANTS, DOCUMENTS, p=weights / weights.sum())
            who = identity(row, fmt, number, name)
            cells.append(account_of(one, write_cell(store, one, who, skill), who, name))
    store.write_run(
        {
            "id": f"20260101T{number:06}",
            "family": f"family-{number:02}",
            "checkpoints": [
                {"name": name, "stage": stage, "parent": parent, "attributes": {"step": i}}
                for i, (name, stage, parent) in enumerate(lineage())
            ],
            "cells": cells,
            "started": f"2026-01-01T00:{number:02}:00.000+00:00",
            "finished": True,
        }
    )


def identity(row: Row, fmt: str, number: int, checkpoint: str) -> dict[str, Any]:
    """Return what a cell's key hashes."""
    return {
        "fingerprint": digest([number, checkpoint]),
        "tokenizer": digest(number),
        "template": digest("template") if fmt == "chat" else None,
        "task": row.name,
        "task_version": 1,
        "kind": row.kind,
        "formulation": row.formulation,
        "format": fmt,
        "shots": 0,
        "seed": 1234,
        "generation": {},
        "backend": {"name": "hf", "dtype": "bfloat16", "max_length": 2048, "bos": "auto"},
    }


def account_of(one: Asked, key: str, who: dict[str, Any], checkpoint: str) -> dict[str, Any]:
    """Return what the run's account says of a cell."""
    row = one.row
    return {
        "key": key,
        "checkpoint": checkpoint,
        "fingerprint": who["fingerprint"],
        "row": f"{row.name}:{row.formulation}",
        "capability": row.capability,
        "language": row.language,
        "plans": [one.plan],
        "limited": False,
        "seen_of": None,
        "layers": [layer_path(Path(), info).stem for info in row.metrics],
        "cost": None,
    }


def make(root: Path, families: int = FAMILIES) -> Store:
    """Write the store; families that are there stay."""
    layers.write_whole = _write  # type: ignore[assignment]  # 300,000 times fsync take an hour
    store, rows = Store(root), tasks()
    formats = {(row.name, fmt): asked(store, row, fmt) for row in rows for fmt in ("plain", "chat")}
    done = {run["family"] for run in store.runs()}
    for number in range(families):
        if f"family-{number:02}" not in done:
            family(store, number, rows, formats)
            print(f"family {number + 1} of {families}", flush=True)
    return store


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    make(Path(sys.argv[1]), *map(int, sys.argv[2:]))
