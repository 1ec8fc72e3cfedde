"""Precision, recall and F1 over a fixed set of labels.

They equal scikit-learn's ``precision_recall_fscore_support`` with ``labels=`` all of the task's
labels and ``zero_division=0``: a class that is neither in the gold labels nor predicted counts as
0, so a mean over classes always has the same number of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Label
from harness.records import digest

_MEASURES = ("precision", "recall", "f1")


def label_metrics(labels: Sequence[str], picked_by: str) -> tuple[Metric, ...]:
    """Return macro-F1 (primary), accuracy, the other averages, and P, R, F1 of each label.

    ``picked_by`` says in the signatures how a prediction comes about. The chance level of all is
    1 / number of labels, the score of a uniform guess: exact for accuracy, for macro and micro
    precision and recall and for recall of a class; the others reach it when labels are balanced.
    """
    family = _Family(tuple(labels), picked_by)
    averages = product(("macro", "micro", "weighted"), _MEASURES)
    names = [f"{average}_{measure}" for average, measure in averages]
    names.remove("macro_f1")
    return (
        family.averaged("macro_f1"),
        family.accuracy(),
        *(family.averaged(name) for name in names),
        *(family.of_class(m, index) for index in range(len(labels)) for m in _MEASURES),
    )


@dataclass(frozen=True, slots=True)
class _Family:
    labels: tuple[str, ...]
    picked_by: str

    def averaged(self, name: str) -> Metric:
        counts = product(("correct", "predicted", "gold"), self.labels)
        columns = tuple(f"{count}[{label}]" for count, label in counts)
        return Metric(info=self._info(name, columns, name), statistics=_counts)

    def accuracy(self) -> Metric:
        info = self._info("accuracy", ("correct", "n"), "mean")
        return Metric(info=info, statistics=_correct)

    def of_class(self, measure: str, index: int) -> Metric:
        columns = ("correct", "predicted", "gold")
        info = self._info(f"{measure}[{self.labels[index]}]", columns, measure)
        return Metric(info=info, statistics=partial(_class_counts, index))

    def _info(self, name: str, columns: tuple[str, ...], aggregate: str) -> MetricInfo:
        labels = f"labels:{len(self.labels)}:{digest(list(self.labels))[:8]}"
        picked = f"picked_by:{self.picked_by}"
        return MetricInfo(
            name=name,
            signature=f"{name}|{labels}|{picked}|zero_division:0|version:1",
            columns=columns,
            aggregate=aggregate,
            chance=1 / len(self.labels),
        )


def _counts(label: Label) -> list[float]:
    """Return 3C numbers: correct, predicted and gold, each for the C classes in order."""
    row = [0.0] * (3 * label.size)
    row[2 * label.size + label.gold] = 1.0
    if label.predicted is not None:
        row[label.size + label.predicted] = 1.0
        row[label.predicted] = float(label.predicted == label.gold)
    return row


def _class_counts(index: int, label: Label) -> tuple[float, float, float]:
    predicted, gold = label.predicted == index, label.gold == index
    return float(predicted and gold), float(predicted), float(gold)


def _correct(label: Label) -> tuple[float, float]:
    return float(label.predicted == label.gold), 1.0
