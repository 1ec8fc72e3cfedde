"""How different are several answers to one prompt? Signs of collapse after tuning.

All are per prompt and then averaged over prompts ("per-input diversity", Kirk et al. 2024, arXiv
2310.06452). Tokens are words in lower case without punctuation, and each CJK character is one.

``ead``        distinct tokens over the number expected of as many draws from a vocabulary of V
               tokens: distinct / (V (1 - ((V - 1) / V)^C)), C being all tokens (Liu et al. 2022,
               "Rethinking and Refining the Distinct Metric"). Unlike distinct-n it doesn't fall
               only because answers get longer
``distinct_n`` distinct n-grams over all n-grams of a prompt's samples (Li et al. 2016)
``self_bleu``  BLEU of each sample with the others as its references, averaged (Zhu et al. 2018)
``repetition`` the share of a sample's 4-grams that stood in it before, averaged over samples
               (seq-rep-4 of Welleck et al. 2020, arXiv 1908.04319)
``length``     mean number of tokens of a sample

Nothing said is not diverse: samples without any n-gram score 0 in ``ead`` and ``distinct_n``. They
can't repeat themselves or resemble others, and so don't count in ``repetition`` and ``self_bleu``.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.metadata import version
from math import expm1, log1p
from statistics import fmean
from typing import TYPE_CHECKING

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Samples
from harness.metrics.tokenizers import bleu_tokenizer, cjk_tokens

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

Row = tuple[float, float]
_NOT_COUNTED: Row = (0.0, 0.0)
_TOKENS = "tok:words+cjk_characters"
_REPEATED = 4
"""Tokens of the n-grams whose repetition counts."""


def diversity_metrics(language: str, vocabulary: int) -> tuple[Metric, ...]:
    """Return the metrics of answers in ``language``; ``vocabulary`` is V of ``ead``."""
    tokens = _TOKENS
    bleu = f"tok:{bleu_tokenizer(language)}|eff:yes|smooth:exp|sacrebleu:{version('sacrebleu')}"
    return (
        _metric("ead", f"{tokens}|V:{vocabulary}|empty:0", partial(_ead, vocabulary), unit=""),
        *(_metric(f"distinct_{n}", f"{tokens}|empty:0", partial(_distinct, n)) for n in (1, 2, 3)),
        _metric("self_bleu", bleu, partial(_self_bleu, bleu_tokenizer(language)), unit="points"),
        repetition_metric(),
        _metric("length", tokens, _length, unit=""),
    )


def repetition_metric() -> Metric:
    """Return the share of repeated 4-grams, which a single answer has, too."""
    return _metric("repetition", f"{_TOKENS}|n:{_REPEATED}", _repetition)


_BEST = {"distinct_1": 1.0, "distinct_2": 1.0, "distinct_3": 1.0, "self_bleu": 0.0}
_BEST["repetition"] = 0.0


def _metric(name: str, how: str, statistics: Callable[[Samples], Row], unit: str = "%") -> Metric:
    return Metric(
        info=MetricInfo(
            name=name,
            signature=f"{name}|{how}|prompts:mean|version:1",
            columns=(name, "n"),
            aggregate="mean",
            higher_is_better=name not in ("self_bleu", "repetition"),
            unit=unit,
            ceiling=_BEST.get(name),
        ),
        statistics=statistics,
    )


def expected_distinct(tokens: int, vocabulary: int) -> float:
    """Return how many of V tokens are expected among C uniform draws: V (1 - ((V - 1) / V)^C)."""
    if vocabulary == 1:
        return float(tokens > 0)
    return -vocabulary * expm1(tokens * log1p(-1 / vocabulary))


def self_bleu(texts: Sequence[str], tokenizer: str) -> float | None:
    """Return the mean BLEU (points) of each text against the others; None for fewer than two.

    ``tokenizer`` is one of sacrebleu's. Orders longer than a text don't count (effective order).
    """
    if len(texts) < 2:
        return None
    scorer = _scorer(tokenizer)
    others = [[*texts[:i], *texts[i + 1 :]] for i in range(len(texts))]
    return fmean(
        scorer.sentence_score(t, rest).score for t, rest in zip(texts, others, strict=True)
    )


@cache
def _scorer(tokenizer: str) -> "BLEU":
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize=tokenizer, effective_order=True)


def _ngrams(text: str, n: int) -> list[tuple[str, ...]]:
    tokens = cjk_tokens(text)
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _distinct(n: int, samples: Samples) -> Row:
    found = [ngram for text in samples.texts for ngram in _ngrams(text, n)]
    return (len(set(found)) / len(found) if found else 0.0), 1.0


def _ead(vocabulary: int, samples: Samples) -> Row:
    found = [ngram for text in samples.texts for ngram in _ngrams(text, 1)]
    return (len(set(found)) / expected_distinct(len(found), vocabulary) if found else 0.0), 1.0


def _self_bleu(tokenizer: str, samples: Samples) -> Row:
    value = self_bleu([text for text in samples.texts if text.strip()], tokenizer)
    return _NOT_COUNTED if value is None else (value, 1.0)


def _repetition(samples: Samples) -> Row:
    found = [ngrams for text in samples.texts if (ngrams := _ngrams(text, _REPEATED))]
    shares = [1 - len(set(ngrams)) / len(ngrams) for ngrams in found]
    return (fmean(shares), 1.0) if shares else _NOT_COUNTED


def _length(samples: Samples) -> Row:
    return fmean(len(cjk_tokens(text)) for text in samples.texts), 1.0
