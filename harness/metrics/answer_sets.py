"""Answers that are sets of choices: read from a generated text, or with several right ones.

``acc``               the picked set is exactly the right one; no answer is a wrong one
``micro_f1``          precision and recall of letters, summed over documents before the quotient,
                      so that a partly right set counts partly
``extracted``         the share of generated texts in which an answer could be read
``acc_if_extracted``  accuracy among those, so that acc = extracted * acc_if_extracted exactly:
                      what a stage lost in format, and what in knowledge (Kitagawa 1955)
"""

from collections.abc import Callable
from typing import Literal

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import AnswerSet
from harness.records import Document

Chance = Callable[[Document], float]

_COLUMNS = {
    "acc": ("correct", "n"),
    "extracted": ("extracted", "n"),
    "acc_if_extracted": ("correct", "extracted"),
}


def extracted_metrics(chance: Chance) -> tuple[Metric, ...]:
    """Return the metrics of generated answers; ``chance`` is of hitting the right one.

    Guesses that are always readable have the same chance level as those by log-likelihood; a model
    that can't answer in the format asked for may well be below it.
    """
    return _generated(chance, "")


def several_metrics(chance: Chance, letter_chance: Chance) -> tuple[Metric, ...]:
    """Return the metrics of questions with several right answers.

    ``chance`` is of hitting the right set, ``letter_chance`` the F1 of a guessed one.
    """
    accuracy, *extraction = _generated(chance, "set:exact|")
    likeliest = _metric("acc", "set:exact|answer:likeliest_set", "mcf", _correct, chance)
    f1 = (
        _letters("answer:likeliest_set", "mcf", letter_chance),
        _letters("answer:extracted", "gen", letter_chance),
    )
    return (likeliest, accuracy, *f1, *extraction)


def _generated(chance: Chance, what: str) -> tuple[Metric, ...]:
    how = f"{what}answer:extracted"
    given = _metric("acc_if_extracted", how, "gen", _correct_if_extracted, chance)
    return (
        _metric("acc", how, "gen", _correct, chance),
        _metric("extracted", "answer:extracted", "gen", _extracted, None),
        given,
    )


def _metric(
    name: str,
    how: str,
    formulation: Literal["mcf", "gen"],
    statistics: Callable[[AnswerSet], tuple[float, float]],
    chance: Chance | None,
) -> Metric:
    return Metric(
        info=MetricInfo(
            name=name,
            signature=f"{name}|{how}|version:1",
            columns=_COLUMNS[name],
            # a mean would pair the documents that both sides answer, and the product not be acc
            aggregate="ratio" if name == "acc_if_extracted" else "mean",
        ),
        statistics=statistics,
        chance=chance,
        formulations=(formulation,),
    )


def _letters(how: str, formulation: Literal["mcf", "gen"], chance: Chance) -> Metric:
    return Metric(
        info=MetricInfo(
            name="micro_f1",
            signature=f"micro_f1|over:letters|{how}|zero_division:0|version:1",
            columns=("correct", "predicted", "gold"),
            aggregate="f1",
        ),
        statistics=_counts,
        chance=chance,
        formulations=(formulation,),
    )


def _is_right(answer: AnswerSet) -> bool:
    return answer.picked is not None and set(answer.picked) == set(answer.gold)


def _correct(answer: AnswerSet) -> tuple[float, float]:
    return float(_is_right(answer)), 1.0


def _extracted(answer: AnswerSet) -> tuple[float, float]:
    return float(answer.picked is not None), 1.0


def _correct_if_extracted(answer: AnswerSet) -> tuple[float, float]:
    return float(_is_right(answer)), float(answer.picked is not None)


def _counts(answer: AnswerSet) -> tuple[float, float, float]:
    picked, gold = set(answer.picked or ()), set(answer.gold)
    return float(len(picked & gold)), float(len(picked)), float(len(gold))
