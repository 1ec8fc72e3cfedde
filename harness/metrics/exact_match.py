"""Exact match: the share of answers that equal a reference after normalisation."""

from collections.abc import Sequence

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.normalise import RULE, answer_tokens
from harness.metrics.outcomes import Text


def exact_match(language: str, *, nrefs: int | None = 1) -> Metric:
    """Return exact match for answers in ``language``; a row is (1 or 0, 1).

    ``nrefs`` is the number of references per document; None: it varies. One match is enough.
    """

    def statistics(outcome: Text) -> Sequence[float]:
        return float(matches(outcome, language)), 1.0

    return Metric(
        info=MetricInfo(
            name="exact_match",
            signature=f"exact_match|nrefs:{nrefs or 'var'}|{RULE}|lang:{language}|version:1",
            columns=("matched", "n"),
            aggregate="mean",
        ),
        statistics=statistics,
    )


def matches(outcome: Text, language: str) -> bool:
    """Say whether an answer equals one of its references."""
    answer = answer_tokens(outcome.prediction, language)
    return any(answer == answer_tokens(reference, language) for reference in outcome.references)
