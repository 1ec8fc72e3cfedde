"""Forgetting along a chain: against every earlier stage, from the best one, and over the whole.

"Forgetting" has two readings that differ in sign (base 60, SFT 65, aligned 62: +2 against the base,
but 3 lost from the best): both are given, named.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from harness.analysis.chains import Cells, shared_places
from harness.analysis.change import generator
from harness.analysis.comparability import compare
from harness.analysis.rows import RowDelta, normalised, row_delta, said, scale_of
from harness.analysis.transfer import matrix_of, taught_by, transfers, values_of
from harness.evidence import Evidence
from harness.metrics.metric import FloatArray
from harness.records import Estimate
from harness.results import Anchored, Forgetting, LeftOut, Reason, RowForgetting
from harness.stats.bootstrap import NO_VARIANCE, percentile_interval, resampled_values, value_of
from harness.stats.clusters import unit_codes, unit_count
from harness.stats.influence import fieller
from harness.stats.intervals import Bounds, built
from harness.stats.linear import NEGLIGIBLE

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
    rows, left_out, comparable = [], [], []
    for row in dict.fromkeys(row for name in chain for row in cells.get(name, {})):
        along = _comparable(chain, {name: cells[name].get(row) for name in cells})
        if isinstance(along, str):
            left_out.append(LeftOut(row, along))
            continue
        rows.append(_row(chain, along, seed, confidence))
        comparable.append(along)
    taught = taught_by(chain, cells)
    matrix = matrix_of(comparable, taught)
    return Forgetting(
        chain=tuple(chain),
        rows=tuple(rows),
        taught=taught,
        matrix=values_of(matrix),
        transfers=transfers(matrix, taught, confidence),
        qualified=tuple(dict.fromkeys(reason for row in rows for reason in row.qualified)),
        left_out=tuple(left_out),
    )


def _comparable(
    chain: Sequence[str], cells: Mapping[str, Evidence | None]
) -> dict[str, Evidence] | str:
    """Return a row's cells that compare with the last stage's, that one last; else say why not."""
    last = cells.get(chain[-1])
    if last is None:
        return f"{chain[-1]} wasn't evaluated on it"
    if last.identity.seen_of is not None:
        return f"a sample of what was tuned on; {last.identity.seen_of} is held out"
    if scale_of(last.primary.info) is None:
        return f"{last.primary.info.name} has no chance level or ceiling"
    earlier = {name: cell for name in chain[:-1] if (cell := cells.get(name)) is not None}
    verdicts = {name: compare(cell, last).comparability for name, cell in earlier.items()}
    if all(verdict.verdict == "INCOMPARABLE" for verdict in verdicts.values()):
        whys = dict.fromkeys(said(verdict) for verdict in verdicts.values())
        return "; ".join(whys) or "no earlier stage was evaluated on it"
    kept = {n: c for n, c in earlier.items() if verdicts[n].verdict != "INCOMPARABLE"}
    return {**kept, chain[-1]: last}


def _row(
    chain: Sequence[str], along: Mapping[str, Evidence], seed: int, confidence: float
) -> RowForgetting:
    """Return a row's forgetting; ``along`` are its comparable cells, the last stage's last."""
    last = along[chain[-1]]
    earlier = {name: cell for name, cell in along.items() if cell is not last}
    lost, best = _from_best(earlier, last, seed, confidence)
    anchored = [_anchored(cell, last, seed, confidence) for cell in earlier.values()]
    known = [found for found in anchored if found is not None]
    scores = {name: score.value for name, cell in along.items() if (score := normalised(cell))}
    reasons: list[Reason] = [reason for found in known for reason in found.qualified]
    return RowForgetting(
        row=last.identity.row,
        task=last.identity.task,
        capability=last.identity.capability,
        scores={name: scores.get(name) for name in chain},
        anchored=tuple(known),
        forgetting=lost,
        best=best,
        qualified=tuple(dict.fromkeys(reasons)),
    )


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
    ends = None
    if before.value > _FLOOR * before.standard_error:
        ends = fieller(after, before, confidence)
    if ends is None:
        return None, "not measurable (reference at floor)"
    value = after.value / before.value
    identical = (after - before * value).standard_error <= NEGLIGIBLE * abs(before.value)
    bounds: Bounds = NO_VARIANCE if identical else ends
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
