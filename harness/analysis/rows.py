"""One table row between two checkpoints, on the normalised scale, with everything paired."""

from dataclasses import dataclass

from harness.analysis.change import generator, paired_scores
from harness.analysis.comparability import compare
from harness.evidence import Evidence
from harness.metrics.metric import MetricInfo
from harness.records import Capability, Estimate
from harness.results import Comparability, Reason
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


def scale_of(info: MetricInfo) -> float | None:
    """Return ceiling - chance, negative where lower is better; None where a metric has no scale."""
    if info.ceiling is None or info.ceiling == info.chance:
        return None
    return info.ceiling - info.chance


def row_delta(
    reference: Evidence, candidate: Evidence, seed: int, confidence: float = 0.95
) -> RowDelta | str:
    """Return the delta of two cells, or why there is none."""
    pairing = compare(reference, candidate)
    scale = scale_of(candidate.primary.info)
    if scale is None:
        return f"{candidate.primary.info.name} has no chance level or ceiling"
    if pairing.comparability.verdict == "INCOMPARABLE":
        return said(pairing.comparability)
    before, after = paired_scores(reference, candidate, pairing)
    clusters = [candidate.clusters[i] for i in pairing.candidate]
    rng = generator(seed, reference, candidate)
    found = paired_difference(before, after, clusters, rng, confidence)
    if found is None:
        return "the metric has no value on the shared documents"
    identity, info = candidate.identity, candidate.primary.info
    documents = [candidate.documents[i] for i in pairing.candidate]
    units = unit_ids(identity.task, documents, clusters)
    sides = [contrast(info, side.rows, units) for side in (before, after)]
    if sides[0] is None or sides[1] is None:
        return "fewer than two independent units"
    scores = [side.shifted(-info.chance) * (1 / scale) for side in sides if side]
    return RowDelta(
        row=identity.row,
        task=identity.task,
        capability=identity.capability,
        before=scores[0],
        after=scores[1],
        delta=scaled(found.estimate, 1 / scale),
        p_loss=_p_loss(found.p, found.estimate.value / scale),
        qualified=pairing.comparability.reasons,
    )


def normalised(cell: Evidence) -> Contrast | None:
    """Return a cell's normalised score over all its documents; None where it has none."""
    info, who = cell.primary.info, cell.identity
    scale = scale_of(info)
    if scale is None or not cell.documents:
        return None
    found = contrast(info, cell.primary.rows, unit_ids(who.task, cell.documents, cell.clusters))
    return None if found is None else found.shifted(-info.chance) * (1 / scale)


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


def _p_loss(two_sided: float | None, delta: float) -> float | None:
    if two_sided is None:
        return None
    return two_sided / 2 if delta < 0 else 1 - two_sided / 2
