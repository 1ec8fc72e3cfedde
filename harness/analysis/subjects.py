"""From a name on the command line to a checkpoint's evidence.

A name is a baseline (``main``, ``pr/482``), a checkpoint (``sft``), or ``family:checkpoint`` where
several families have one of that name.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from harness.errors import EvidenceError
from harness.evidence import Aggregate, Evidence
from harness.lineage import nearest
from harness.records import JSON
from harness.store import Store, merge_runs, read_evidence
from harness.store.imports import read_aggregates
from harness.store.refs import is_ref_name, read_ref, read_refs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """One checkpoint with what a store knows of it."""

    name: str
    """As it was asked for."""
    checkpoint: str
    family: str
    account: Mapping[str, JSON]
    """Of the family, or of the baseline: then only this checkpoint's cells."""
    rows: Mapping[str, Evidence]
    """Its cells by table row."""
    stated: Mapping[str, Aggregate] = field(default_factory=dict)
    """Numbers without records, by the rows that have no cell; a baseline has none."""
    parent: str | None
    fingerprint: str | None
    """None if it has no cell."""


def find_subject(store: Store, name: str, metrics: Collection[str] | None = None) -> Subject:
    """Return what a name stands for; a baseline goes before a checkpoint of the same name.

    ``metrics`` are those to read besides the primary ones; None: all. Raises EvidenceError, naming
    what there is, if it stands for nothing or for several checkpoints.
    """
    ref = read_ref(store, name) if is_ref_name(name) else None
    if ref is not None:
        kept = subject_of(store, ref.account, ref.checkpoint, name, metrics)
        return replace(kept, stated={})  # what the family imports later is no part of it
    families = merge_runs(store.runs())
    wanted, _, checkpoint = name.rpartition(":")
    holders = [
        family
        for family, account in families.items()
        if wanted in ("", family) and checkpoint in _checkpoints(account)
    ]
    if len(holders) == 1:
        return subject_of(store, families[holders[0]], checkpoint, name, metrics)
    if holders:
        spelled = " or ".join(f"{family}:{checkpoint}" for family in holders)
        raise EvidenceError(f"{name}: several families have it; say {spelled}")
    known = [c for account in families.values() for c in _checkpoints(account)]
    known += [ref.name for ref in read_refs(store)]
    hint = nearest(name, known) or f"; it has {', '.join(dict.fromkeys(known)) or 'nothing'}"
    raise EvidenceError(f"{store.root}: no checkpoint or baseline {name!r}{hint}")


def subject_of(
    store: Store,
    account: Mapping[str, JSON],
    checkpoint: str,
    name: str | None = None,
    metrics: Collection[str] | None = None,
) -> Subject:
    """Return one checkpoint of an account with its evidence."""
    cells = [cell for cell in account["cells"] if cell["checkpoint"] == checkpoint]
    evidence = read_evidence(store, {**account, "cells": cells}, metrics)
    rows = {item.identity.row: item for item in evidence}
    aggregates = read_aggregates(store, account["family"])
    mine = [one for one in aggregates if one.identity.checkpoint == checkpoint]
    return Subject(
        name=name or checkpoint,
        checkpoint=checkpoint,
        family=account["family"],
        account=account,
        rows=rows,
        stated={one.identity.row: one for one in mine if one.identity.row not in rows},
        parent=_checkpoints(account)[checkpoint]["parent"],
        fingerprint=cells[0]["fingerprint"] if cells else None,
    )


def _checkpoints(account: Mapping[str, JSON]) -> dict[str, Mapping[str, JSON]]:
    return {checkpoint["name"]: checkpoint for checkpoint in account["checkpoints"]}
