"""The graph of checkpoints by ``parent``: checked once, walked parents first."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from harness.errors import SpecError
from harness.records import Checkpoint


def nearest(name: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known name, or nothing."""
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(repr(c) for c in close)}?" if close else ""


def check_lineage(checkpoints: Sequence[Checkpoint], place: Callable[[int], str]) -> None:
    """Raise SpecError for a doubled name, a parent that isn't there, or a cycle.

    ``place`` maps a checkpoint's index to ``file:line``.
    """
    index: dict[str, int] = {}
    for i, checkpoint in enumerate(checkpoints):
        if checkpoint.name in index:
            raise SpecError(f"{place(i)}: name: two checkpoints are named {checkpoint.name!r}")
        index[checkpoint.name] = i
    for i, checkpoint in enumerate(checkpoints):
        parent = checkpoint.parent
        if parent is not None and parent not in index:
            raise SpecError(
                f"{place(i)}: parent: no checkpoint is named {parent!r}{nearest(parent, [*index])}"
            )
    for i, checkpoint in enumerate(checkpoints):
        chain = [checkpoint.name]
        while (parent := checkpoints[index[chain[-1]]].parent) is not None:
            if parent in chain:
                cycle = " → ".join([*chain[chain.index(parent) :], parent])
                raise SpecError(f"{place(i)}: parent: the lineage has a cycle: {cycle}")
            chain.append(parent)


def parents_first(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Return the checkpoints so that each stands after its parent, else in the order given."""
    ordered: dict[str, Checkpoint] = {}
    waiting = list(checkpoints)
    while waiting:
        ready = [c for c in waiting if c.parent is None or c.parent in ordered]
        ordered.update((c.name, c) for c in ready)
        waiting = [c for c in waiting if c.name not in ordered]
    return list(ordered.values())
