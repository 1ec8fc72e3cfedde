"""Runs, their costs and what is missing as data frames of text; pure."""

from collections.abc import Mapping, Sequence

import pandas as pd

from harness.records import JSON
from harness.render import MISSING, cost_cells
from harness.render.costs import gigabytes, rate
from harness.results.coverage import Completion, Hole
from harness.results.runs import RunCost

__all__ = [
    "cells_frame",
    "coverage_frame",
    "failures_frame",
    "holes_frame",
    "missing_text",
    "provenance_frame",
    "runs_frame",
]

Run = Mapping[str, JSON]
_HEADS = {
    "docs": "asked",
    "s": "seconds",
    "docs/s": "asked/s",
    "scored": "tokens scored",
    "made": "generated",
    "tok/s": "tokens/s",
    "tok/char": "per character",
    "answer s": "first answer, s",
    "token s": "first token, s",
}
"""Of the columns of costs, where there is room for whole words."""


def runs_frame(found: Sequence[tuple[Run, RunCost]]) -> pd.DataFrame:
    """Return a line for each run, in the order given."""
    return pd.DataFrame([_run(run, cost) for run, cost in found])


def provenance_frame(run: Run) -> pd.DataFrame:
    """Return what a run ran on and with, one fact a line."""
    facts: dict[str, object] = {"run": run["id"]}
    for name in ("started", "ended", "rescored"):
        if run.get(name):
            facts[name] = run[name]
    facts |= {f"machine: {k}": v for k, v in _sized(run.get("machine") or {}).items()}
    facts |= {f"device: {k}": v for k, v in _sized(run.get("device") or {}).items()}
    for name, state in (run.get("git") or {}).items():
        if state:
            changed = ", with changes" if state.get("dirty") else ""
            facts[f"git: {name}"] = f"{state.get('revision')}{changed}"
    spec = run.get("spec") or {}
    backend = spec.get("backend") or {}
    facts |= {f"backend: {k}": v for k, v in backend.items() if v not in (None, {}, False)}
    for name in ("folder", "seed", "formats", "template_from", "data", "privacy"):
        if spec.get(name) not in (None, []):
            facts[f"spec: {name}"] = spec[name]
    for checkpoint in run["checkpoints"]:
        facts[f"model: {checkpoint['name']}"] = _model(checkpoint)
        seconds = (run.get("seconds") or {}).get(checkpoint["name"])
        if seconds is not None:
            facts[f"seconds: {checkpoint['name']}"] = rate(seconds)
    facts |= {f"version: {name}": v for name, v in (run.get("versions") or {}).items()}
    return pd.DataFrame([{"what": name, "is": _said(value)} for name, value in facts.items()])


def cells_frame(run: Run, entries: pd.DataFrame) -> pd.DataFrame:
    """Return a run's cells: what the store has of each now, and what it cost in this run."""
    held = {(one.checkpoint, one.row): one for one in entries.itertuples()}
    lines = []
    for cell in run["cells"]:
        one = held.get((cell["checkpoint"], cell["row"]))
        lines.append(
            {
                "checkpoint": cell["checkpoint"],
                "row": cell["row"],
                "has score": MISSING if one is None else f"{one.answered:,} of {one.planned:,}",
                "errors": MISSING if one is None else f"{one.errors:,}",
                **cost_cells(cell.get("cost")),
                "cell": cell["key"][:12],
            }
        )
    frame = pd.DataFrame(lines)
    empty = [head for head in cost_cells(None) if lines and (frame[head] == MISSING).all()]
    return frame.drop(columns=empty).rename(columns=_HEADS)


def coverage_frame(entries: pd.DataFrame, checkpoints: Sequence[str]) -> pd.DataFrame:
    """Return a line for each row, a column for each checkpoint: scored of planned documents."""
    held = {(one.checkpoint, one.row): one for one in entries.itertuples()}
    return pd.DataFrame(
        [
            {"row": row, **{name: _held(held.get((name, row))) for name in checkpoints}}
            for row in dict.fromkeys(entries["row"])
        ]
    )


def holes_frame(found: Completion) -> pd.DataFrame:
    """Return a line for each place that isn't complete."""
    why = {id(hole): reason for hole, reason in found.left}
    return pd.DataFrame([_hole(hole, why.get(id(hole), "")) for hole in found.holes])


def missing_text(found: Completion) -> str:
    """Return how much is missing."""
    known = sum(hole.lacking or 0 for hole in found.holes)
    never = sum(not hole.begun for hole in found.holes)
    said = f"{len(found.holes):,} places of the table aren't complete"
    said += f", {never:,} of them never begun" if never else ""
    return f"{said}; {known:,} documents are missing." if known else f"{said}."


def failures_frame(reasons: Mapping[str, int]) -> pd.DataFrame:
    """Return why documents got no score, the most frequent first."""
    return pd.DataFrame(
        [{"documents": count, "failed because": reason} for reason, count in reasons.items()]
    )


def _run(run: Run, cost: RunCost) -> dict[str, str]:
    device, machine = run.get("device") or {}, run.get("machine") or {}
    code = ((run.get("git") or {}).get("aligntax") or {}).get("revision")
    return {
        "run": run["id"],
        "started": str(run.get("started") or "")[:19].replace("T", " "),
        "state": _state(run),
        "checkpoints": ", ".join(c["name"] for c in run["checkpoints"]),
        "cells": f"{cost.cells:,} of {cost.wanted:,}" if cost.wanted else f"{cost.cells:,}",
        "documents asked": f"{cost.documents:,}",
        "seconds": rate(cost.seconds),
        "tokens/s": rate(cost.tokens_per_second),
        "GB": gigabytes(cost.peak_process_bytes),
        "GPU GB": gigabytes(cost.peak_device_bytes),
        "device": str(device.get("name") or MISSING),
        "processor": str(machine.get("processor") or MISSING),
        "aligntax": str((run.get("versions") or {}).get("aligntax") or MISSING),
        "revision": (code or MISSING)[:12],
    }


def _state(run: Run) -> str:
    if run.get("rescored"):
        return "rescored"
    return "finished" if run["finished"] else "not finished"


def _hole(hole: Hole, why: str) -> dict[str, str]:
    return {
        "checkpoint": hole.checkpoint,
        "row": hole.row,
        "missing": MISSING if hole.lacking is None else f"{hole.lacking:,} of {hole.of:,}",
        "begun": "yes" if hole.begun else "never",
        "errors": f"{hole.errors:,}" if hole.errors else "",
        "no command, because": why,
    }


def _held(one: tuple | None) -> str:
    if one is None:
        return MISSING
    errors = f", {one.errors:,} errors" if one.errors else ""
    if not one.planned:
        return one.missing or "stated"
    return f"{one.answered:,} of {one.planned:,}{errors}"


def _model(checkpoint: Mapping[str, JSON]) -> str:
    model = checkpoint.get("model") or {}
    said = [str(model.get("path") or MISSING)]
    said += [f"adapter {model['adapter']}"] if model.get("adapter") else []
    said += [f"revision {model['revision']}"] if model.get("revision") else []
    return ", ".join(said)


def _sized(facts: Mapping[str, JSON]) -> dict[str, JSON]:
    return {
        name.replace("_bytes", " GB"): gigabytes(value) if name.endswith("_bytes") else value
        for name, value in facts.items()
        if value is not None
    }


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
