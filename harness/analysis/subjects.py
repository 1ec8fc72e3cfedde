"""From a name on the command line to a checkpoint's evidence.

A name is a baseline (``main``, ``pr/482``), a checkpoint (``sft``), or ``family:checkpoint`` where
several families have one of that name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import EvidenceError
from harness.evidence import Evidence
from harness.lineage import nearest
from harness.records import JSON
from harness.store import Store, merge_runs, read_evidence
from harness.store.refs import read_refs


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
    parent: str | None
    fingerprint: str | None
    """None if it has no cell."""


def find_subject(store: Store, name: str) -> Subject:
    """Return what a name stands for.

    Raises EvidenceError, naming what there is, if it stands for nothing or for several checkpoints.
    """
    for ref in read_refs(store):
        if ref.name == name:
            return subject_of(store, ref.account, ref.checkpoint, name)
    families = merge_runs(store.runs())
    wanted, _, checkpoint = name.rpartition(":")
    holders = [
        family
        for family, account in families.items()
        if wanted in ("", family) and checkpoint in _checkpoints(account)
    ]
    if len(holders) == 1:
        return subject_of(store, families[holders[0]], checkpoint, name)
    if holders:
        spelled = " or ".join(f"{family}:{checkpoint}" for family in holders)
        raise EvidenceError(f"{name}: several families have it; say {spelled}")
    known = [c for account in families.values() for c in _checkpoints(account)]
    known += [ref.name for ref in read_refs(store)]
    hint = nearest(name, known) or f"; it has {', '.join(dict.fromkeys(known)) or 'nothing'}"
    raise EvidenceError(f"{store.root}: no checkpoint or baseline {name!r}{hint}")


def subject_of(
    store: Store, account: Mapping[str, JSON], checkpoint: str, name: str | None = None
) -> Subject:
    """Return one checkpoint of an account with its evidence."""
    cells = [cell for cell in account["cells"] if cell["checkpoint"] == checkpoint]
    evidence = read_evidence(store, {**account, "cells": cells})
    return Subject(
        name=name or checkpoint,
        checkpoint=checkpoint,
        family=account["family"],
        account=account,
        rows={item.identity.row: item for item in evidence},
        parent=_checkpoints(account)[checkpoint]["parent"],
        fingerprint=cells[0]["fingerprint"] if cells else None,
    )


def _checkpoints(account: Mapping[str, JSON]) -> dict[str, Mapping[str, JSON]]:
    return {checkpoint["name"]: checkpoint for checkpoint in account["checkpoints"]}
