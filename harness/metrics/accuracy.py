"""Accuracy of multiple-choice answers under each way of making log-likelihoods comparable.

``acc``         the summed log-likelihood
``acc_norm``    per character of the choice's text (the blank before it doesn't count)
``acc_bytes``   per UTF-8 byte of it
``acc_tokens``  per token, as in GPT-3's evaluation (Brown et al. 2020, arXiv 2005.14165); a stage
                that changes the tokenizer changes it too
``acc_pmi``     minus the log-likelihood after a neutral context, so that a choice isn't picked for
                being likely anywhere (Holtzman et al. 2021, arXiv 2104.08315: PMI_DC)

All but ``acc_tokens`` follow lm-eval (``ConfigurableTask.process_results``, 0.4.13), where
``acc_pmi`` is ``acc_mutual_info``; OLMES (Gu et al. 2024, arXiv 2406.08446) chooses among them by
task. Of tied choices the first is picked, as numpy's argmax does, so a model that can't tell the
choices apart scores the share of A.
"""

from collections.abc import Callable, Sequence

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Choice
from harness.records import Document, Formulation

Pick = Callable[[Choice], int | None]


def pick(choice: Choice) -> int:
    """Return the index of the choice with the largest log-likelihood; the first of tied ones."""
    return argmax(choice.logprobs)


def pick_per_character(choice: Choice) -> int:
    """Return the index of the choice with the largest log-likelihood per character."""
    return argmax(_divided(choice.logprobs, choice.characters))


def pick_per_byte(choice: Choice) -> int:
    """Return the index of the choice with the largest log-likelihood per UTF-8 byte."""
    return argmax(_divided(choice.logprobs, choice.bytes))


def pick_per_token(choice: Choice) -> int | None:
    """Return the index of the choice with the largest log-likelihood per token.

    None if the backend couldn't count the tokens of every choice.
    """
    return argmax(_divided(choice.logprobs, choice.tokens)) if all(choice.tokens) else None


def pick_by_pmi(choice: Choice) -> int:
    """Return the index of the choice whose log-likelihood the question raises most."""
    pairs = zip(choice.logprobs, choice.neutral, strict=True)
    return argmax([asked - neutral for asked, neutral in pairs])


def argmax(values: Sequence[float]) -> int:
    """Return the index of the largest value; the first of tied ones."""
    return max(range(len(values)), key=values.__getitem__)


def _divided(values: Sequence[float], sizes: Sequence[int]) -> list[float]:
    return [value / size for value, size in zip(values, sizes, strict=True)]


def choice_metrics(chance: Callable[[Document], float], *, pmi: bool = False) -> tuple[Metric, ...]:
    """Return the accuracies; ``chance`` is a document's 1 / number of choices.

    The one per character is primary where the texts of the choices are scored (OLMES scores most
    of its cloze tasks so); of letters all have the same length, and ``acc`` is the only one.
    ``pmi`` adds ``acc_pmi``, whose outcomes need ``neutral`` log-likelihoods.
    """

    def accuracy(
        name: str, norm: str, picked: Pick, formulations: tuple[Formulation, ...] = ("cf",)
    ) -> Metric:
        def correct(choice: Choice) -> tuple[float, float]:
            index = picked(choice)
            return (0.0, 0.0) if index is None else (float(index == choice.gold), 1.0)

        return Metric(
            info=MetricInfo(
                name=name,
                signature=f"{name}|norm:{norm}|ties:first|version:1",
                columns=("correct", "n"),
                aggregate="mean",
            ),
            statistics=correct,
            chance=chance,
            formulations=formulations,
        )

    by_text = (
        accuracy("acc_norm", "characters", pick_per_character),
        accuracy("acc", "none", pick, ("cf", "mcf")),
        accuracy("acc_bytes", "bytes", pick_per_byte),
        accuracy("acc_tokens", "tokens", pick_per_token),
    )
    return (*by_text, accuracy("acc_pmi", "pmi", pick_by_pmi)) if pmi else by_text
