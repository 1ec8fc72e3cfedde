"""Token F1 of short answers (SQuAD v1.1, Rajpurkar et al. 2016): overlap of bags of tokens.

Chinese and Japanese by character, as MLQA's and CMRC's evaluation do.
"""

from collections import Counter
from collections.abc import Sequence

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.normalise import RULE, answer_tokens
from harness.metrics.outcomes import Text


def token_f1(language: str, *, nrefs: int | None = 1) -> Metric:
    """Return the mean token F1 for answers in ``language``; a row is (F1, 1).

    With several references the best counts. ``nrefs`` is their number per document; None: it
    varies.
    """

    def statistics(outcome: Text) -> Sequence[float]:
        return best_f1(outcome, language), 1.0

    return Metric(
        info=MetricInfo(
            name="token_f1",
            signature=f"token_f1|nrefs:{nrefs or 'var'}|{RULE}|lang:{language}|version:1",
            columns=("f1", "documents"),
            aggregate="mean",
        ),
        statistics=statistics,
    )


def best_f1(outcome: Text, language: str) -> float:
    """Return the best F1 (0 to 1) of an answer over its references."""
    answer = answer_tokens(outcome.prediction, language)
    return max(_f1(answer, answer_tokens(text, language)) for text in outcome.references)


def _f1(answer: Sequence[str], reference: Sequence[str]) -> float:
    common = sum((Counter(answer) & Counter(reference)).values())
    return 2 * common / (len(answer) + len(reference)) if common else 0.0
