"""lm-eval's per-sample values as rows of our metrics.

Rows count only if they give the number that lm-eval states: aggregated anew, they must be it. So a
metric whose aggregation isn't known, or a file of samples that belongs to another run, can't pass
for evidence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from harness.importing.log import Log
from harness.importing.reading import Run, Stated, TaskResult
from harness.importing.samples import Sample
from harness.importing.strict import as_number
from harness.lm_eval_tasks.metrics import GUESSED, Form, forms, scale
from harness.metrics.metric import FloatArray, MetricInfo
from harness.records import JSON, digest
from harness.stats.bootstrap import value_of

__all__ = ["Measure", "info_of", "measure"]

_DEFAULTS = {
    "perplexity": "perplexity",
    "word_perplexity": "weighted_perplexity",
    "byte_perplexity": "weighted_perplexity",
    "bits_per_byte": "bits_per_byte",
    "mcc": "matthews_corrcoef",
    "f1": "f1",
    "bleu": "bleu",
    "chrf": "chrf",
    "chrf++": "chrf++",
    "ter": "ter",
    "brier_score": "brier_score",
}
"""Aggregations of lm-eval's own metrics where a configuration names none (``api/metrics.py``)."""
_FORMS = {"f1": "f1_score", "chrf++": "chrfpp"}  # an aggregation's function, if named otherwise
_LOWER = ("perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "ter", "brier_score")
_HIGHER = (*GUESSED, "exact_match", "em", "f1", "mcc", "bleu", "chrf", "chrf++", "likelihood")
_MEAN = Form("mean", ("sum", "n"), lambda x: (as_number(x), 1.0))
_TOLERANCE = 1e-6  # relative; lm-eval sums in another order


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """One metric over the samples of a task."""

    info: MetricInfo
    rows: FloatArray
    """Shape (n, k), in the samples' order."""
    chance: tuple[float, ...]
    """By sample; empty where the level isn't known and 0 stands for it."""
    value: float


def info_of(stated: Stated, task: TaskResult, run: Run) -> MetricInfo | str:
    """Return what is known of a metric, or why it can't be used: nobody says what is better."""
    better = stated.better
    if better is None and stated.metric in _LOWER:
        better = False
    if better is None and (stated.metric in _HIGHER or stated.metric.startswith("acc_")):
        better = True
    if better is None:
        return "the file doesn't say whether higher is better"
    form = _form(stated) or _MEAN
    key = stated.metric if task.filters == 1 else f"{stated.metric},{stated.filter}"
    return MetricInfo(
        name=key,
        signature=(
            f"{key}|filter:{stated.filter}|aggregation:{_aggregation(stated)}"
            f"|better:{'higher' if better else 'lower'}|task:{task.name}"
            f"|task_version:{task.version}|yaml:{task.edition[:12]}|lm-eval:{run.version}|imported"
        ),
        columns=form.columns,
        aggregate=form.aggregate,
        resample=form.resample,
        higher_is_better=better,
        **scale(stated.metric, form),
    )


def measure(
    stated: Stated, info: MetricInfo, samples: Sequence[Sample], *, whole: bool, log: Log
) -> Measure | str:
    """Return a metric's rows, or why the samples don't give it.

    ``whole`` says that all documents are among the samples, so that the stated value can be
    compared.
    """
    values = [_value(sample, stated) for sample in samples]
    if all(value is None for value in values):
        return "the samples have no value of it"
    why = "its samples can't be aggregated"
    for form in _candidates(stated):
        try:
            rows = np.array([_row(form, value) for value in values], dtype=np.float64)
        except (ValueError, TypeError, LookupError, OverflowError, ArithmeticError):
            continue
        if not np.isfinite(rows).all():
            why = "its samples hold values that are no finite numbers"
            continue
        made = replace(info, columns=form.columns, aggregate=form.aggregate, resample=form.resample)
        found = _checked(stated, made, rows, whole=whole, log=log)
        if not isinstance(found, str):
            return _with_chance(found, stated, samples)
        why = found
    return why


def _checked(
    stated: Stated, info: MetricInfo, rows: FloatArray, *, whole: bool, log: Log
) -> Measure | str:
    """Return rows that are on their scale and give the stated value, or why they don't."""
    if info.unit == "%" and info.aggregate == "mean":
        low, high = float(rows[:, 0].min()), float(rows[:, 0].max())
        if low < 0 or high > 100:
            return f"a share with values from {low:g} to {high:g}"
        if high > 1:
            rows = rows * (0.01, 1.0)
            log.note(f"{info.name}: samples on a scale of 0 to 100, divided by 100")
    value = value_of(info, rows)
    if not math.isfinite(value):
        return "the samples give it no value"
    if whole and not _equal(value, stated.value):
        if info.unit != "%" or not _equal(100 * value, stated.value):
            return f"its samples give {value:.6g}, the file states {stated.value:.6g}"
        log.note(f"{info.name}: stated on a scale of 0 to 100, its samples on 0 to 1")
    return Measure(info=info, rows=rows, chance=(), value=value)


def _equal(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=1e-9)


def _with_chance(made: Measure, stated: Stated, samples: Sequence[Sample]) -> Measure:
    """Add the level of guessing where each document has one right choice of several, or more."""
    right = set(made.rows[:, 0]) <= {0.0, 1.0}
    if stated.metric not in GUESSED or not right or any(s.choices < 2 for s in samples):
        return made
    chance = tuple(min(1.0, s.right / s.choices) for s in samples)
    return replace(made, chance=chance, info=replace(made.info, chance=fmean(chance)))


def _value(sample: Sample, stated: Stated) -> JSON:
    value = sample.values.get(stated.filter, {}).get(stated.metric)
    match value:
        case [int() as gold, str() as array] if array.startswith("["):  # as numpy prints one
            return [gold, [*map(float, array.strip("[]").split())]] if "..." not in array else value
    return value


def _row(form: Form, value: JSON) -> Sequence[float]:
    """Return a document's row; a sum that has nothing from it counts nothing."""
    if value is None and form.resample == "sums":
        return (0.0,) * len(form.columns)
    return form.row(as_number(value) if isinstance(value, str) else value)


def _candidates(stated: Stated) -> list[Form]:
    """Return the ways in which a metric's values may be aggregated, the stated one alone."""
    form = _form(stated)
    return [form] if form is not None else [_MEAN, _FLAT]


def _flat(value: JSON) -> tuple[float, float]:
    """Return sum and count of a document's own list, as IFEval has one for each instruction."""
    if not isinstance(value, list):
        raise TypeError("no list")
    return math.fsum(map(as_number, value)), float(len(value))


_FLAT = Form("ratio", ("sum", "n"), _flat)


def _form(stated: Stated) -> Form | None:
    """Return how a metric is aggregated; None where only a function's source is stated."""
    name = stated.aggregation or _DEFAULTS.get(stated.metric)
    if name is None:
        return None
    return forms().get(_FORMS.get(name, name))


def _aggregation(stated: Stated) -> str:
    name = stated.aggregation or _DEFAULTS.get(stated.metric, "mean")
    return name if name in _FORMS or name in forms() else digest(name)[:12]
