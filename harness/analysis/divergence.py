"""From what a store holds of two checkpoints' KL to means per token with their intervals.

KL drift is sum KL / sum tokens over documents, a ratio of sums linearised by document (or by
cluster): the tokens of a document aren't independent, and a long one weighs more.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from harness.evidence import Scores
from harness.metrics.metric import MetricInfo
from harness.records import CAPABILITIES, Capability, Estimate
from harness.results.divergence import (
    NEW,
    OLD,
    Drift,
    PairDivergence,
    PlaceDivergence,
    TaskDivergence,
)
from harness.stats.intervals import estimate
from harness.stats.recovery import mean_interval

__all__ = ["divergence_drift"]

_MEASURES = ("forward", "reverse", "variation")


def divergence_drift(
    held: Iterable[PairDivergence],
    reference: str,
    candidate: str,
    fingerprints: Mapping[str, str],
    confidence: float = 0.95,
) -> Drift | None:
    """Return how far ``candidate`` is from ``reference`` by capability; None if nothing is held.

    ``fingerprints`` maps both names to the checkpoints' fingerprints. Texts like those of
    pretraining and of tuning tell different things, so where one of them is missing it is said.
    """
    wanted = fingerprints[reference], fingerprints[candidate]
    own = [
        pair
        for pair in held
        if pair.documents and (pair.identity["reference"], pair.identity["candidate"]) == wanted
    ]
    if not own:
        return None
    tasks = [_task(pair, confidence) for pair in sorted(own, key=lambda pair: pair.row)]
    found = {
        capability: [t for t in tasks if t.capability == capability] for capability in CAPABILITIES
    }
    return Drift(
        reference=reference,
        candidate=candidate,
        places=tuple(_place(name, its) for name, its in found.items() if its),
        missing=tuple(
            what
            for what, names in (("old text", OLD), ("new text", NEW))
            if not any(found[name] for name in names)
        ),
    )


def _place(capability: Capability, tasks: Sequence[TaskDivergence]) -> PlaceDivergence:
    forward = [task.forward for task in tasks]
    mean = forward[0] if len(forward) == 1 else mean_interval(forward)
    return PlaceDivergence(capability=capability, forward=mean, tasks=tuple(tasks))


def _task(pair: PairDivergence, confidence: float) -> TaskDivergence:
    means = {measure: _per_token(pair, measure, confidence) for measure in _MEASURES}
    return TaskDivergence(
        row=pair.row,
        capability=pair.capability,
        language=pair.language,
        tokens=pair.tokens,
        forward=means["forward"],
        reverse=means["reverse"],
        variation=means["variation"],
        backend=pair.identity["backend"],
    )


def _per_token(pair: PairDivergence, measure: str, confidence: float) -> Estimate:
    info = MetricInfo(
        name=measure,
        signature=f"kl_{measure}|vocabulary:all|tokens:predicted|documents:summed|version:1",
        columns=("sum", "tokens"),
        aggregate="ratio",
        higher_is_better=False,
        unit="" if measure == "variation" else "nats",
        ceiling=None,
    )
    rows = np.array([[getattr(d, measure), d.tokens] for d in pair.documents], dtype=np.float64)
    unused = np.random.default_rng(0)  # a ratio's interval draws nothing
    clusters = [document.cluster for document in pair.documents]
    found = estimate(Scores(info=info, rows=rows), clusters, unused, confidence)
    if found is None:  # every document has tokens
        raise ValueError(f"{pair.row}: no mean per token")
    return found
