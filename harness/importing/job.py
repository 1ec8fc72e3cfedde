"""From a folder of lm-eval's to a store and an account, step by step."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from harness.account import imported
from harness.errors import EvidenceError
from harness.importing.cells import Taken, take
from harness.importing.conflicts import Entry, Settled, checked_entries, settle
from harness.importing.found import find_results
from harness.importing.identifiers import refuse_unmarked
from harness.importing.log import Log
from harness.importing.naming import Known, capability_of, checkpoints_of, family_of, rows_of
from harness.importing.reading import Run, read_run
from harness.importing.request import Evidenced, Place, Request, Summary
from harness.importing.writing import write_taken
from harness.privacy.policy import cleaned, is_private, veil_of
from harness.records import JSON
from harness.store import Store, merge_runs
from harness.store.imports import stated_places

__all__ = ["import_lm_eval"]


def import_lm_eval(request: Request) -> Summary:
    """Read lm-eval's result files into a store.

    Raises UsageError for a folder, name or privacy that can't be used, EvidenceError if nothing in
    it could be mapped, StoreError if the store can't be written.
    """
    log, store = Log(private=is_private(request.privacy)), Store(request.store)
    family = family_of(request)
    runs = [run for file in find_results(request.place) if (run := read_run(file, log))]
    if request.privacy is None:
        refuse_unmarked(_sample_files(runs))
    known = _known(store, family)
    found = checkpoints_of([run.model for run in runs], request, known)
    checkpoints = {key: cleaned(checkpoint, request.privacy) for key, checkpoint in found.items()}
    veil = veil_of(request.privacy, request.store)
    names = {fingerprint: c["name"] for fingerprint, c in checkpoints.items()}
    brought = [
        _Brought(names[run.model.fingerprint], one, write_taken(store, one, request.privacy))
        for run in runs
        for task in run.tasks
        if (one := take(run, task, veil, log)) is not None
    ]
    if not brought:
        raise _nothing(request, log)
    content, places = _settled(store, request, known, brought)
    told = {each.checkpoint for each in brought}
    content["checkpoints"] = [c for c in checkpoints.values() if c["name"] in told]
    new = None if _is_known(content, known) else imported(store, family, content)
    if new is not None:
        store.write_run(new)
    for parent in _strangers(content, {*known.checkpoints, *names.values()}):
        log.note(f"parent {parent!r} isn't in family {family!r} yet")
    return Summary(
        family=family,
        run=None if new is None else new["id"],
        checkpoints=tuple((c["name"], c["stage"], c["parent"]) for c in content["checkpoints"]),
        places=tuple(places),
        unmapped=tuple(log.unmapped),
        notes=tuple(log.notes),
    )


def _strangers(content: Mapping[str, JSON], known: Set[str]) -> list[str]:
    """Return the parents that are no known checkpoint."""
    parents = [checkpoint["parent"] for checkpoint in content["checkpoints"]]
    return [parent for parent in parents if parent is not None and parent not in known]


def _nothing(request: Request, log: Log) -> EvidenceError:
    why = "; ".join(f"{u.file}: {u.key or 'all of it'}: {u.why}" for u in log.unmapped[:3])
    rest = len(log.unmapped) - 3
    more = f"; and {rest} more" if rest > 0 else ""
    return EvidenceError(f"{request.place}: nothing in it could be imported ({why}{more})")


def _sample_files(runs: Sequence[Run]) -> list[Path]:
    paths = [run.file.samples(task.name, run.model.args) for run in runs for task in run.tasks]
    return [path for path in paths if path is not None]


def _known(store: Store, family: str) -> Known:
    runs = [run for run in store.runs() if run["family"] == family]
    merged = merge_runs(runs).get(family, {"checkpoints": [], "cells": []})
    stated = [entry for entry, _ in stated_places(store, runs)]
    cells = [*merged["cells"], *stated]
    return Known(
        checkpoints={c["name"]: c for c in merged["checkpoints"]},
        fingerprints={cell["checkpoint"]: cell["fingerprint"] for cell in cells},
        cells=cells,
    )


@dataclass(frozen=True, slots=True)
class _Brought:
    """One task of one file that is in the store; its records aren't in memory any more."""

    checkpoint: str
    taken: Taken
    entry: Entry


def _settled(
    store: Store, request: Request, known: Known, brought: Sequence[_Brought]
) -> tuple[dict[str, JSON], list[Place]]:
    """Return the account's cells and stated numbers, and what became of each place."""
    rows = rows_of([(each.checkpoint, each.taken) for each in brought], known, store)
    entries: dict[tuple[str, str], list[Entry]] = {}
    first: dict[tuple[str, str], Taken] = {}
    for each in brought:
        place = (each.checkpoint, rows[each.checkpoint, each.taken.key])
        entries.setdefault(place, []).append(each.entry)
        first.setdefault(place, each.taken)
    for cell in known.cells:
        place = (cell["checkpoint"], cell["row"])
        if place in entries:
            entries[place] += checked_entries(cell, str(store.root / "runs"))
    content: dict[str, JSON] = {"cells": [], "stated": [], "wanted": []}
    places = []
    for place, found in entries.items():
        settled = settle(store, found, request.prefer)
        _account(content, place, first[place], settled, request)
        places.append(_place(place, settled))
    content["wanted"] = sorted(set(content["wanted"]))
    return content, places


def _account(
    content: dict[str, JSON],
    place: tuple[str, str],
    one: Taken,
    settled: Settled,
    request: Request,
) -> None:
    """Add a place to an account: as a cell if it has records, as stated numbers if it has any."""
    chosen = settled.chosen or settled.entries[-1]
    counts = settled.chosen is not None
    common: Mapping[str, JSON] = {
        "checkpoint": place[0],
        "fingerprint": one.run.model.fingerprint,
        "row": place[1],
        "capability": capability_of(one.task.name, request.capabilities),
        "language": "und",  # lm-eval doesn't say
        "key": chosen["key"],
        "imported": [dict(entry) for entry in settled.entries],
        "conflict": not counts,
    }
    with_records = [entry for entry in settled.entries if entry["layers"]]
    content["wanted"] += [entry["key"] for entry in with_records]
    if with_records:
        shown = chosen if chosen["layers"] else with_records[-1]
        layers = chosen["layers"] if counts else []
        own = {"key": shown["key"], "plans": shown["plans"], "limited": shown["limited"]}
        content["cells"].append({**common, **own, "layers": layers, "seen_of": None, "cost": None})
    if chosen["numbers"]:
        primary = not chosen["layers"]
        content["stated"].append({**common, "numbers": chosen["numbers"], "primary": primary})


def _place(place: tuple[str, str], settled: Settled) -> Place:
    chosen = settled.chosen
    shown = chosen or settled.entries[-1]
    evidence: Evidenced = "conflict"
    if chosen is not None:
        evidence = "records" if chosen["layers"] else "number"
    return Place(
        checkpoint=place[0],
        row=place[1],
        evidence=evidence,
        metric=str(shown["primary"]),
        unit=str(shown["unit"]),
        value=None if chosen is None else chosen["values"][chosen["primary"]],
        error=None if chosen is None or chosen["layers"] else chosen["error"],
        n=shown["n"],
        files=(chosen["file"],) if chosen else tuple(e["file"] for e in settled.entries),
        differences=settled.differences,
    )


def _is_known(content: Mapping[str, JSON], known: Known) -> bool:
    """Tell whether the store's accounts say all of this already."""
    held = list(known.cells)
    said = all(entry in held for entry in (*content["cells"], *content["stated"]))
    return said and all(known.checkpoints.get(c["name"]) == c for c in content["checkpoints"])
