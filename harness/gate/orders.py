"""In which order a sequential gate asks: drawn once, stored before the first document is asked.

``<store>/verdicts/orders/<name>.json``; the name is the hash of what is ordered and for whom, so an
order that exists is found again and never drawn anew. Units are sorted by the sha256 of seed and
unit: a uniformly random permutation for whoever can't choose the documents by their hashes, and the
same one on every machine, in every version and for every part of the units.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.errors import DamageError
from harness.records import FORMAT_VERSION, JSON, digest
from harness.store import Store
from harness.store.files import write_whole
from harness.store.json_files import read_json

__all__ = ["Item", "Order", "fixed_order"]


class Item(NamedTuple):
    """One document as the store knows it."""

    document: str
    request_hash: str
    document_hash: str
    cluster: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Units in the order in which they are asked."""

    name: str
    """Of its file."""
    policy_seed: int
    """The policy's when it was drawn; a later policy's changes nothing."""
    units: tuple[tuple[Item, ...], ...]
    """Documents alone, or those of one cluster together."""


def fixed_order(
    store: Store, items: Sequence[Item], references: Sequence[str], candidate: str, seed: int
) -> Order:
    """Return the stored order of documents for these fingerprints; draw and store it if it's new.

    ``seed`` is the policy's. Raises StoreError if it can't be read or written, DamageError if the
    file isn't what was written.
    """
    units = _units(items)
    about: dict[str, JSON] = {
        "documents": digest(sorted([*map(_content, items)])),
        "references": sorted(set(references)),
        "candidate": candidate,
    }
    name = digest(about)
    path = store.root / "verdicts" / "orders" / f"{name}.json"
    if not path.exists():
        drawn = {"format_version": FORMAT_VERSION, "policy_seed": seed, "units": len(units)}
        content = {**drawn, **about, **_drawn(units, name, seed)[0]}
        write_whole(path, f"{json.dumps(content, indent=1, sort_keys=True)}\n".encode())
    stored = read_json(path)  # also what another process wrote in between
    policy_seed = stored.get("policy_seed")
    if not isinstance(policy_seed, int):
        raise DamageError(f"{path}: damaged (no policy_seed); restore it from a backup")
    made, ordered = _drawn(units, name, policy_seed)
    expected = {**about, **made, "units": len(units)}
    if any(stored.get(key) != value for key, value in expected.items()):
        raise DamageError(f"{path}: damaged (it isn't its seed's order); restore it from a backup")
    return Order(name=name, policy_seed=policy_seed, units=ordered)


def _units(items: Sequence[Item]) -> list[tuple[Item, ...]]:
    """Return the documents by cluster; one without a cluster is a unit of its own."""
    found: dict[tuple[str, bool], list[Item]] = {}
    for item in sorted(items, key=lambda item: item.document):
        name = item.document if item.cluster is None else item.cluster
        found.setdefault((name, item.cluster is None), []).append(item)
    return [tuple(unit) for unit in found.values()]


def _content(item: Item) -> list[JSON]:
    return [item.document, item.document_hash, item.cluster or ""]


def _drawn(
    units: Sequence[tuple[Item, ...]], name: str, seed: int
) -> tuple[Mapping[str, JSON], tuple[tuple[Item, ...], ...]]:
    """Return the seed and the order's hash as they are stored, and the units in that order."""
    drawn = digest([name, seed])
    keys = {digest([*map(_content, unit)]): unit for unit in units}
    ranked = sorted(keys, key=lambda key: hashlib.sha256(f"{drawn}{key}".encode()).digest())
    return {"seed": drawn, "order": digest(ranked)}, tuple(keys[key] for key in ranked)
