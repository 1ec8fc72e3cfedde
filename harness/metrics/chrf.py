"""Corpus chrF++ (Popović 2017) on sacrebleu's counts: the companion that needs no tokenizer."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Text

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF

CHAR_ORDER = 6
WORD_ORDER = 2
ORDERS = (
    *(f"char{n}" for n in range(1, CHAR_ORDER + 1)),
    *(f"word{n}" for n in range(1, WORD_ORDER + 1)),
)
COLUMNS = tuple(f"{side}_{n}" for n in ORDERS for side in ("answer", "reference", "matches"))


def chrf_plus_plus(*, nrefs: int | None = 1) -> Metric:
    """Return corpus chrF++ (points, 0 to 100): character 1- to 6-grams and word 1- and 2-grams.

    ``nrefs`` is the number of references per document; None: it varies.
    """
    return Metric(
        info=MetricInfo(
            name="chrf++",
            signature=(
                f"chrf++|nrefs:{nrefs or 'var'}|case:mixed|eff:yes|nc:{CHAR_ORDER}|nw:{WORD_ORDER}"
                f"|space:no|version:{version('sacrebleu')}"
            ),
            columns=COLUMNS,
            aggregate="chrf",
            unit="points",
            ceiling=100.0,
        ),
        statistics=chrf_row,
    )


def chrf_row(outcome: Text) -> Sequence[float]:
    """Return a segment's counts, in the order of :data:`COLUMNS`."""
    references = [[reference] for reference in outcome.references]
    # Private, but the only way to the counts; tests compare it with corpus_score.
    [row] = _scorer()._extract_corpus_statistics([outcome.prediction], references)
    return [float(count) for count in row]


@cache
def _scorer() -> "CHRF":
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(char_order=CHAR_ORDER, word_order=WORD_ORDER)
