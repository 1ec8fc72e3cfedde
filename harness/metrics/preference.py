"""How often a model finds the response likelier that people prefer.

Without a reference model the summed log-likelihood mostly measures length: a longer response is
less likely. So the accuracy per character is primary (SimPO, Meng et al. 2024, arXiv 2405.14734,
rewards the length-normalised log-likelihood for the same reason; characters rather than tokens,
because a stage may change the tokenizer). The sum is beside it; RewardBench's (Lambert et al.
2024, arXiv 2403.13787) scores of DPO models use sums too, but of ratios to a reference model.

``preferred_when_longer`` and ``preferred_when_shorter`` split the accuracy per character by which
side is longer: a model that follows length instead of preference is good at one and bad at the
other, whatever the sets' own bias.

A tie of the model counts one half: neither response is its choice, and 0.5 is the chance level.
Responses that people tied on make no pair. A list of n responses is one document with up to
n(n-1)/2 pairs; it weighs as much as a single pair, because its pairs depend on each other
(InstructGPT, Ouyang et al. 2022, trains on lists so).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import fmean

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Ranking
from harness.metrics.ranking import kendall_tau_b, preferred_pairs, tie_aware_agreement
from harness.records import Document

Norm = Callable[[Ranking], Sequence[float]]
"""From responses to what they are compared by."""


def per_character(ranking: Ranking) -> Sequence[float]:
    """Return each response's log-likelihood in nats per character."""
    return [p / n for p, n in zip(ranking.logprobs, ranking.characters, strict=True)]


def _summed(ranking: Ranking) -> Sequence[float]:
    return ranking.logprobs


def margins(ranking: Ranking, norm: Norm = per_character) -> list[float]:
    """Return the better response's score minus the worse one's, for every pair that isn't tied."""
    scores = norm(ranking)
    return [scores[i] - scores[j] for i, j in preferred_pairs(ranking.ranks)]


def preference_metrics() -> tuple[Metric, ...]:
    """Return the metrics of pairs and ranked lists, accuracy per character first.

    Kendall's tau-b of a list is 0 where the model ties all its responses; of a pair it is
    2 * accuracy - 1. Margins are in nats per character, and in nats for the sums.
    """
    return (
        _accuracy("preferred_norm", per_character, _all),
        _accuracy("preferred", _summed, _all),
        _accuracy("preferred_when_longer", per_character, _better_is_longer),
        _accuracy("preferred_when_shorter", per_character, _better_is_shorter),
        _margin("margin", per_character),
        _margin("margin_sum", _summed),
        _tau("tau_norm", per_character),
        _tau("tau", _summed),
    )


def agreement(tie_margin: float) -> Metric:
    """Return the share of pairs that model and people judge alike, ties included.

    The model ties two responses whose scores differ by at most ``tie_margin`` nats per character.
    Chance is that of guessing one of the two and never a tie.
    """
    return Metric(
        info=MetricInfo(
            name="agreement",
            signature=f"agreement|{_how(per_character)}|ties:counted|margin:{tie_margin!r}|version:1",
            columns=("agreed", "n"),
            aggregate="mean",
        ),
        statistics=partial(_agreed, tie_margin),
        chance=_chance_without_ties,
    )


def _how(norm: Norm) -> str:
    return f"norm:{'characters' if norm is per_character else 'none'}|reference:none"


Choose = Callable[[Ranking], Iterator[bool]]
"""Which of the pairs count."""


def _all(ranking: Ranking) -> Iterator[bool]:
    return (True for _ in preferred_pairs(ranking.ranks))


def _better_is_longer(ranking: Ranking) -> Iterator[bool]:
    lengths = ranking.characters
    return (lengths[i] > lengths[j] for i, j in preferred_pairs(ranking.ranks))


def _better_is_shorter(ranking: Ranking) -> Iterator[bool]:
    lengths = ranking.characters
    return (lengths[i] < lengths[j] for i, j in preferred_pairs(ranking.ranks))


def _accuracy(name: str, norm: Norm, choose: Choose) -> Metric:
    return Metric(
        info=MetricInfo(
            name=name,
            signature=f"{name}|{_how(norm)}|ties:half|lists:mean_of_pairs|version:1",
            columns=("preferred", "n"),
            aggregate="mean",
            chance=0.5,
        ),
        statistics=partial(_preferred, norm, choose),
    )


def _margin(name: str, norm: Norm) -> Metric:
    return Metric(
        info=MetricInfo(
            name=name,
            signature=f"{name}|{_how(norm)}|lists:mean_of_pairs|version:1",
            columns=("nats_per_character" if norm is per_character else "nats", "n"),
            aggregate="mean",
            unit="nats",
            ceiling=None,
        ),
        statistics=partial(_mean_margin, norm),
    )


def _tau(name: str, norm: Norm) -> Metric:
    return Metric(
        info=MetricInfo(
            name=name,
            signature=f"{name}|kendall:b|{_how(norm)}|tied_model:0|lists:mean|version:1",
            columns=("tau", "n"),
            aggregate="mean",
            unit="",
        ),
        statistics=partial(_tau_row, norm),
    )


def _mean_row(values: Sequence[float]) -> tuple[float, float]:
    return (fmean(values), 1.0) if values else (0.0, 0.0)


def _preferred(norm: Norm, choose: Choose, ranking: Ranking) -> tuple[float, float]:
    chosen = zip(margins(ranking, norm), choose(ranking), strict=True)
    return _mean_row([0.5 if m == 0 else float(m > 0) for m, counts in chosen if counts])


def _mean_margin(norm: Norm, ranking: Ranking) -> tuple[float, float]:
    return _mean_row(margins(ranking, norm))


def _tau_row(norm: Norm, ranking: Ranking) -> tuple[float, float]:
    if len(set(ranking.ranks)) == 1:
        return 0.0, 0.0
    return kendall_tau_b(norm(ranking), [-rank for rank in ranking.ranks]) or 0.0, 1.0


def _agreed(tie_margin: float, ranking: Ranking) -> tuple[float, float]:
    return _mean_row(tie_aware_agreement(per_character(ranking), ranking.ranks, tie_margin))


def _chance_without_ties(document: Document) -> float:
    ranks = document.fields.get("ranks", (1, 2))
    pairs = len(ranks) * (len(ranks) - 1) / 2
    return 0.5 * len(list(preferred_pairs(ranks))) / pairs
