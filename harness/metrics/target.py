"""How well the last words of a passage are foreseen.

``acc``                 the share of targets that greedy decoding would have produced, every token
``target_perplexity``   exp(mean negative log-likelihood per target): per target, not per token
``target_bits_per_byte``  -sum ln p / (ln 2 * UTF-8 bytes), which vocabularies of any size share

The first two are lm-eval's ``lambada`` metrics (Paperno et al. 2016, arXiv 1606.06031).
"""

from math import log

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Target


def _correct(target: Target) -> tuple[float, float]:
    return float(target.greedy), 1.0


def _nll(target: Target) -> tuple[float, float]:
    return target.nll, 1.0


def _bits(target: Target) -> tuple[float, float]:
    return target.nll / log(2), float(target.bytes)


TARGET_METRICS = (
    Metric(
        info=MetricInfo(
            name="acc",
            signature="acc|match:greedy|version:1",
            columns=("correct", "n"),
            aggregate="mean",
        ),
        statistics=_correct,
    ),
    Metric(
        info=MetricInfo(
            name="target_perplexity",
            signature="target_perplexity|per:target|version:1",
            columns=("nll", "targets"),
            aggregate="exp_ratio",
            higher_is_better=False,
            unit="ppl",
            ceiling=None,
        ),
        statistics=_nll,
    ),
    Metric(
        info=MetricInfo(
            name="target_bits_per_byte",
            signature="target_bits_per_byte|per:utf-8-byte|version:1",
            columns=("bits", "bytes"),
            aggregate="ratio",
            higher_is_better=False,
            unit="bits/byte",
            ceiling=None,
        ),
        statistics=_bits,
    ),
)
