"""Lineages and the documents that several cells share."""

from collections.abc import Mapping, Sequence

from harness.errors import EvidenceError
from harness.evidence import Evidence

Cells = Mapping[str, Mapping[str, Evidence]]
"""Checkpoint -> table row -> its cell."""


def cells_of(evidence: Sequence[Evidence]) -> dict[str, dict[str, Evidence]]:
    """Return evidence by checkpoint and row; EvidenceError if two cells claim one place."""
    found: dict[str, dict[str, Evidence]] = {}
    for item in evidence:
        who = item.identity
        rows = found.setdefault(who.checkpoint, {})
        if who.row in rows:
            raise EvidenceError(f"{who.row}: {who.checkpoint} has two cells; choose one")
        rows[who.row] = item
    return found


def chain_to(name: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the checkpoints from the root to ``name``; EvidenceError for an unknown name.

    A parent that isn't among ``parents`` ends the chain: nothing is known of it.
    """
    if name not in parents:
        raise EvidenceError(f"no checkpoint {name!r}; there are {', '.join(parents)}")
    chain = [name]
    while (parent := parents[chain[-1]]) is not None and parent in parents:
        if parent in chain:
            raise EvidenceError(f"the lineage is a circle: {', '.join(chain)}; correct a parent")
        chain.append(parent)
    return tuple(reversed(chain))


def shared_places(cells: Sequence[Evidence]) -> list[list[int]]:
    """Return for each cell the indices of the documents that all have, in one order.

    Documents are the same by id and content, ordered by id.
    """
    named = [
        {key: i for i, key in enumerate(zip(c.documents, c.document_hashes, strict=True))}
        for c in cells
    ]
    common = sorted(set(named[0]).intersection(*named[1:]))
    return [[places[key] for key in common] for places in named]
