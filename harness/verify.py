"""Whether the scores of a store follow from its records, as far as the tasks can be found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from harness.errors import StoreError, UsageError
from harness.guard import reason_of
from harness.metrics.metric import FloatArray
from harness.records import JSON
from harness.scores import Rows, layer_rows, metrics_of, scored_records
from harness.store import Asked, Coverage, Store
from harness.store.files import listing
from harness.store.imports import check_number, is_imported, number_files
from harness.store.json_files import read_account
from harness.store.layers import Layer, code_of, layer_path, read_layer
from harness.store.verify import Finding, finding_of, verify_cell, verify_runs
from harness.stored_tasks import StoredCell, TaskFinder

__all__ = ["verify"]

Named: TypeAlias = tuple[Mapping[str, JSON], Mapping[str, JSON]]
"""A run's account, and what it says of a cell."""

_RESCORE = "run `aligntax rescore`"


def verify(
    store: Store,
    finder: TaskFinder,
    watch: Callable[[Sequence[str]], Iterable[str]] = lambda keys: keys,
) -> Iterator[Finding]:
    """Yield everything in a store that doesn't follow from the rest of it, and what isn't checked.

    Segments are hashed, journals, accounts and plans read, and every score is computed again.
    ``watch`` hands on the cells' keys, e.g. to draw a bar.
    """
    yield from verify_runs(store)
    yield from _numbers(store)
    namers = _namers(store)
    keys = {entry.name for entry in listing(store.root / "cells")}
    scored = {entry.name for entry in listing(store.root / "scores")}
    for key in watch(sorted(keys | scored)):
        broken = False
        for finding in verify_cell(store, key) if key in keys else ():
            broken = broken or finding.fault
            yield finding
        if not broken:  # else nothing sound to compare the scores with
            yield from _scores(store, key, namers.get(key, []), finder)


def _numbers(store: Store) -> Iterator[Finding]:
    """Yield the numbers of others that aren't what was written."""
    for path in number_files(store):
        try:
            check_number(path)
        except StoreError as error:
            yield finding_of(error, path)


def _namers(store: Store) -> dict[str, list[Named]]:
    """Return the accounts that name a cell, by its key, the newest first, rescores last.

    What can't be read is left out: it is a finding already.
    """
    asking: list[Mapping[str, JSON]] = []
    rescored: list[Mapping[str, JSON]] = []
    for path in reversed(store.run_files()):
        with suppress(StoreError):
            run = read_account(path)
            (rescored if "rescored" in run else asking).append(run)
    found: dict[str, list[Named]] = {}
    for run in (*asking, *rescored):
        for cell in run["cells"]:
            found.setdefault(cell["key"], []).append((run, cell))
    return found


def _scores(
    store: Store,
    key: str,
    named: Sequence[Named],
    finder: TaskFinder,
) -> Iterator[Finding]:
    """Yield what is wrong with a cell's score layers."""
    folder = store.scores_folder(key)
    coverage = store.coverage(key)
    imported = is_imported(store.identity(key).get("backend", {})) if coverage else False
    layers: dict[Path, Layer] = {}
    for path in sorted(Path(entry.path) for entry in listing(folder)):
        try:
            layer = read_layer(path)
        except StoreError as error:
            yield finding_of(error, path)
            continue
        wrong = list(_against_records(path, layer, coverage))
        yield from wrong
        if not any(finding.fault for finding in wrong):
            layers[path] = layer
    if layers and imported:
        problem = "others computed its scores; that they follow from the answers isn't checked"
        yield Finding(file=folder, problem=problem, remedy="import again to compare", fault=False)
    elif layers:
        yield from _values(store, layers, named, finder)


def _against_records(
    path: Path, layer: Layer, coverage: Mapping[Asked, Coverage]
) -> Iterator[Finding]:
    """Compare which records a layer speaks of with those that the cell holds."""
    asked = list(zip(layer.documents, layer.request_hashes, strict=True))
    hashes = zip(layer.document_hashes, layer.response_hashes, layer.clusters, strict=True)
    for one, (document, response, cluster) in zip(asked, hashes, strict=True):
        held = coverage.get(one)
        problem = None
        if held is None or held.status == "error":
            problem = "has a score and no answer in the cell's records"
        elif (held.document_hash, held.response_hash) != (document, response):
            problem = "its score is of another answer or key than the cell's records hold"
        elif held.cluster != cluster:
            problem = f"its cluster is {cluster!r}, in the cell's records {held.cluster!r}"
        if problem:
            yield Finding(file=path, document=one[0], problem=problem, remedy=_RESCORE)
    behind = sum(held.status != "error" for held in coverage.values()) - len(asked)
    if behind > 0:
        yield Finding(
            file=path,
            problem=f"{behind} of the cell's records have no score in it",
            remedy=f"{_RESCORE}, if no run is going on",
            fault=False,
        )


def _values(
    store: Store, layers: Mapping[Path, Layer], named: Sequence[Named], finder: TaskFinder
) -> Iterator[Finding]:
    """Compute scores anew and compare; a layer is right if it is so for one of its cell's runs."""
    cells: list[StoredCell] = []
    why = "no run names the cell"
    for run, account in named:
        try:
            cells.append(finder.cell(store, run, account))
        except (UsageError, StoreError) as error:
            why = str(error)
    scored = scored_records(store, cells[0]) if cells else []
    metrics = metrics_of(cells[0]) if cells else []
    for path, layer in layers.items():
        metric = next((m for m in metrics if layer_path(path.parent, m.info) == path), None)
        if metric is None:
            reason = "the task has no such metric now" if cells else why
            yield _unchecked(path, f"its scores weren't computed again ({reason})")
            continue
        try:
            plans = dict.fromkeys(cell.asked for cell in cells)
            made = [layer_rows(metric, scored, asked) for asked in plans]
        except Exception as error:  # noqa: BLE001 - code of others
            yield _unchecked(path, f"its scores can't be computed again: {reason_of(error)}")
            continue
        yield from min((list(_differences(path, layer, rows)) for rows in made), key=len)


def _unchecked(path: Path, problem: str) -> Finding:
    remedy = "name the run.yaml, with --allow-code if it names code of yours"
    return Finding(file=path, problem=problem, remedy=remedy, fault=False)


def _differences(path: Path, layer: Layer, made: Rows) -> Iterator[Finding]:
    """Compare a layer with the rows that its metric gives now."""
    made_now = zip(made.scored, made.matrix, map(code_of, made.reasons), strict=True)
    rows = {
        (record.document, record.request_hash): (row, status, reason)
        for (record, status), row, reason in made_now
    }
    keys = (layer.documents, layer.request_hashes, layer.rows, layer.statuses)
    for place, (document, request, row, status) in enumerate(zip(*keys, strict=True)):
        now, status_now, reason_now = rows.get((document, request), (None, None, None))
        reason = layer.reasons[place] if layer.reasons else reason_now
        if now is None:
            problem = "has a score, and its record gives none now"
        elif not np.allclose(row, now, rtol=1e-9, atol=1e-12, equal_nan=True):
            problem = (
                f"its scores {_text(row)} don't follow from its record, which gives {_text(now)}"
            )
        elif status != status_now:
            problem = f"its status {status!r} doesn't follow from its record ({status_now!r})"
        elif reason != reason_now:
            problem = f"its reason {reason!r} doesn't follow from its record ({reason_now!r})"
        else:
            continue
        yield Finding(file=path, document=document, problem=problem, remedy=_RESCORE)
    info = replace(made.info, chance=layer.info.chance)
    if info != layer.info or not np.isclose(made.info.chance, layer.info.chance, atol=1e-12):
        problem = "what it says of its metric (chance, ceiling, unit ...) isn't the metric's"
        yield Finding(file=path, problem=problem, remedy=_RESCORE)


def _text(row: FloatArray) -> str:
    return f"[{', '.join(f'{value:g}' for value in row[:8])}]"
