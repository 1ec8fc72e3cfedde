"""A ward's data with planted identifiers, and runs over it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from toys import write_jsonl

from harness.evaluate import Job, prepare
from harness.evidence import Evidence
from harness.plan import Cell
from harness.run import run
from harness.spec import load_spec
from harness.store import read_evidence

Ward: TypeAlias = Callable[..., Path]
Aligntax: TypeAlias = Callable[..., tuple[int, str, str]]


def planted() -> list[dict[str, str]]:
    """Return forty identifiers of all kinds, English and Chinese: ``{text, kind, value}``."""
    lines = (Path(__file__).parent / "privacy" / "planted.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in lines.splitlines()]


def write_ward(folder: Path, privacy: str | None, **changes: Any) -> Path:
    """Write data and a run.yaml whose model answers with identifiers; return the run.yaml.

    The texts stand in questions, choices, targets, ids and clusters, in few-shot examples, and in
    what the model answers: with their labels and alone.
    """
    quiz = [
        {
            "id": f"{n}-{each['value']}" if n % 3 == 0 else f"q{n}",
            "cluster": each["value"] if n % 3 == 1 else f"ward {n % 2}",
            "question": f"{each['text']} Which is it?",
            "choices": [each["value"], "neither of the two", "both at once"],
            "answer": n % 3,
        }
        for n, each in enumerate(planted())
    ]
    notes = [{"source": each["text"], "target": f"About: {each['value']}"} for each in planted()]
    write_jsonl(folder / "first.jsonl", quiz[:20])
    write_jsonl(folder / "second.jsonl", quiz[20:])
    write_jsonl(folder / "notes.jsonl", notes)
    spec = default_spec(privacy)
    path = folder / "run.yaml"
    kept = {key: value for key, value in (spec | changes).items() if value is not None}
    path.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def default_spec(privacy: str | None) -> dict[str, Any]:
    """Return what the run.yaml says if nothing is changed."""
    choice = {"kind": "multiple_choice", "capability": "domain", "variants": ["cf", "gen"]}
    generation = {"kind": "generation", "capability": "domain", "shots": 2}
    return {
        "family": "ward",
        "checkpoints": [
            {"name": "base", "stage": "base", "model": "toy/base"},
            {"name": "sft", "stage": "sft", "parent": "base", "model": "toy/sft"},
        ],
        "tasks": [
            {"name": "first", "data": "first.jsonl", **choice},
            {"name": "second", "data": "second.jsonl", **choice},
            {"name": "notes", "data": "notes.jsonl", **generation},
        ],
        "formats": ["plain"],
        "backend": {"name": "fake", "options": {"answers": scripted()}},
        "store": f"evals-{privacy}",
        "privacy": privacy,
    }


def scripted() -> Mapping[str, str]:
    """Return the model's answers by what they are answers to."""
    return {each["text"]: f"{each['value']}; again: {each['text']}" for each in planted()}


class Silent:
    """A watcher that says nothing."""

    def load(self, checkpoint: str) -> None:
        pass

    def begin(self, cell: Cell, documents: int) -> None:
        pass

    def advance(self) -> None:
        pass


def evaluate(path: Path, *backend: Callable[..., Any]) -> tuple[Job, list[Evidence]]:
    """Run a run.yaml, with another backend than its own if one is given; return the evidence."""
    job = prepare(load_spec(path))
    summary = run(job.plan, job.inspections, job.store, Silent(), *backend)
    return job, read_evidence(job.store, summary.run)
