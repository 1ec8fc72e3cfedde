"""Precision, recall and F1 over a fixed set of labels.

They equal scikit-learn's ``precision_recall_fscore_support`` with ``labels=`` all of the task's
labels and ``zero_division=0``: a class that is neither in the gold labels nor predicted counts as
0, so a mean over classes always has the same number of them. Its ``matthews_corrcoef`` is ``mcc``,
whose rows summed are the confusion matrix (:func:`harness.metrics.confusion.confusion_matrix`).
A sample without a predicted label misses its gold class and is a prediction of no class.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Label
from harness.records import Formulation, digest

_MEASURES = ("precision", "recall", "f1")


def label_metrics(
    labels: Sequence[str], picked_by: str, formulations: tuple[Formulation, ...] | None = None
) -> tuple[Metric, ...]:
    """Return macro-F1 (primary), accuracy, the other averages, MCC, and P, R, F1 of each label.

    ``picked_by`` says in the signatures how a prediction comes about, ``formulations`` for which it
    does (None: all of the task's). The chance level of MCC is 0 and that of the others
    1 / number of labels, the score of a uniform guess: exact for accuracy, for macro and micro
    precision and recall and for recall of a class; the others reach it when labels are balanced.
    """
    family = _Family(tuple(labels), picked_by, formulations)
    averages = product(("macro", "micro", "weighted"), _MEASURES)
    names = [f"{average}_{measure}" for average, measure in averages]
    names.remove("macro_f1")
    return (
        family.averaged("macro_f1"),
        family.accuracy(),
        *(family.averaged(name) for name in names),
        family.mcc(),
        *(family.of_class(m, index) for index in range(len(labels)) for m in _MEASURES),
    )


def extracted_label_metrics(labels: Sequence[str]) -> tuple[Metric, ...]:
    """Return :func:`label_metrics` of labels read from generated texts, and ``extracted``.

    That is the share of texts in which a label could be read; it has no chance level.
    """
    first, *others = label_metrics(labels, "text", ("gen",))
    return (first, _Family(tuple(labels), "text", ("gen",)).extracted(), *others)


@dataclass(frozen=True, slots=True)
class _Family:
    labels: tuple[str, ...]
    picked_by: str
    formulations: tuple[Formulation, ...] | None

    def averaged(self, name: str) -> Metric:
        counts = product(("correct", "predicted", "gold"), self.labels)
        columns = tuple(f"{count}[{label}]" for count, label in counts)
        return self._metric(self._info(name, columns, name), _counts)

    def accuracy(self) -> Metric:
        return self._metric(self._info("accuracy", ("correct", "n"), "mean"), _correct)

    def of_class(self, measure: str, index: int) -> Metric:
        columns = ("correct", "predicted", "gold")
        info = self._info(f"{measure}[{self.labels[index]}]", columns, measure)
        return self._metric(info, partial(_class_counts, index))

    def mcc(self) -> Metric:
        pairs = product(self.labels, (*self.labels, ""))
        info = self._info("mcc", tuple(f"{gold}>{predicted}" for gold, predicted in pairs), "mcc")
        return self._metric(replace(info, unit="", chance=0.0), _pair)

    def extracted(self) -> Metric:
        info = self._info("extracted", ("extracted", "n"), "mean")
        return self._metric(replace(info, chance=0.0), _extracted)

    def _metric(self, info: MetricInfo, statistics: Callable[[Label], Sequence[float]]) -> Metric:
        return Metric(info=info, statistics=statistics, formulations=self.formulations)

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


def _pair(label: Label) -> list[float]:
    """Return C * (C + 1) numbers: 1 for the gold label with what was predicted, last none."""
    row = [0.0] * (label.size * (label.size + 1))
    predicted = label.size if label.predicted is None else label.predicted
    row[label.gold * (label.size + 1) + predicted] = 1.0
    return row


def _extracted(label: Label) -> tuple[float, float]:
    return float(label.predicted is not None), 1.0
