"""One table row between two checkpoints, on the normalised scale, with everything paired."""

from dataclasses import dataclass, replace

from harness.analysis.change import generator, paired_scores
from harness.analysis.comparability import compare, compare_stated
from harness.analysis.unpaired import stated, unpaired_difference
from harness.evidence import Aggregate, Evidence, Known
from harness.metrics.metric import MetricInfo
from harness.records import Capability, Estimate
from harness.results import Change, Comparability, Difference, Reason
from harness.stats.influence import Contrast, contrast, unit_ids
from harness.stats.paired import paired_difference


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowDelta:
    """Candidate minus reference of one row's primary metric, normalised."""

    row: str
    task: str
    capability: Capability
    before: Contrast
    """The reference's normalised score over the shared documents."""
    after: Contrast
    """The candidate's."""
    delta: Estimate
    p_loss: float | None
    """One-sided, of no loss."""
    qualified: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    chance: float
    width: float
    """Ceiling - chance; negative where lower is better."""

    def of(self, score: Contrast) -> Contrast:
        return score.shifted(-self.chance) * (1 / self.width)


def scale_of(info: MetricInfo) -> float | None:
    """Return ceiling - chance, negative where lower is better; None where a metric has no scale."""
    if info.ceiling is None or info.ceiling == info.chance:
        return None
    return info.ceiling - info.chance


def info_of(side: Known) -> MetricInfo:
    """Return the metric that a row shows."""
    return side.info if isinstance(side, Aggregate) else side.primary.info


def row_delta(
    reference: Known,
    candidate: Known,
    seed: int,
    confidence: float = 0.95,
    made: Change | None = None,
) -> RowDelta | str:
    """Return the delta of two cells, or why there is none.

    A side without records makes it unpaired, which ``qualified`` then says. ``made`` is the change
    between the two at this confidence, where it is known already.
    """
    info = _common(info_of(reference), info_of(candidate))
    width = scale_of(info)
    if width is None:
        return f"{info.name} has no chance level or ceiling"
    scale = _Scale(info.chance, width)
    if isinstance(reference, Evidence) and isinstance(candidate, Evidence):
        return _paired((reference, candidate), scale, (seed, confidence), made)
    return _unpaired((reference, candidate), scale, seed, confidence)


def normalised(cell: Evidence, places: list[int] | None = None) -> Contrast | None:
    """Return a cell's normalised score; None where it has none.

    ``places`` are the indices of the documents that count; None: all.
    """
    info, who = cell.primary.info, cell.identity
    at = list(range(len(cell.documents))) if places is None else places
    width = scale_of(info)
    if width is None or not at:
        return None
    units = unit_ids(who.task, [cell.documents[i] for i in at], [cell.clusters[i] for i in at])
    found = contrast(info, cell.primary.rows[at], units)
    return None if found is None else _Scale(info.chance, width).of(found)


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """Return an estimate in another scale; a negative factor swaps its bounds."""
    bounds = [None if b is None else b * factor for b in (estimate.low, estimate.high)]
    low, high = bounds if factor > 0 else bounds[::-1]
    return Estimate(
        value=estimate.value * factor,
        low=low,
        high=high,
        n=estimate.n,
        method=estimate.method,
        confidence=estimate.confidence,
    )


def said(comparability: Comparability) -> str:
    """Return a verdict's reasons in words."""
    return ", ".join(str(reason).replace("_", " ") for reason in comparability.reasons)


def _paired(
    sides: tuple[Evidence, Evidence],
    scale: _Scale,
    how: tuple[int, float],
    made: Change | None,
) -> RowDelta | str:
    (reference, candidate), (seed, confidence) = sides, how
    pairing = compare(reference, candidate)
    if pairing.comparability.verdict == "INCOMPARABLE":
        return said(pairing.comparability)
    before, after = paired_scores(reference, candidate, pairing)
    clusters = [candidate.clusters[i] for i in pairing.candidate]
    if made is None:
        rng = generator(seed, reference, candidate)
        found = paired_difference(before, after, clusters, rng, confidence)
    else:
        found = made.difference
    if found is None:
        return "the metric has no value on the shared documents"
    documents = [candidate.documents[i] for i in pairing.candidate]
    units = unit_ids(candidate.identity.task, documents, clusters)
    scores = [contrast(side.info, side.rows, units) for side in (before, after)]
    return _built(candidate, scale, scores, found, pairing.comparability)


def _unpaired(
    sides: tuple[Known, Known], scale: _Scale, seed: int, confidence: float
) -> RowDelta | str:
    comparability = compare_stated(*sides)
    if comparability.verdict == "INCOMPARABLE":
        return said(comparability)
    found = unpaired_difference(*sides, seed, confidence)
    if found is None:
        return "the metric has no value"
    scores = [stated(side, seed, confidence) for side in sides]
    return _built(sides[1], scale, scores, found, comparability)


def _built(
    candidate: Known,
    scale: _Scale,
    scores: list[Contrast | None],
    found: Difference,
    comparability: Comparability,
) -> RowDelta | str:
    before, after = scores
    if before is None or after is None:
        return "no error can be computed from these documents"
    delta = scaled(found.estimate, 1 / scale.width)
    return RowDelta(
        row=candidate.identity.row,
        task=candidate.identity.task,
        capability=candidate.identity.capability,
        before=scale.of(before),
        after=scale.of(after),
        delta=delta,
        p_loss=_p_loss(found.p, delta.value),
        qualified=comparability.reasons,
    )


def _common(reference: MetricInfo, candidate: MetricInfo) -> MetricInfo:
    """Return one metric for both sides: chance follows the documents, which may not be all shared.

    Their mean, so that a comparison turned round only changes its sign.
    """
    return replace(candidate, chance=(reference.chance + candidate.chance) / 2)


def _p_loss(two_sided: float | None, delta: float) -> float | None:
    if two_sided is None:
        return None
    return two_sided / 2 if delta < 0 else 1 - two_sided / 2
