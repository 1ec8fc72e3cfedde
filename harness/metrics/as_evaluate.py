"""Our metrics as modules of Hugging Face ``evaluate``, for programs that already speak it.

    >>> rouge = load("aligntax/rougeL", language="zh")
    >>> rouge.compute(predictions=["今天天气很好"], references=["今天天气不好"])
    {'rougeL': 0.8333333333333334}

Values are in the metric's own scale: BLEU, chrF++ and TER from 0 to 100, the others from 0 to 1;
None where there is none.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import TaskError
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.labels import label_metrics
from harness.metrics.metric import Metric
from harness.metrics.outcomes import Label, Text
from harness.metrics.text_metrics import asked_metric

if TYPE_CHECKING:
    import evaluate

PREFIX = "aligntax/"
LABELS = ("macro_f1", "micro_f1", "weighted_f1", "accuracy")
"""Metrics of labels, numbers from 0; the others read texts."""


def load(name: str, *, language: str = "en", labels: int | None = None) -> "evaluate.Metric":
    """Return a metric by its name in a task: ``aligntax/rougeL``, ``aligntax/bleu:jieba``.

    References of a text are one text, or a list of them each. ``labels`` is the number of classes
    and is needed by the metrics of :data:`LABELS`: a class that is missing counts as 0, so it can't
    be told from the data. TaskError for an unknown name and for a missing or useless ``labels``.
    """
    metric = name.removeprefix(PREFIX)
    if metric not in LABELS:
        if labels is not None:
            raise TaskError(f"{name}: `labels` is for {', '.join(LABELS)}")
        return _module(_text_metric(metric, language), _texts, _text_features)
    if not isinstance(labels, int) or labels < 2:
        raise TaskError(f"{name}: `labels` must be the number of classes, at least 2")
    found = {m.info.name: m for m in label_metrics([str(i) for i in range(labels)], "caller")}

    def outcomes(predictions: Sequence[int], references: Sequence[int]) -> list[Label]:
        return _labels(predictions, references, labels)

    return _module(found[metric], outcomes, _label_features)


def _text_metric(name: str, language: str) -> Metric:
    asked = asked_metric(name if ":" in name else f"{name}:var")
    return asked.metric(language)


def _texts(
    predictions: Sequence[str], references: Sequence[str] | Sequence[Sequence[str]]
) -> list[Text]:
    return [
        Text(prediction=answer, references=[given] if isinstance(given, str) else list(given))
        for answer, given in zip(predictions, references, strict=True)
    ]


def _labels(predictions: Sequence[int], references: Sequence[int], size: int) -> list[Label]:
    wrong = next((x for x in (*predictions, *references) if not 0 <= x < size), None)
    if wrong is not None:
        raise ValueError(f"label {wrong} isn't one of 0 to {size - 1}")
    pairs = zip(predictions, references, strict=True)
    return [Label(gold=gold, predicted=predicted, size=size) for predicted, gold in pairs]


def _text_features() -> Any:
    from datasets import Features, Sequence, Value

    text = Value("string")
    return [
        Features({"predictions": text, "references": Sequence(text)}),
        Features({"predictions": text, "references": text}),
    ]


def _label_features() -> Any:
    from datasets import Features, Value

    return Features({"predictions": Value("int64"), "references": Value("int64")})


def _module(
    metric: Metric, outcomes: Callable[..., Sequence[Any]], features: Callable[[], Any]
) -> "evaluate.Metric":
    return _class()(metric=metric, outcomes=outcomes, features=features, keep_in_memory=True)


@cache
def _class() -> Any:
    import evaluate  # seconds

    class AligntaxMetric(evaluate.Metric):  # type: ignore[misc]
        def __init__(self, *, metric: Metric, outcomes: Any, features: Any, **options: Any) -> None:
            self._metric, self._outcomes, self._features = metric, outcomes, features
            super().__init__(seed=0, **options)
            self.info.module_name = f"{PREFIX}{metric.info.name}"  # else the name of this class

        def _info(self) -> Any:
            return evaluate.MetricInfo(
                description=self._metric.info.signature,
                citation="",
                features=self._features(),
            )

        def _compute(self, predictions: Any, references: Any) -> dict[str, float | None]:
            samples = self._outcomes(predictions, references)
            rows = np.array([self._metric.statistics(sample) for sample in samples], dtype=float)
            [value] = AGGREGATES[self._metric.info.aggregate](rows.sum(axis=0, keepdims=True))
            return {self._metric.info.name: float(value) if np.isfinite(value) else None}

    return AligntaxMetric
