"""Everything that can be said of some checkpoints against one of them, and why not the rest."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import numpy as np

from harness.analysis.curves import Marked, curves
from harness.analysis.divergence import divergence_drift
from harness.analysis.drift import behaviour_drift, calibration_drift, perplexity_drift
from harness.analysis.forgetting import forgetting
from harness.analysis.gaps import gaps
from harness.analysis.pareto import front, siblings
from harness.analysis.shifts import corrected, shift
from harness.analysis.sides import Side, find_sides
from harness.analysis.splits import extraction_split, format_split
from harness.analysis.tax import tax_statement
from harness.analysis.trajectories import trajectories
from harness.errors import UsageError
from harness.evidence import Evidence
from harness.results import (
    Against,
    Comparison,
    Curve,
    Front,
    LeftOut,
    Quantization,
    Shift,
    Split,
    Trajectories,
)
from harness.results.divergence import Drift, PairDivergence
from harness.results.noise import NoiseFloor
from harness.store import Store
from harness.store.divergences import read_divergences
from harness.store.pairs import read_noise

_SEED = int(np.random.default_rng(0).integers(2**63))  # the stage table's: the same intervals
Unsaid = Mapping[str, tuple[LeftOut, ...]]


def comparison(store: Store, names: Sequence[str], reference: str | None = None) -> Comparison:
    """Compare what names stand for with ``reference``, by default the first of them.

    A single name is compared with its parent. A reference that isn't among the names comes first.
    Raises UsageError and EvidenceError as :func:`harness.analysis.sides.find_sides`.
    """
    if reference is not None and reference not in names:
        names = [reference, *names]
    if reference is not None and len(names) == 1:
        raise UsageError(f"{reference}: it can't be its own reference; name another checkpoint")
    sides = find_sides(store, names)
    floors, held = noise_floors(store), read_divergences(store)
    return comparison_of(sides, reference or sides[0].name, floors, held)


def comparison_of(
    sides: Sequence[Side],
    reference: str,
    floors: Mapping[str, NoiseFloor] | None = None,
    held: Sequence[PairDivergence] | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Compare at least two checkpoints with the one named ``reference``, which is among them.

    ``floors`` maps cells to what asking again changes; ``held`` are the KLs that are known,
    None if nobody looked.
    """
    against = next(side for side in sides if side.name == reference)
    chain = tuple(side.name for side in sides)
    cells = {side.name: side.evidence for side in sides}
    marked = [
        Marked(name=side.name, attributes=side.attributes, rows=cells[side.name]) for side in sides
    ]
    followed, unfollowed = _items(chain, cells, floors or {})
    found_gaps, without = gaps(chain, cells, _SEED, confidence)
    return Comparison(
        reference=reference,
        checkpoints=tuple(side.named for side in sides),
        against=tuple(
            _against(against, side, held, confidence) for side in sides if side is not against
        ),
        forgetting=forgetting(chain, cells, _SEED, confidence),
        trajectories=followed,
        gaps=found_gaps,
        curves=curves_of(marked, confidence),
        fronts=fronts_of(sides, confidence),
        siblings={side.name: left for side in sides if (left := _unasked(side, sides))},
        unsaid=_known({"items": unfollowed, "gap": without}),
        confidence=confidence,
    )


def fronts_of(sides: Sequence[Side], confidence: float = 0.95) -> tuple[Front, ...]:
    """Return the Pareto front of each group of siblings among some checkpoints."""
    rows = {side.name: side.rows for side in sides}
    return tuple(
        front(why, {name: rows[name] for name in names}, _SEED, confidence)
        for why, names in siblings([side.named for side in sides]).items()
    )


def curves_of(marked: Sequence[Marked], confidence: float = 0.95) -> tuple[Curve, ...]:
    """Return the curves over numeric attributes that some checkpoints have."""
    return curves(marked, _SEED, confidence)


def noise_floors(store: Store) -> dict[str, NoiseFloor]:
    """Return the noise floor of each cell that has one; of several machines the noisiest."""
    floors: dict[str, NoiseFloor] = {}
    for floor in read_noise(store):
        held = floors.get(floor.cell)
        if held is None or _flips(floor) > _flips(held):
            floors[floor.cell] = floor
    return floors


def _flips(floor: NoiseFloor) -> float:
    return floor.noise.flips.value if floor.noise.flips else -1.0


def _against(
    reference: Side, candidate: Side, held: Sequence[PairDivergence] | None, confidence: float
) -> Against:
    both = [row for row in reference.rows if row in candidate.rows]
    rows = corrected(
        shift(reference.rows[row], candidate.rows[row], _SEED, confidence=confidence)
        for row in both
    )
    formats, no_format = _formats(reference, candidate, confidence)
    extractions, no_extraction = _extractions(reference, candidate, confidence)
    diverged, no_divergence = _divergence(reference, candidate, held, confidence)
    quantization, no_loss = _quantization(candidate, confidence)
    sides = reference.rows, candidate.rows
    return Against(
        reference=reference.name,
        candidate=candidate.name,
        rows=rows,
        tax=tax_statement(*sides, _SEED, confidence),
        formats=formats,
        extractions=extractions,
        drift=perplexity_drift(rows),
        divergence=diverged,
        calibration=calibration_drift(*sides, _SEED, confidence),
        behaviour=behaviour_drift(*sides, _SEED, confidence),
        quantization=quantization,
        unsaid=_known(
            {
                "format": no_format,
                "extraction": no_extraction,
                "divergence": no_divergence,
                "quantization": no_loss,
            }
        ),
    )


def _items(
    chain: Sequence[str],
    cells: Mapping[str, Mapping[str, Evidence]],
    floors: Mapping[str, NoiseFloor],
) -> tuple[tuple[Trajectories, ...], list[LeftOut]]:
    found, left_out = [], []
    for row in dict.fromkeys(row for name in chain for row in cells[name]):
        along = [cells[name][row] for name in chain if row in cells[name]]
        followed = trajectories(along, floors)
        if isinstance(followed, Trajectories):
            found.append(followed)
        else:
            left_out.append(LeftOut(row, followed))
    return tuple(found), left_out


def _formats(
    reference: Side, candidate: Side, confidence: float
) -> tuple[tuple[Split, ...], list[LeftOut]]:
    ours, theirs = (_by_task(side.evidence.values()) for side in (reference, candidate))
    found, left_out = [], []
    for task in [task for task in ours if task in theirs]:
        split = format_split(ours[task], theirs[task], confidence)
        if isinstance(split, Split):
            found.append(split)
        else:
            left_out.append(LeftOut(task, split))
    return tuple(found), left_out


def _by_task(cells: Iterable[Evidence]) -> dict[str, list[Evidence]]:
    """Return the cells by task; texts that are scored as they stand can't be asked otherwise."""
    asked = [c for c in cells if c.identity.variant.formulation != "rolling"]
    ordered = sorted(asked, key=lambda cell: cell.identity.task)
    return {task: [*found] for task, found in groupby(ordered, lambda cell: cell.identity.task)}


def _extractions(
    reference: Side, candidate: Side, confidence: float
) -> tuple[tuple[Split, ...], list[LeftOut]]:
    found, left_out = [], []
    for row, before in reference.evidence.items():
        after = candidate.evidence.get(row)
        if after is None or after.identity.variant.formulation != "gen":
            continue
        split = extraction_split(before, after, confidence)
        if isinstance(split, Split):
            found.append(split)
        else:
            left_out.append(LeftOut(row, split))
    return tuple(found), left_out


def _divergence(
    reference: Side, candidate: Side, held: Sequence[PairDivergence] | None, confidence: float
) -> tuple[Drift | None, list[LeftOut]]:
    if held is None:
        return None, []
    named = {s.name: w for s in (reference, candidate) if (w := s.named.fingerprint) is not None}
    if len(named) < 2:
        return None, [LeftOut(candidate.name, "nothing is known of the weights")]
    found = divergence_drift(held, reference.name, candidate.name, named, confidence)
    if found is not None:
        return found, []
    elsewhere = any(pair.identity["candidate"] == named[candidate.name] for pair in held)
    why = "measured against another reference only" if elsewhere else "not measured"
    return None, [LeftOut(candidate.name, f"{why}; `divergence:` in the run.yaml does it")]


def _quantization(candidate: Side, confidence: float) -> tuple[Quantization | None, list[LeftOut]]:
    if candidate.named.stage != "quantized":
        return None, []
    origin = candidate.origin
    if origin is None:
        why = f"the store has no evidence of {candidate.named.parent or 'its parent'}"
        return None, [LeftOut(candidate.name, why)]
    both = [row for row in origin.rows if row in candidate.rows]
    rows: list[Shift] = [
        shift(origin.rows[row], candidate.rows[row], _SEED, confidence=confidence) for row in both
    ]
    statement = tax_statement(origin.rows, candidate.rows, _SEED, confidence)
    return Quantization(statement=statement, drift=perplexity_drift(rows)), []


def _unasked(side: Side, sides: Sequence[Side]) -> tuple[str, ...]:
    asked = {(each.named.family, each.named.checkpoint) for each in sides}
    return tuple(name for name in side.siblings if (side.named.family, name) not in asked)


def _known(unsaid: Mapping[str, Sequence[LeftOut]]) -> Unsaid:
    return {what: tuple(where) for what, where in unsaid.items() if where}
