"""Corpus BLEU (Papineni et al. 2002) on sacrebleu's counts.

sacrebleu splits BLEU into counts per segment and a value over their sum; the counts come from it,
the value is :func:`harness.metrics.aggregate.bleu`, which takes many sums at once.
"""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Text
from harness.metrics.segmenter import JIEBA, jieba_version, jieba_words
from harness.metrics.tokenizers import bleu_tokenizer

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

ORDERS = (1, 2, 3, 4)
COLUMNS = (
    "answer_tokens",
    "reference_tokens",
    *(f"matches_{n}" for n in ORDERS),
    *(f"ngrams_{n}" for n in ORDERS),
)


def bleu(language: str, *, nrefs: int | None = 1, words_by: str | None = None) -> Metric:
    """Return corpus BLEU (points, 0 to 100) for answers in ``language`` (``zh``, ``en`` ...).

    sacrebleu's defaults: mixed case, exponential smoothing, no effective order; the tokenizer
    follows the language. ``nrefs`` is the number of references per document; None: it varies.
    ``words_by`` ``jieba`` takes its words and marks instead; TaskError if it isn't installed.
    """
    tokenizer = words_by or bleu_tokenizer(language)
    named = f"{JIEBA}-{jieba_version()}" if tokenizer == JIEBA else tokenizer

    def statistics(outcome: Text) -> Sequence[float]:
        return bleu_row(outcome, tokenizer)

    return Metric(
        info=MetricInfo(
            name="bleu",
            signature=(
                f"bleu|nrefs:{nrefs or 'var'}|case:mixed|eff:no|tok:{named}|smooth:exp"
                f"|version:{version('sacrebleu')}"
            ),
            columns=COLUMNS,
            aggregate="bleu",
            unit="points",
            ceiling=100.0,
        ),
        statistics=statistics,
    )


def bleu_row(outcome: Text, tokenizer: str) -> list[float]:
    """Return a segment's counts, in the order of :data:`COLUMNS`."""
    texts = [outcome.prediction, *outcome.references]
    if tokenizer == JIEBA:
        texts = [" ".join(jieba_words(text)) for text in texts]
    prediction, *references = texts
    # Private, but the only way to the counts; tests compare it with corpus_score.
    [row] = _scorer(tokenizer)._extract_corpus_statistics(
        [prediction], [[reference] for reference in references]
    )
    return [float(count) for count in row]


@cache
def _scorer(tokenizer: str) -> "BLEU":
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize="none" if tokenizer == JIEBA else tokenizer)
