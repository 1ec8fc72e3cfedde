"""Forgetting along a chain: against every earlier stage, from the best one, and over the whole.

"Forgetting" has two readings that differ in sign (base 60, SFT 65, aligned 62: +2 against the base,
but 3 lost from the best): both are given, named. A chain teaches: the base general knowledge, SFT
its domain, alignment its own tasks; BWT needs that assignment and says it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from harness.analysis.chains import Cells, shared_places
from harness.analysis.change import generator
from harness.analysis.comparability import compare
from harness.analysis.rows import RowDelta, normalised, row_delta, said, scale_of
from harness.evidence import Evidence
from harness.metrics.metric import FloatArray
from harness.records import Capability, Estimate, Stage
from harness.results import Anchored, Forgetting, LeftOut, RowForgetting, Transfer
from harness.stats.bootstrap import (
    NO_VARIANCE,
    percentile_interval,
    resampled_values,
    value_of,
)
from harness.stats.clusters import unit_codes, unit_count
from harness.stats.influence import Contrast, fieller, mean_of
from harness.stats.intervals import Bounds, built

TEACHES: Mapping[Stage, Capability] = {
    "base": "general",
    "cpt": "domain",
    "sft": "domain",
    "aligned": "alignment",
}
Matrix = list[list[Contrast | None]]
_FLOOR = 3  # standard errors above guessing; below, a share of the score means nothing


def forgetting(
    chain: Sequence[str], cells: Cells, seed: int, confidence: float = 0.95
) -> Forgetting:
    """Return what the last checkpoint of a chain (root first, at least two) forgot.

    A row counts where the last checkpoint and at least one earlier one have it; stages that weren't
    measured on it stay missing. ValueError for a shorter chain.
    """
    if len(chain) < 2:
        raise ValueError("forgetting needs an earlier stage")
    rows, left_out, scores = [], [], {}
    for row in dict.fromkeys(row for name in chain for row in cells.get(name, {})):
        along = {name: cells[name][row] for name in chain if row in cells.get(name, {})}
        found = _row(chain, along, seed, confidence)
        if isinstance(found, RowForgetting):
            rows.append(found)
            scores[row] = {
                name: score for name, cell in along.items() if (score := normalised(cell))
            }
        else:
            left_out.append(LeftOut(row, found))
    taught = _taught(chain, cells)
    matrix = _matrix(rows, scores, taught)
    return Forgetting(
        chain=tuple(chain),
        rows=tuple(rows),
        taught=taught,
        matrix=tuple(tuple(None if x is None else x.value for x in line) for line in matrix),
        transfers=_transfers(matrix, confidence),
        left_out=tuple(left_out),
    )


def _row(
    chain: Sequence[str], along: Mapping[str, Evidence], seed: int, confidence: float
) -> RowForgetting | str:
    last = along.get(chain[-1])
    if last is None:
        return f"{chain[-1]} wasn't evaluated on it"
    scale, chance = scale_of(last.primary.info), last.primary.info.chance
    if scale is None:
        return f"{last.primary.info.name} has no chance level or ceiling"
    earlier = {name: cell for name, cell in along.items() if name != chain[-1]}
    comparable = {
        name: cell
        for name, cell in earlier.items()
        if compare(cell, last).comparability.verdict != "INCOMPARABLE"
    }
    if not comparable:
        whys = [said(compare(cell, last).comparability) for cell in earlier.values()]
        return "; ".join(dict.fromkeys(whys)) or "no earlier stage was evaluated on it"
    lost, best = _from_best(comparable, last, seed, confidence)
    scores = {
        name: (value_of(cell.primary.info, cell.primary.rows) - chance) / scale
        for name, cell in along.items()
        if len(cell.documents) and (name in comparable or cell is last)
    }
    return RowForgetting(
        row=last.identity.row,
        task=last.identity.task,
        capability=last.identity.capability,
        scores={name: _known(scores.get(name)) for name in chain},
        anchored=tuple(
            found
            for cell in comparable.values()
            if (found := _anchored(cell, last, seed, confidence)) is not None
        ),
        forgetting=lost,
        best=best,
    )


def _known(score: float | None) -> float | None:
    return None if score is None or not np.isfinite(score) else score


def _anchored(reference: Evidence, last: Evidence, seed: int, confidence: float) -> Anchored | None:
    found = row_delta(reference, last, seed, confidence)
    if not isinstance(found, RowDelta):
        return None
    retention, missing = _retention(found, confidence)
    return Anchored(
        reference=reference.identity.checkpoint,
        delta=found.delta,
        qualified=found.qualified,
        retention=retention,
        retention_missing=missing,
    )


def _retention(found: RowDelta, confidence: float) -> tuple[Estimate | None, str | None]:
    """Return the share that is left of the reference's score above guessing."""
    before, after = found.before, found.after
    bounds = None
    if before.value > _FLOOR * before.standard_error:
        bounds = fieller(after, before, confidence)
    if bounds is None:
        return None, "not measurable (reference at floor)"
    value = after.value / before.value
    return built(value, "Fieller", bounds, found.delta.n, confidence), None


def _from_best(
    earlier: Mapping[str, Evidence], last: Evidence, seed: int, confidence: float
) -> tuple[Estimate | None, str | None]:
    """Return best earlier score minus the last, resampled with the maximum inside, and the best."""
    cells = [*earlier.values(), last]
    places = shared_places(cells)
    info, scale = last.primary.info, scale_of(last.primary.info)
    sides = [c.primary.rows[at] for c, at in zip(cells, places, strict=True)]
    if scale is None or not places[0]:
        return None, None
    values = [(value_of(info, rows) - info.chance) / scale for rows in sides]
    if not np.isfinite(values).all():
        return None, None
    codes = unit_codes([last.clusters[i] for i in places[-1]])
    drawn = np.stack(resampled_values(info, sides, codes, generator(seed, *cells))) / scale
    with np.errstate(invalid="ignore"):
        fallen: FloatArray = drawn[:-1].max(axis=0) - drawn[-1]
    bounds = percentile_interval(fallen, unit_count(len(sides[0]), codes), confidence)
    best = int(np.argmax(values[:-1]))
    method = "percentile bootstrap, maximum inside"
    lost = built(values[best] - values[-1], method, bounds, len(sides[0]), confidence)
    return lost, list(earlier)[best]


def _taught(chain: Sequence[str], cells: Cells) -> dict[str, Capability]:
    """Return what each stage of a chain teaches; of several that teach the same, the last does."""
    stages = {
        name: next(iter(cells[name].values())).identity.stage for name in chain if cells.get(name)
    }
    last: dict[Capability, str] = {TEACHES[s]: name for name, s in stages.items() if s in TEACHES}
    return {name: capability for capability, name in last.items()}


def _matrix(
    rows: Sequence[RowForgetting],
    scores: Mapping[str, Mapping[str, Contrast]],
    taught: Mapping[str, Capability],
) -> Matrix:
    """Return R: mean score after stage i (line) on the rows of the group that stage j teaches.

    Only rows that every teaching stage has enter a mean, so that all stages are judged on the same;
    a group without such a row is missing.
    """
    columns = []
    for capability in taught.values():
        group = [scores[row.row] for row in rows if row.capability == capability]
        whole = [by_stage for by_stage in group if all(name in by_stage for name in taught)]
        columns.append(
            [mean_of([row[name] for row in whole]) if whole else None for name in taught]
        )
    return [list(line) for line in zip(*columns, strict=True)]


def _transfers(matrix: Matrix, confidence: float) -> tuple[Transfer, ...]:
    """Return the chain's measures, each with its own denominator; :mod:`harness.stats.continual`.

    A measure that would need a missing cell is missing.
    """
    t = len(matrix)
    if t < 2:
        return ()
    last, own = matrix[-1], [matrix[i][i] for i in range(t)]
    fallen = [_difference(last[i], own[i]) for i in range(t)]
    lost = [_difference(_best(matrix, j), last[j]) for j in range(t - 1)]
    earlier = f"T - 1 = {t - 1} earlier group{'s' if t > 2 else ''}"
    return (
        _transfer("BWT", fallen[:-1], earlier, confidence),
        _transfer("BWT (TRACE)", fallen, f"T = {t} groups", confidence),
        _transfer("mean forgetting from the best stage", lost, earlier, confidence),
    )


def _best(matrix: Matrix, group: int) -> Contrast | None:
    scores = [line[group] for line in matrix[:-1]]
    known = [score for score in scores if score is not None]
    return max(known, key=lambda score: score.value) if len(known) == len(scores) else None


def _difference(after: Contrast | None, before: Contrast | None) -> Contrast | None:
    return None if after is None or before is None else after - before


def _transfer(
    name: str, terms: Sequence[Contrast | None], denominator: str, confidence: float
) -> Transfer:
    known = [term for term in terms if term is not None]
    if len(known) < len(terms):
        missing = "a stage wasn't measured on a group"
        return Transfer(name=name, value=None, denominator=denominator, missing=missing)
    mean = mean_of(known)
    bounds: Bounds = mean.interval(confidence) if mean.standard_error else NO_VARIANCE
    value = built(mean.value, "linearised", bounds, len(known), confidence)
    return Transfer(name=name, value=value, denominator=denominator)
