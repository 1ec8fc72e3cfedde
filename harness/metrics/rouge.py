"""ROUGE F-measures by rouge-score (Lin 2004), with a tokenizer that knows the language.

Per document, as fractions: a row is (F, 1), and the corpus value is the mean. With several
references the best F counts, as in rouge-score's ``score_multi``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Literal, get_args

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Text
from harness.metrics.segmenter import JIEBA, jieba_version, jieba_words
from harness.metrics.tokenizers import Tokenize, cjk_tokens, rouge_tokenizer, sentences, words

RougeType = Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]
ROUGE_TYPES: tuple[RougeType, ...] = get_args(RougeType)


def rouge(
    kind: RougeType,
    language: str,
    *,
    stemmer: bool = False,
    nrefs: int | None = 1,
    words_by: str | None = None,
) -> Metric:
    """Return a ROUGE metric for answers in ``language`` (a primary subtag such as ``zh``).

    ``stemmer`` is Porter's and applies to English only; it is off as in rouge-score. rougeLsum
    compares sentence by sentence; rouge-score leaves the cutting to the caller and takes a newline
    as its mark, we cut by :func:`harness.metrics.tokenizers.sentences`.
    ``nrefs`` is the number of references per document; None: it varies. ``words_by`` ``jieba``
    takes its words instead of the language's tokens; TaskError if it isn't installed.
    """
    tokenizer = words_by or rouge_tokenizer(language)
    stem = stemmer and tokenizer == "rouge-score"
    named = f"{JIEBA}-{jieba_version()}" if tokenizer == JIEBA else tokenizer
    parts = [kind, f"nrefs:{nrefs or 'var'}", f"tok:{named}", f"stem:{'yes' if stem else 'no'}"]
    if kind == "rougeLsum":
        parts.append("split:punct")

    def statistics(outcome: Text) -> Sequence[float]:
        return [rouge_f(kind, outcome, tokenizer, stemmer=stem), 1.0]

    return Metric(
        info=MetricInfo(
            name=kind,
            signature="|".join([*parts, f"version:{version('rouge-score')}"]),
            columns=("fmeasure", "documents"),
            aggregate="mean",
        ),
        statistics=statistics,
    )


def rouge_f(kind: RougeType, outcome: Text, tokenizer: str, *, stemmer: bool = False) -> float:
    """Return the best F-measure (0 to 1) of a text over its references."""
    texts = [*outcome.references, outcome.prediction]
    if kind == "rougeLsum":
        texts = ["\n".join(sentences(text)) for text in texts]
    *references, prediction = texts
    scores = _scorer(kind, tokenizer, stemmer).score_multi(references, prediction)
    return float(scores[kind].fmeasure)


@dataclass(frozen=True, slots=True)
class _Tokenizer:
    """The shape that rouge-score asks of a tokenizer."""

    tokenize: Tokenize


def _jieba_tokens(text: str) -> list[str]:
    return [word for word in jieba_words(text.lower()) if words(word)]


@cache
def _scorer(kind: str, tokenizer: str, stemmer: bool) -> Any:
    from rouge_score import rouge_scorer, tokenizers  # half a second: nltk

    tokenize = {
        "rouge-score": tokenizers.DefaultTokenizer(stemmer).tokenize,
        "cjk": cjk_tokens,
        "words": words,
        JIEBA: _jieba_tokens,
    }[tokenizer]
    return rouge_scorer.RougeScorer([kind], tokenizer=_Tokenizer(tokenize))
