"""The generalisation gap: the same metric on a sample of the tuning data and on held-out data.

Training on few examples for too long raises the first and not the second: the gap grows from stage
to stage before any benchmark falls. The two samples share no document, so their difference takes
both intervals (Newcombe's for proportions); what a gap changed is the difference of two paired
changes.
"""

from collections.abc import Mapping, Sequence

from harness.analysis.chains import Cells
from harness.analysis.change import change, generator
from harness.evidence import Evidence
from harness.records import Estimate
from harness.results import Gap, LeftOut, StageGap
from harness.stats.intervals import estimate
from harness.stats.recovery import difference_interval

Pair = tuple[Evidence, Evidence]
"""The cell over seen documents and the one over held-out ones."""


def gaps(
    chain: Sequence[str], cells: Cells, seed: int, confidence: float = 0.95
) -> tuple[tuple[Gap, ...], tuple[LeftOut, ...]]:
    """Return the gap of every row over a sample of the tuning data, and why it lacks stages."""
    found, left_out = [], []
    seen_rows = dict.fromkeys(
        row
        for name in chain
        for row, cell in cells.get(name, {}).items()
        if cell.identity.seen_of is not None
    )
    for row in seen_rows:
        pairs: dict[str, Pair] = {}
        whys: list[str] = []
        for name in chain:
            pair = _pair(row, cells.get(name, {}))
            if isinstance(pair, str):
                whys.append(f"{name}: {pair}")
            else:
                pairs[name] = pair
        gap = _gap(pairs, seed, confidence)
        if gap is not None:
            found.append(gap)
        if whys:
            left_out.append(LeftOut(row, "; ".join(whys)))
    return tuple(found), tuple(left_out)


def _pair(row: str, rows: Mapping[str, Evidence]) -> Pair | str:
    """Return a checkpoint's two cells, asked in the same way and judged by the same metric."""
    seen = rows.get(row)
    if seen is None:
        return "wasn't evaluated on it"
    held_out = seen.identity.seen_of
    held = [cell for cell in rows.values() if cell.identity.task == held_out]
    if not held:
        return f"wasn't evaluated on {held_out}, which is held out"
    alike = [cell for cell in held if cell.identity.variant == seen.identity.variant]
    if not alike:
        return f"{held_out} was asked in other ways"
    theirs = alike[0].primary.info.signature
    if theirs != seen.primary.info.signature:
        return f"another metric than {held_out}: {seen.primary.info.signature}, {theirs}"
    return seen, alike[0]


def _gap(pairs: Mapping[str, Pair], seed: int, confidence: float) -> Gap | None:
    stages: list[StageGap] = []
    known: list[Pair] = []
    for name, pair in pairs.items():
        seen, held = (_estimate(cell, seed, confidence) for cell in pair)
        if seen is None or held is None:
            continue
        first, previous = (known[0], known[-1]) if known else (None, None)
        stages.append(
            StageGap(
                checkpoint=name,
                seen=seen,
                held=held,
                gap=difference_interval(seen, held),
                since_previous=_moved(previous, pair, seed, confidence),
                since_first=_moved(first, pair, seed, confidence),
            )
        )
        known.append(pair)
    if not known:
        return None
    seen_cell, held_cell = known[-1]
    info = seen_cell.primary.info
    return Gap(
        seen=seen_cell.identity.row,
        held=held_cell.identity.row,
        metric=info.name,
        unit=info.unit,
        higher_is_better=info.higher_is_better,
        stages=tuple(stages),
    )


def _estimate(cell: Evidence, seed: int, confidence: float) -> Estimate | None:
    return estimate(cell.primary, cell.clusters, generator(seed, cell), confidence)


def _moved(before: Pair | None, after: Pair, seed: int, confidence: float) -> Estimate | None:
    """Return what the gap changed: the paired change of the seen minus that of the held-out."""
    if before is None:
        return None
    moved = [
        change(ours, theirs, seed, confidence).difference
        for ours, theirs in zip(before, after, strict=True)
    ]
    if moved[0] is None or moved[1] is None:
        return None
    return difference_interval(moved[0].estimate, moved[1].estimate)
