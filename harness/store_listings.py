"""What ``aligntax ls`` and ``aligntax store`` print."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from harness.records import JSON
from harness.render import MISSING, columns_text, json_text, print_out, say, visible
from harness.store.index import Index
from harness.store.index_rows import CellRow, Name, RunRow
from harness.store.verify import Finding
from harness.store.waste import Item


def print_runs(index: Index, *, as_json: bool) -> None:
    """List the runs of a store, oldest first."""
    if as_json:
        print_out(json_text([_run(row) for row in index.runs]))
        return
    rows = [
        [r.id, r.family or MISSING, ", ".join(r.checkpoints) or MISSING, r.cells, r.state]
        for r in index.runs
    ]
    print_out(columns_text(["run", "family", "checkpoints", "cells", "state"], rows))


def print_cells(index: Index, *, as_json: bool) -> None:
    """List the cells of a store as runs call them; those that no run names stand last."""
    named = [(index.cells[key], names) for key, names in index.names.items() if key in index.cells]
    unnamed = [(row, ()) for key, row in index.cells.items() if key not in index.names]
    cells: list[tuple[CellRow, tuple[Name, ...]]] = [*named, *unnamed]
    if as_json:
        print_out(json_text([_cell(row, names) for row, names in cells]))
        return
    heads = ["family", "checkpoint", "task", "cell", "documents", "errors", "bytes", "segments"]
    rows = [[*_named(names), row.key[:12], *_counts(row)] for row, names in cells]
    if any(row.journals for row, _ in cells):
        heads.append("in flight")
        rows = [[*cells_of, row.journals] for cells_of, (row, _) in zip(rows, cells, strict=True)]
    print_out(columns_text(heads, rows))


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """List what a verification found: faults on standard output, the rest on standard error."""
    if as_json:
        print_out(json_text([{**asdict(f), "file": str(f.file)} for f in findings]))
        return
    for finding in findings:
        if finding.fault:
            print_out(visible(finding.line))
        else:
            say(f"note: {finding.line}")


def print_items(items: Sequence[Item], *, as_json: bool) -> None:
    """List what would go, or what went."""
    if as_json:
        print_out(json_text([{**asdict(item), "path": str(item.path)} for item in items]))
        return
    rows = [[item.what, str(item.path), item.bytes] for item in items]
    print_out(columns_text(["what", "path", "bytes"], rows))


def _run(row: RunRow) -> Mapping[str, JSON]:
    return {
        "id": row.id,
        "family": row.family or None,
        "checkpoints": row.checkpoints,
        "cells": row.cells,
        "state": row.state,
        "damage": row.damage,
    }


def _cell(row: CellRow, names: Iterable[Name]) -> Mapping[str, JSON]:
    known = None if row.damage else row
    return {
        "key": row.key,
        "names": [{k: v for k, v in name._asdict().items() if k != "key"} for name in names],
        "identity": known and known.identity,
        "documents": known and known.documents,
        "statuses": known and known.statuses,
        "errors": known and known.errors,
        "bytes": row.bytes,
        "segments": row.segments,
        "in_flight": row.journals,
        "damage": row.damage,
    }


def _named(names: Sequence[Name]) -> list[str]:
    if not names:
        return [MISSING, MISSING, MISSING]
    more = f" (+{len(names) - 1})" if len(names) > 1 else ""  # equal weights, another family
    return [names[0].family, names[0].checkpoint, f"{names[0].row}{more}"]


def _counts(row: CellRow) -> list[object]:
    if row.damage:
        return ["damaged", MISSING, row.bytes, row.segments]
    return [row.documents, row.errors, row.bytes, row.segments]
