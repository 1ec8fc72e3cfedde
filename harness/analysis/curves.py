"""Curves: every row over a numeric attribute of the checkpoints.

Points are values over the documents that all of them share. Whether the last one is worse than the
best is tested with an interval for each earlier point at once, for the best was picked among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from harness.analysis.chains import shared_places
from harness.analysis.change import generator
from harness.analysis.comparability import compare
from harness.evidence import Evidence, Scores
from harness.records import JSON, Estimate
from harness.results import Curve, Point, Reason
from harness.stats.intervals import estimate
from harness.stats.paired import paired_difference
from harness.stats.trend import FEWEST, monotone_trend


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marked:
    """A checkpoint with its attributes and its cells by row."""

    name: str
    attributes: Mapping[str, JSON]
    rows: Mapping[str, Evidence]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shared:
    sides: list[Scores]
    """Each point's rows over the documents that all have, in one order."""
    clusters: list[str | None]


def curves(checkpoints: Sequence[Marked], seed: int, confidence: float = 0.95) -> tuple[Curve, ...]:
    """Return a curve for each attribute and row that at least three checkpoints have.

    An attribute that is the same for all of them has none.
    """
    names = dict.fromkeys(name for each in checkpoints for name in each.attributes)
    found = []
    for attribute in names:
        marked = [
            (value, each)
            for each in checkpoints
            if (value := _number(each.attributes.get(attribute))) is not None
        ]
        marked.sort(key=lambda pair: pair[0])
        rows = dict.fromkeys(row for _, each in marked for row in each.rows)
        for row in rows:
            points = [(value, each.rows[row]) for value, each in marked if row in each.rows]
            curve = _curve(attribute, points, seed, confidence)
            if curve is not None:
                found.append(curve)
    return tuple(found)


def _number(value: JSON) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def _curve(
    attribute: str, points: Sequence[tuple[float, Evidence]], seed: int, confidence: float
) -> Curve | None:
    kept, qualified = _comparable(points)
    cells, at = [cell for _, cell in kept], [value for value, _ in kept]
    if len(kept) < FEWEST or len(set(at)) < 2:
        return None
    shared = _shared(cells)
    values = [_value(cell, shared, i, seed, confidence) for i, cell in enumerate(cells)]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    info = cells[-1].primary.info
    sign = 1 if info.higher_is_better else -1
    best = max(range(len(known)), key=lambda i: (sign * known[i].value, i))
    fall = _fall(cells, shared, best, seed, confidence)
    heights = np.array([value.value for value in known])
    trend = monotone_trend(np.array(at), heights, generator(seed, *cells))
    return Curve(
        row=cells[-1].identity.row,
        metric=info.name,
        unit=info.unit,
        higher_is_better=info.higher_is_better,
        attribute=attribute,
        points=tuple(
            Point(checkpoint=cell.identity.checkpoint, at=x, estimate=value)
            for x, cell, value in zip(at, cells, known, strict=True)
        ),
        rho=None if trend is None else trend.rho,
        p=None if trend is None else trend.p,
        test="no trend: all values are the same" if trend is None else trend.test,
        peak=cells[best].identity.checkpoint,
        fall=fall,
        worse=_is_worse(fall, sign),
        qualified=qualified,
    )


def _comparable(
    points: Sequence[tuple[float, Evidence]],
) -> tuple[list[tuple[float, Evidence]], tuple[Reason, ...]]:
    """Return the points that compare with the last one, and the reasons for care."""
    kept: list[tuple[float, Evidence]] = []
    reasons: list[Reason] = []
    for point in points:
        found = compare(point[1], points[-1][1]).comparability
        if found.verdict != "INCOMPARABLE":
            kept.append(point)
            reasons += found.reasons
    return kept, tuple(dict.fromkeys(reasons))


def _shared(cells: Sequence[Evidence]) -> _Shared:
    places = shared_places(cells)
    return _Shared(
        sides=[
            Scores(info=cell.primary.info, rows=cell.primary.rows[at])
            for cell, at in zip(cells, places, strict=True)
        ],
        clusters=[cells[-1].clusters[i] for i in places[-1]],
    )


def _value(
    cell: Evidence, shared: _Shared, index: int, seed: int, confidence: float
) -> Estimate | None:
    return estimate(shared.sides[index], shared.clusters, generator(seed, cell), confidence)


def _fall(
    cells: Sequence[Evidence], shared: _Shared, best: int, seed: int, confidence: float
) -> Estimate | None:
    """Return last minus best, simultaneously with all earlier points; None if the last is best."""
    if best == len(cells) - 1:
        return None
    level = 1 - (1 - confidence) / (len(cells) - 1)
    rng = generator(seed, cells[best], cells[-1])
    sides = shared.sides[best], shared.sides[-1]
    found = paired_difference(*sides, shared.clusters, rng, level)
    return None if found is None else found.estimate


def _is_worse(fall: Estimate | None, sign: int) -> bool:
    if fall is None or fall.low is None or fall.high is None:
        return False
    return fall.high < 0 if sign > 0 else fall.low > 0
