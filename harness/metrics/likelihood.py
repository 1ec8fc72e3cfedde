"""How well a model predicts text: bits per byte and three perplexities.

All are corpus values: sums of negative log-likelihoods over sums of sizes, so a long document
weighs more than a short one (the mean of documents' values is another number). Bits per byte is
sum NLL / (ln 2 * sum bytes), as in Paloma and lm-eval; only its unit survives a changed tokenizer.
"""

import math
from collections.abc import Callable, Sequence

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import RollingText


def likelihood_metrics(*, text: str = "the_text_asked", notes: str = "") -> tuple[Metric, ...]:
    """Return bits per byte and the perplexities of tokens, words and bytes.

    ``text`` says in the signatures whose bytes count; ``notes`` is what else changes the numbers,
    like ``overlap:512|``.
    """
    size = f"bytes:utf8_of_{text}"
    bits = MetricInfo(
        name="bits_per_byte",
        signature=f"bits_per_byte|{notes}{size}|documents:summed|version:1",
        columns=("bits", "bytes"),
        aggregate="ratio",
        higher_is_better=False,
        unit="bits/byte",
        ceiling=None,
    )
    return (
        Metric(info=bits, statistics=_bits_and_bytes),
        _perplexity("token", f"{notes}tokens:scored", _per_token),
        _perplexity("word", f"{notes}words:blanks_and_cjk_characters", _per_word),
        _perplexity("byte", f"{notes}{size}", _per_byte),
    )


def _perplexity(
    unit: str, counted: str, statistics: Callable[[RollingText], Sequence[float]]
) -> Metric:
    info = MetricInfo(
        name=f"{unit}_perplexity",
        signature=f"{unit}_perplexity|{counted}|documents:summed|version:1",
        columns=("nll", f"{unit}s"),
        aggregate="exp_ratio",
        higher_is_better=False,
        unit="ppl",
        ceiling=None,
    )
    return Metric(info=info, statistics=statistics)


def _bits_and_bytes(text: RollingText) -> tuple[float, float]:
    return text.nll / math.log(2), float(text.bytes)


def _per_token(text: RollingText) -> tuple[float, float]:
    return text.nll, float(text.tokens)


def _per_word(text: RollingText) -> tuple[float, float]:
    return text.nll, float(text.words)


def _per_byte(text: RollingText) -> tuple[float, float]:
    return text.nll, float(text.bytes)
