"""The documents of one table row along a chain of checkpoints, and those of them that are sought.

A row whose primary metric isn't right or wrong per document is followed by its accuracy, where it
has one; else documents have values and no fates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.analysis.comparability import compare
from harness.analysis.trajectories import trajectories
from harness.evidence import Evidence, Scores
from harness.metrics.aggregate import AGGREGATES
from harness.results import Reason, Trajectories
from harness.results.items import Item, Items, ItemStage, Turn, Wanted
from harness.results.noise import NoiseFloor
from harness.stats.bootstrap import value_of
from harness.stats.intervals import is_binary
from harness.store.layers import code_of

__all__ = ["FOLLOWED_BY", "chosen", "follow", "reasons_of", "turned"]

FOLLOWED_BY = ("accuracy", "acc")
"""Metrics to read besides the primary one."""


def follow(cells: Sequence[Evidence], floors: Mapping[str, NoiseFloor] | None = None) -> Items:
    """Return the documents of a row's cells, at least one, the root's first.

    Cells that don't compare with the last one aren't followed. ``floors`` as in
    :func:`harness.analysis.trajectories.trajectories`.
    """
    given = [cell.identity.checkpoint for cell in cells]
    kept, reasons = _comparable(cells)
    cells = _by_outcome(kept)
    known = trajectories(cells, floors)
    fates = known.items if isinstance(known, Trajectories) else ()
    followed = {item.document: item for item in fates}
    values = [_values(cell.primary) for cell in cells]
    places = [{name: i for i, name in enumerate(cell.documents)} for cell in cells]
    items = []
    for document in sorted(set().union(*places)):
        stages = tuple(
            _stage(cell, of, at.get(document))
            for cell, of, at in zip(cells, values, places, strict=True)
        )
        its = followed.get(document)
        fate, pattern = (its.fate, its.pattern) if its else (None, "")
        items.append(Item(document=document, stages=stages, fate=fate, pattern=pattern))
    last, chain = cells[-1], tuple(cell.identity.checkpoint for cell in cells)
    return Items(
        row=last.identity.row,
        kind=last.identity.kind,
        chain=chain,
        cells=tuple(cell.identity.cell for cell in cells),
        missing=tuple(name for name in given if name not in chain),
        info=last.primary.info,
        items=tuple(items),
        fates=known.fates if isinstance(known, Trajectories) else {},
        no_fates=None if isinstance(known, Trajectories) else known,
        qualified=reasons,
    )


def chosen(found: Items, wanted: Wanted) -> list[Item]:
    """Return the documents that are sought, by id; of values that moved the largest move first."""
    at = found.chain.index(wanted.stage) if wanted.stage in found.chain else None
    kept = [
        item
        for item in found.items
        if (wanted.fate is None or item.fate == wanted.fate)
        and (wanted.documents is None or item.document in wanted.documents)
        and (wanted.reason is None or _reason(item, at) == wanted.reason)
        and (wanted.turn is None or at is None or turned(found, item, at) == wanted.turn)
    ]
    if wanted.turn is not None and at is not None and found.no_fates is not None:
        kept.sort(key=lambda item: -abs(_move(item, at)))
    return kept


def turned(found: Items, item: Item, at: int) -> Turn | None:
    """Return what a stage (its place in the chain) did to a document; None: nothing, or unknown."""
    if found.no_fates is None and item.fate is None:
        return None  # it was edited in between, or not scored at every stage
    move = _move(item, at)
    if not move:
        return None
    return "won" if (move > 0) == found.info.higher_is_better else "lost"


def reasons_of(found: Items, stage: str | None = None) -> list[str]:
    """Return the codes that a stage, by default the last, has of answers that don't match."""
    at = found.chain.index(stage) if stage in found.chain else None
    reasons = (_reason(item, at) for item in found.items)
    return sorted({reason for reason in reasons if reason is not None})


def _comparable(cells: Sequence[Evidence]) -> tuple[list[Evidence], tuple[Reason, ...]]:
    """Return the last cell and before it those that compare with it, and what differs, too."""
    *earlier, last = cells
    judged = [compare(cell, last).comparability for cell in earlier]
    pairs = zip(earlier, judged, strict=True)
    kept = [(cell, found) for cell, found in pairs if found.verdict != "INCOMPARABLE"]
    reasons = dict.fromkeys(reason for _, found in kept for reason in found.reasons)
    return [*(cell for cell, _ in kept), last], tuple(reasons)


def _by_outcome(cells: Sequence[Evidence]) -> list[Evidence]:
    """Return the cells with the metric in front that their documents are followed by."""
    for name in (None, *FOLLOWED_BY):
        found = [cell.primary if name is None else cell.scores(name) for cell in cells]
        if all(scores is not None and is_binary(scores.info, scores.rows) for scores in found):
            pairs = zip(cells, found, strict=True)
            return [replace(cell, metrics=(scores,)) for cell, scores in pairs if scores]
    return [*cells]


def _values(scores: Scores) -> list[float | None]:
    """Return the metric over each document alone."""
    info, rows = scores.info, scores.rows
    if info.resample == "records":
        values = [value_of(info, rows[i : i + 1]) for i in range(len(rows))]
    else:
        values = AGGREGATES[info.aggregate](rows).tolist() if len(rows) else []
    return [value if np.isfinite(value) else None for value in values]


def _stage(cell: Evidence, values: Sequence[float | None], at: int | None) -> ItemStage | None:
    if at is None:
        return None
    reason = cell.reasons[at] if cell.reasons else None
    return ItemStage(value=values[at], status=cell.statuses[at], reason=code_of(reason))


def _reason(item: Item, at: int | None) -> str | None:
    stage = item.stages[-1 if at is None else at]
    return None if stage is None else stage.reason


def _move(item: Item, at: int) -> float:
    """Return how far a value moved since the stage before; 0 where one of them is missing."""
    before, after = (item.stages[at - 1] if at else None), item.stages[at]
    if before is None or after is None or before.value is None or after.value is None:
        return 0.0
    return after.value - before.value
