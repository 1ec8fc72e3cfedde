"""Approximate randomisation: under no difference, which side an answer is from doesn't matter.

Riezler & Maxwell 2005; sacrebleu 2.6.0 ``--paired-ar`` counts p = (c + 1) / (R + 1) alike. It tests
no difference only; a margin needs an interval.
"""

from collections.abc import Sequence

import numpy as np

from harness.evidence import Scores
from harness.metrics.metric import FloatArray
from harness.metrics.record_aggregates import RECORD_AGGREGATES, RecordAggregate
from harness.stats.bootstrap import RECORD_RESAMPLES, RESAMPLES, aggregated, value_of
from harness.stats.clusters import IntArray, unit_codes, unit_members, unit_sums

_CHUNK = 8_000_000  # coins at once


def randomisation_p(
    sides: tuple[Scores, Scores], clusters: Sequence[str | None], rng: np.random.Generator
) -> float | None:
    """Return the two-sided p of no difference; row i of both sides is the same document.

    Units (clusters, else documents) swap sides with chance 1/2, in 10,000 trials, 2,000 for metrics
    of records. None if a side has no value. ValueError if the metrics differ.
    """
    info = sides[1].info
    if info.signature != sides[0].info.signature:
        raise ValueError(f"{sides[0].info.signature} and {info.signature} are different metrics")
    before, after = sides[0].rows, sides[1].rows
    if not len(before):
        return None
    observed = value_of(info, after) - value_of(info, before)
    if not np.isfinite(observed):
        return None
    codes = unit_codes(clusters)
    if info.resample == "records":
        members = unit_members(len(before), codes)
        swapped = _swapped_records(RECORD_AGGREGATES[info.aggregate], (before, after), members, rng)
    else:
        units = unit_sums(before, codes), unit_sums(after, codes)
        swapped = _swapped_sums(info.aggregate, units, rng)
    # a swap that gives the observed difference again must count, whatever the rounding
    slack = 1e-12 * max(1.0, abs(observed))
    known = swapped[np.isfinite(swapped)]
    return float(((np.abs(known) >= abs(observed) - slack).sum() + 1) / (len(known) + 1))


def _swapped_sums(
    name: str, units: tuple[FloatArray, FloatArray], rng: np.random.Generator
) -> FloatArray:
    before, after = units
    moved, count = after - before, len(before)
    values = []
    step = max(1, _CHUNK // count)
    for start in range(0, RESAMPLES, step):
        coins = rng.integers(2, size=(min(step, RESAMPLES - start), count)).astype(np.float64)
        shift = coins @ moved
        with np.errstate(invalid="ignore"):
            first = aggregated(name, before.sum(axis=0) + shift)
            values.append(aggregated(name, after.sum(axis=0) - shift) - first)
    return np.concatenate(values)


def _swapped_records(
    aggregate: RecordAggregate,
    sides: tuple[FloatArray, FloatArray],
    members: Sequence[IntArray],
    rng: np.random.Generator,
) -> FloatArray:
    before, after = sides
    values = np.empty(RECORD_RESAMPLES)
    unit_of = np.empty(len(before), dtype=np.int64)
    for unit, documents in enumerate(members):
        unit_of[documents] = unit
    for trial in range(RECORD_RESAMPLES):
        swap = rng.integers(2, size=len(members))[unit_of].astype(bool)[:, None]
        first, second = np.where(swap, after, before), np.where(swap, before, after)
        values[trial] = aggregate(second) - aggregate(first)
    return values
