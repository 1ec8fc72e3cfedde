"""Does a model that says 80 % hit 80 %? Calibration over the letters of a question.

The probabilities are the softmax over the options' letters, which exclude each other; normalised
log-likelihoods of texts aren't probabilities, so only ``mcf`` has these metrics. Confidence is the
largest one.

``nll``           -ln p(right letter), in nats. Proper: only the true probabilities minimise it.
``brier``         the sum over all options of (p - hit)^2, 0 to 2 (Brier 1950, Monthly Weather
                  Review 78:1). Proper. For two options it is twice the (confidence - hit)^2 of the
                  picked one, which others print as Brier score and which ends at 1.
``ece``           expected calibration error, 15 bins of equal width (Guo et al. 2017, arXiv
                  1706.04599)
``ece_adaptive``  the same over 15 bins of equal size (Nixon et al. 2019, arXiv 1904.01685)

Both errors are biased upward when documents are few, most where the model is well calibrated.
Guessing means p = 1/n everywhere: the chance level of ``nll`` is ln n, of ``brier`` 1 - 1/n, and of
both errors 0, for such a guess is calibrated.
"""

from collections.abc import Callable, Sequence
from math import ceil, exp, log

import numpy as np

from harness.metrics.accuracy import pick
from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Choice
from harness.metrics.record_aggregates import ADAPTIVE_BINS
from harness.records import Document

BINS = 15


def log_softmax(logprobs: Sequence[float]) -> list[float]:
    """Return the logarithms of the choices' shares of probability."""
    total = float(np.logaddexp.reduce(np.asarray(logprobs, dtype=np.float64)))
    return [value - total for value in logprobs]


def confidence_and_hit(choice: Choice) -> tuple[float, float]:
    """Return the probability of the picked choice and whether it is the right one (1 or 0)."""
    picked = pick(choice)
    return exp(log_softmax(choice.logprobs)[picked]), float(picked == choice.gold)


def ece_row(confidence: float, hit: float, bins: int = BINS) -> list[float]:
    """Return the 3 * bins numbers of one answer; bin m holds ((m-1)/bins, m/bins]."""
    place = min(max(ceil(confidence * bins), 1), bins) - 1
    row = [0.0] * (3 * bins)
    row[place], row[bins + place], row[2 * bins + place] = 1.0, confidence, hit
    return row


def calibration_metrics(chance: Callable[[Document], float]) -> tuple[Metric, ...]:
    """Return the four metrics; ``chance`` is a document's 1 / number of choices."""
    bins = tuple(f"{what}[{m}]" for what in ("n", "confidence", "correct") for m in range(BINS))
    return (
        Metric(
            info=_info("nll", ("nll", "n"), "mean", unit="nats"),
            statistics=_nll,
            chance=lambda document: -log(chance(document)),
            formulations=("mcf",),
        ),
        Metric(
            info=_info("brier", ("squares", "n"), "mean", "range:0..2", unit=""),
            statistics=_brier,
            chance=lambda document: 1 - chance(document),
            formulations=("mcf",),
        ),
        Metric(
            info=_info("ece", bins, "ece", f"bins:{BINS}:width"),
            statistics=_binned,
            formulations=("mcf",),
        ),
        Metric(
            info=_info(
                "ece_adaptive",
                ("confidence", "correct"),
                "ece_adaptive",
                f"bins:{ADAPTIVE_BINS}:size",
            ),
            statistics=confidence_and_hit,
            formulations=("mcf",),
        ),
    )


def _info(
    name: str, columns: tuple[str, ...], aggregate: str, *details: str, unit: str = "%"
) -> MetricInfo:
    return MetricInfo(
        name=name,
        signature="|".join([name, "over:letters", *details, "version:1"]),
        columns=columns,
        aggregate=aggregate,
        resample="records" if aggregate == "ece_adaptive" else "sums",
        higher_is_better=False,
        unit=unit,
        ceiling=0.0,
    )


def _nll(choice: Choice) -> tuple[float, float]:
    return -log_softmax(choice.logprobs)[choice.gold], 1.0


def _brier(choice: Choice) -> tuple[float, float]:
    shares = [exp(value) for value in log_softmax(choice.logprobs)]
    return sum((p - (i == choice.gold)) ** 2 for i, p in enumerate(shares)), 1.0


def _binned(choice: Choice) -> list[float]:
    return ece_row(*confidence_and_hit(choice))
