"""What became of every document along a chain, and which flips are more than noise.

Only right-or-wrong metrics have items that can be forgotten (a forgetting event: right at one
stage, wrong at the next; Toneva et al. 2019, 1812.05159). Two runs of one model flip documents
too, so NFR is read against the rate at which the same checkpoint, asked again, flips.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from harness.analysis.chains import shared_places
from harness.analysis.comparability import compare
from harness.evidence import Evidence
from harness.records import Estimate
from harness.results import Fate, Flips, Trajectories, Trajectory
from harness.results.noise import NoiseFloor
from harness.stats.intervals import is_binary, share
from harness.stats.recovery import difference_interval

_FATES: dict[str, Fate] = {
    "1": "kept",
    "0": "never",
    "01": "learned",
    "10": "forgotten",
    "101": "recovered",
    "010": "transient",
}


def trajectories(
    cells: Sequence[Evidence], floors: Mapping[str, NoiseFloor] | None = None
) -> Trajectories | str:
    """Follow the documents that all of a row's cells share, the root's first; else say why not.

    Cells that don't compare with the last one are left out. ``floors`` maps cells to their noise
    floors; documents that flip there are flaky.
    """
    given = [c.identity.checkpoint for c in cells]
    cells = _comparable(cells)
    places = shared_places(cells)
    if len(cells) < 2 or not places[0]:
        return "fewer than two checkpoints share a document"
    scores = [c.primary.rows[at] for c, at in zip(cells, places, strict=True)]
    if not all(is_binary(c.primary.info, rows) for c, rows in zip(cells, scores, strict=True)):
        return "the metric isn't right or wrong per document"
    right = np.stack([rows[:, 0] == 1.0 for rows in scores], axis=1)
    documents = [cells[0].documents[i] for i in places[0]]
    known = floors or {}
    noisy = {
        flip.document
        for c in cells
        if c.identity.cell in known
        for flip in known[c.identity.cell].noise.flipped
    }
    chain = tuple(c.identity.checkpoint for c in cells)
    items = tuple(
        _item(document, outcomes, chain, noisy)
        for document, outcomes in zip(documents, right, strict=True)
    )
    steps = [*pairwise(range(len(cells))), *([(0, len(cells) - 1)] if len(cells) > 2 else [])]
    return Trajectories(
        row=cells[0].identity.row,
        chain=chain,
        items=items,
        fates=dict(Counter(item.fate for item in items)),
        missing=tuple(name for name in given if name not in chain),
        flips=tuple(_flips((cells[a], cells[b]), (places[a], places[b]), known) for a, b in steps),
    )


def fate_of(pattern: str) -> Fate:
    """Return what became of an item from its outcomes, ``1`` right and ``0`` wrong per stage."""
    return _FATES.get("".join(outcome for outcome, _ in groupby(pattern)), "flaky")


def _comparable(cells: Sequence[Evidence]) -> list[Evidence]:
    """Return the last cell and before it those that compare with it."""
    *earlier, last = cells
    verdicts = [compare(cell, last).comparability.verdict for cell in earlier]
    kept = [c for c, verdict in zip(earlier, verdicts, strict=True) if verdict != "INCOMPARABLE"]
    return [*kept, last]


def _item(
    document: str, outcomes: NDArray[np.bool_], chain: Sequence[str], noisy: Collection[str]
) -> Trajectory:
    pattern = "".join("1" if right else "0" for right in outcomes)
    lost = pattern.find("10")
    return Trajectory(
        document=document,
        pattern=pattern,
        fate="flaky" if document in noisy else fate_of(pattern),
        lost_at=chain[lost + 1] if lost >= 0 else None,
    )


def _flips(
    cells: tuple[Evidence, Evidence],
    places: tuple[Sequence[int], Sequence[int]],
    floors: Mapping[str, NoiseFloor],
) -> Flips:
    reference, candidate = cells
    before, after = (
        cell.primary.rows[at, 0] == 1.0 for cell, at in zip(cells, places, strict=True)
    )
    lost, gained = before & ~after, after & ~before
    right, wrong = float(before.mean()), float((~after).mean())
    clusters = [candidate.clusters[i] for i in places[1]]
    nfr = share(lost, clusters)
    pfr = share(gained, clusters)
    floor = _floor(floors.get(reference.identity.cell))
    codes = [_code(candidate, i) for i, one in zip(places[1], lost, strict=True) if one]
    return Flips(
        reference=reference.identity.checkpoint,
        candidate=candidate.identity.checkpoint,
        n=len(before),
        lost=nfr,
        gained=pfr,
        lost_of_right=nfr.value / right if right else None,
        relative=nfr.value / (right * wrong) if right * wrong else None,
        floor=floor,
        excess=None if floor is None else difference_interval(nfr, floor),
        gained_excess=None if floor is None else difference_interval(pfr, floor),
        reasons=dict(Counter(codes)),
        qualified=compare(reference, candidate).comparability.reasons,
    )


def _code(cell: Evidence, index: int) -> str:
    """Return why a document no longer matches: the recorded code, else what the status says."""
    reason = cell.reasons[index] if cell.reasons else None
    status = cell.statuses[index]
    return (reason or ("wrong" if status == "ok" else status)).split(":")[0]


def _floor(floor: NoiseFloor | None) -> Estimate | None:
    return None if floor is None else floor.noise.null_nfr
