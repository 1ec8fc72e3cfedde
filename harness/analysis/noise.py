"""From the same documents, answered twice by the same checkpoint, to the noise floor.

The flip rate is a proportion of documents with Wilson's interval (on the effective number where
documents share clusters). Half of it is the expected null of the negative flip rate, which is
never 0 between two runs of one model (Yan et al., CVPR 2021, define the rate).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from harness.evidence import Scores
from harness.metrics.metric import MetricInfo
from harness.records import Estimate, Generation, Likelihood, SampleRecord
from harness.results.noise import Flip, LogprobNoise, MetricNoise, Noise
from harness.stats.bootstrap import value_of
from harness.stats.intervals import estimate, is_binary

__all__ = ["Side", "measure_noise"]

_FLIPS = MetricInfo(name="flips", signature="flips", columns=("flips", "n"), aggregate="mean")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One time of asking: records without errors, and each metric's rows for them."""

    records: tuple[SampleRecord, ...]
    scores: tuple[Scores, ...]
    """The primary metric first; one row per record."""


def measure_noise(recorded: Side, repeated: Side) -> Noise | None:
    """Compare two times of asking the same documents, in the same order; None if there are none.

    Raises ValueError if the documents, requests or metrics aren't the same.
    """
    pairs = list(zip(recorded.records, repeated.records, strict=True))
    scores = list(zip(recorded.scores, repeated.scores, strict=True))
    if any((a.document, a.request_hash) != (b.document, b.request_hash) for a, b in pairs) or any(
        a.info.signature != b.info.signature for a, b in scores
    ):
        raise ValueError("both sides must have the same documents, requests and metrics")
    if not pairs:
        return None
    flipped = [(a, a.reason is None) for a, b in pairs if (a.reason is None) != (b.reason is None)]
    judged = _is_judged(recorded)
    return Noise(
        n=len(pairs),
        flips=_flips(pairs) if judged else None,
        flipped=tuple(Flip(document=r.document, lost=lost) for r, lost in flipped if judged),
        differing_answers=_differing_answers(pairs),
        logprobs=_logprobs(pairs),
        metrics=tuple(_metric(a, b) for a, b in scores),
    )


_Pairs = Sequence[tuple[SampleRecord, SampleRecord]]


def _is_judged(side: Side) -> bool:
    """Tell whether answers are right or wrong; of a perplexity or a BLEU score none is either."""
    if any((record.reason or "").partition(":")[0] == "wrong" for record in side.records):
        return True
    return any(is_binary(scores.info, scores.rows) for scores in side.scores)


def _flips(pairs: _Pairs) -> Estimate | None:
    rows = [[float((a.reason is None) != (b.reason is None)), 1.0] for a, b in pairs]
    clusters = [recorded.cluster for recorded, _ in pairs]
    unused = np.random.default_rng(0)  # a proportion's interval draws nothing
    return estimate(Scores(info=_FLIPS, rows=np.array(rows)), clusters, unused)


def _differing_answers(pairs: _Pairs) -> int | None:
    both = [(_answer(a), _answer(b)) for a, b in pairs]
    known = [(ours, theirs) for ours, theirs in both if ours is not None and theirs is not None]
    return sum(ours != theirs for ours, theirs in known) if known else None


def _answer(record: SampleRecord) -> tuple[str, ...] | int | None:
    """Return the generated texts, or which continuation is the likeliest (not normalised)."""
    texts = [text for r in record.responses if isinstance(r, Generation) for text in r.texts]
    if texts:  # masked texts may differ where nothing is left of it
        return (record.response_hash,) if record.veiled else tuple(texts)
    logprobs = [r.logprob for r in record.responses if isinstance(r, Likelihood)]
    return int(np.argmax(logprobs)) if len(logprobs) > 1 else None


def _logprobs(pairs: _Pairs) -> LogprobNoise | None:
    moved = [
        abs(ours.logprob - theirs.logprob)
        for a, b in pairs
        for ours, theirs in zip(a.responses, b.responses, strict=True)
        if isinstance(ours, Likelihood) and isinstance(theirs, Likelihood)
    ]
    if not moved:
        return None
    return LogprobNoise(count=len(moved), mean=fmean(moved), largest=max(moved))


def _metric(recorded: Scores, repeated: Scores) -> MetricNoise:
    info = recorded.info
    return MetricNoise(
        name=info.name,
        signature=info.signature,
        unit=info.unit,
        recorded=_value(recorded),
        repeated=_value(repeated),
        differing=int((recorded.rows != repeated.rows).any(axis=1).sum()),
    )


def _value(scores: Scores) -> float | None:
    value = value_of(scores.info, scores.rows)
    return value if math.isfinite(value) else None
