"""A family as its runs leave it: the newest cell of every checkpoint and table row."""

from collections.abc import Iterable, Mapping

from harness.records import JSON


def merge_runs(runs: Iterable[Mapping[str, JSON]]) -> dict[str, Mapping[str, JSON]]:
    """Return one account per family, made from its runs (oldest first), the last run's id on top.

    A later run adds to what earlier ones asked, so a run of a few tasks hides nothing. A checkpoint
    is what the newest run says it is: cells of other weights under its name are left out.
    """
    by_family: dict[str, list[Mapping[str, JSON]]] = {}
    for run in runs:
        by_family.setdefault(run["family"], []).append(run)
    newest_first = sorted(by_family, key=lambda name: by_family[name][-1]["id"], reverse=True)
    return {name: _merged(by_family[name]) for name in newest_first}


def _merged(runs: list[Mapping[str, JSON]]) -> Mapping[str, JSON]:
    checkpoints: dict[str, JSON] = {}
    weights: dict[str, str] = {}
    for run in reversed(runs):
        for checkpoint in run["checkpoints"]:
            checkpoints.setdefault(checkpoint["name"], checkpoint)
        for cell in run["cells"]:
            weights.setdefault(cell["checkpoint"], cell["fingerprint"])
    cells: dict[tuple[str, str], Mapping[str, JSON]] = {}
    for cell in (cell for run in runs for cell in run["cells"]):
        if weights[cell["checkpoint"]] == cell["fingerprint"]:
            place = (cell["checkpoint"], cell["row"])
            cells[place] = _joined(cells.get(place), cell)
    order = {name: None for run in runs for name in (c["name"] for c in run["checkpoints"])}
    return {
        **runs[-1],
        "checkpoints": [checkpoints[name] for name in order],
        "cells": list(cells.values()),
    }


def _joined(older: Mapping[str, JSON] | None, newer: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return the newer account of a cell; a limited run leaves the other documents as they were."""
    if older is None or older["key"] != newer["key"] or not newer["limited"]:
        return newer
    return {**newer, "plans": [*older["plans"], *newer["plans"]], "limited": older["limited"]}
