"""KL of two checkpoints: ``<store>/pairs/kl-<reference>-<candidate>-<hash>.json``.

One file for each pair of fingerprints, task and numerics. It holds ids and sums, never texts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.errors import DamageError, StoreError
from harness.records import FORMAT_VERSION, JSON, canonical, digest
from harness.results.divergence import DocumentDivergence, PairDivergence
from harness.store.bounds import PLAN
from harness.store.files import write_whole
from harness.store.json_files import read_json
from harness.store.store import Store

__all__ = ["divergence_held", "read_divergences", "write_divergence"]

_PAIR = TypeAdapter(PairDivergence)


def write_divergence(store: Store, pair: PairDivergence) -> None:
    """Write what is known of a pair whole, over what was; StoreError if it can't be written."""
    content = {"format_version": FORMAT_VERSION, **asdict(pair)}
    canonical(content)  # refuses NaN before anything is written
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(_path(store, pair.identity), f"{text}\n".encode())


def read_divergences(store: Store) -> list[PairDivergence]:
    """Return all pairs that a store holds.

    Raises StoreError for a file that is too large or from a newer version, DamageError for one
    that isn't what was written.
    """
    paths = sorted(store.root.glob("pairs/kl-*.json"))
    return store.whole(paths, lambda path: _pair(path, store))


def divergence_held(store: Store, identity: Mapping[str, JSON]) -> PairDivergence | None:
    """Return the pair of this identity, None if it wasn't measured; errors likewise."""
    path = _path(store, identity)
    return _pair(path, store) if path.exists() else None


def _path(store: Store, identity: Mapping[str, JSON]) -> Path:
    sides = [identity.get("reference"), identity.get("candidate")]
    for name in sides:
        if not (isinstance(name, str) and name.isascii() and name.isalnum()):
            raise StoreError(f"{name!r} is no fingerprint of a checkpoint")
    reference, candidate = (str(side)[:16] for side in sides)
    return store.root / "pairs" / f"kl-{reference}-{candidate}-{digest(identity)[:16]}.json"


def _pair(path: Path, store: Store) -> PairDivergence:
    content = read_json(path, PLAN)
    try:
        pair = _PAIR.validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise _damage(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if problem := _problem(pair.documents):
        raise _damage(path, problem)
    if not isinstance(pair.identity.get("backend"), Mapping):
        raise _damage(path, "identity.backend: no mapping")
    try:
        named = _path(store, pair.identity).name
    except StoreError as error:
        raise _damage(path, str(error)) from None
    if path.name != named:
        raise _damage(path, "it speaks of another pair than its name")
    return pair


def _problem(documents: Sequence[DocumentDivergence]) -> str | None:
    if len({document.document for document in documents}) < len(documents):
        return "documents: one stands twice"
    for i, each in enumerate(documents):
        sums = each.forward, each.reverse, each.variation
        if each.tokens < 1 or not all(map(isfinite, sums)):
            return f"documents.{i}: no sums over tokens"
        # rounding alone takes a KL below zero
        if min(sums) < -1e-3 * each.tokens or each.variation > 1.001 * each.tokens:
            return f"documents.{i}: sums that no two distributions have"
    return None


def _damage(path: Path, what: str) -> DamageError:
    return DamageError(f"{path}: damaged KL ({what}); remove it and run again")
