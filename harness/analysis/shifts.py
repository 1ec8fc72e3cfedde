"""One metric of one row between two checkpoints, in its own scale: the primary one or any other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.analysis.change import generator, word
from harness.analysis.comparability import compare, compare_stated
from harness.analysis.rows import info_of, said
from harness.analysis.unpaired import unpaired_difference
from harness.evidence import Aggregate, Evidence, Known, Scores
from harness.metrics.metric import MetricInfo
from harness.records import Estimate
from harness.results import Change, Comparability, Difference, Shift, Wording
from harness.stats.corrections import benjamini_hochberg
from harness.stats.intervals import estimate
from harness.stats.paired import paired_difference
from harness.stats.recovery import stated_estimate

NEUTRAL = frozenset({"length", "answer_tokens", "answer_characters"})
"""Metrics of which neither more nor less is better."""


def shift(
    reference: Known,
    candidate: Known,
    seed: int,
    metric: str | None = None,
    confidence: float = 0.95,
) -> Shift:
    """Return what a metric did; None is the primary one, the only one that a number has."""
    if isinstance(reference, Evidence) and isinstance(candidate, Evidence):
        return _paired((reference, candidate), metric, seed, confidence)
    return _unpaired((reference, candidate), seed, confidence)


def shifts(
    reference: Mapping[str, Known],
    candidate: Mapping[str, Known],
    names: Sequence[str],
    seed: int,
    confidence: float = 0.95,
) -> tuple[Shift, ...]:
    """Return what the metrics of these names did wherever both sides have one beside the primary.

    Those that can't be compared are left out: lengths in tokens of two tokenizers, for example.
    """
    found = []
    for row in [row for row in reference if row in candidate]:
        before, after = reference[row], candidate[row]
        if isinstance(before, Aggregate) or isinstance(after, Aggregate):
            continue
        ours, theirs = ({s.info.name for s in side.metrics[1:]} for side in (before, after))
        for name in [name for name in names if name in ours & theirs]:
            made = shift(before, after, seed, name, confidence)
            if made.change.difference is not None:
                found.append(made)
    return tuple(found)


def corrected(found: Iterable[Shift]) -> tuple[Shift, ...]:
    """Return the shifts with their p corrected for how many they are (listings: BH)."""
    rows = list(found)
    tested = [i for i, row in enumerate(rows) if _p(row) is not None]
    adjusted = benjamini_hochberg([_p(rows[i]) or 0.0 for i in tested])
    for i, value in zip(tested, adjusted, strict=True):
        rows[i] = replace(rows[i], adjusted=float(value))
    return tuple(rows)


def _p(row: Shift) -> float | None:
    return None if row.change.difference is None else row.change.difference.p


def _paired(
    sides: tuple[Evidence, Evidence], metric: str | None, seed: int, confidence: float
) -> Shift:
    pairing = compare(*sides, metric)
    picked = [side.primary if metric is None else side.scores(metric) for side in sides]
    info = next(scores.info for scores in picked[::-1] if scores is not None)
    if pairing.comparability.verdict == "INCOMPARABLE":
        return _built(sides, info, None, None, pairing.comparability)
    before, after = (
        Scores(info=info, rows=scores.rows[list(at)])
        for scores, at in zip(picked, (pairing.reference, pairing.candidate), strict=True)
        if scores is not None
    )
    clusters = [sides[1].clusters[i] for i in pairing.candidate]
    found = paired_difference(before, after, clusters, generator(seed, *sides), confidence)
    ends = [
        estimate(scores, clusters, generator(seed, side), confidence)
        for scores, side in zip((before, after), sides, strict=True)
    ]
    return _built(sides, info, (ends[0], ends[1]), found, pairing.comparability)


def _unpaired(sides: tuple[Known, Known], seed: int, confidence: float) -> Shift:
    comparability, info = compare_stated(*sides), info_of(sides[1])
    if comparability.verdict == "INCOMPARABLE":
        return _built(sides, info, None, None, comparability)
    found = unpaired_difference(*sides, seed, confidence)
    ends = [_end(side, seed, confidence) for side in sides]
    return _built(sides, info, (ends[0], ends[1]), found, comparability)


def _end(side: Known, seed: int, confidence: float) -> Estimate | None:
    if isinstance(side, Aggregate):
        return stated_estimate(side.value, side.error, side.n or 0, confidence)
    return estimate(side.primary, side.clusters, generator(seed, side), confidence)


def _built(
    sides: tuple[Known, Known],
    info: MetricInfo,
    ends: tuple[Estimate | None, Estimate | None] | None,
    difference: Difference | None,
    comparability: Comparability,
) -> Shift:
    identity = sides[1].identity
    neutral = info.name in NEUTRAL
    wording: Wording = "not comparable"
    if difference is not None:
        wording = word(difference, comparability, info.higher_is_better)
    if neutral and wording in ("gained", "lost"):
        wording = "changed"
    missing = None
    if comparability.verdict == "INCOMPARABLE":
        missing = said(comparability)
    elif difference is None:
        missing = "the metric has no value on the shared documents"
    return Shift(
        row=identity.row,
        task=identity.task,
        capability=identity.capability,
        language=identity.language,
        metric=info.name,
        unit=info.unit,
        higher_is_better=None if neutral else info.higher_is_better,
        before=ends[0] if ends else None,
        after=ends[1] if ends else None,
        change=Change(
            reference=sides[0].identity.checkpoint,
            difference=difference,
            comparability=comparability,
            wording=wording,
            missing=missing,
        ),
        seen_of=identity.seen_of,
    )
