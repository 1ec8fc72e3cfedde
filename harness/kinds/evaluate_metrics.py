"""Metrics of Hugging Face ``evaluate`` beside, or in place of, those of a kind.

In a run they stand under ``metrics`` among an inline task's options; in a task file::

    TASK = with_foreign(generation(...), ["evaluate/bleurt[scores]"], allow_code=False)
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.errors import TaskError
from harness.metrics.foreign import Reads, foreign_metric, is_foreign_name
from harness.records import JSON
from harness.task import Task

_READS: Mapping[str, Reads] = {"generation": "text", "classification": "label"}


def without_foreign(options: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return a task's options as its kind knows them: no metrics of ``evaluate`` among them."""
    names = options.get("metrics")
    if not isinstance(names, list | tuple) or not any(map(is_foreign_name, names)):
        return options
    own = [name for name in names if not is_foreign_name(name)]
    others = {key: value for key, value in options.items() if key != "metrics"}
    return {**others, "metrics": own} if own else others


def with_foreign(task: Task, names: Sequence[JSON], *, allow_code: bool) -> Task:
    """Return a task with the metrics of ``evaluate`` among ``names``.

    Where ``names`` has others, too, the order is that of ``names``. Where it has none, they replace
    a generation task's metrics and follow a classification task's, which are always reported.
    TaskError for another kind of task, and as :func:`harness.metrics.foreign.foreign_metric`.
    """
    foreign = [name for name in names if is_foreign_name(name)]
    if not foreign:
        return task
    reads = _READS.get(task.kind)
    if reads is None:
        known = " and ".join(_READS)
        raise TaskError(f"{task.name}: `metrics`: {foreign[0]} needs a task of kind {known}")
    try:
        loaded = {name: foreign_metric(name, reads, allow_code=allow_code) for name in foreign}
    except TaskError as error:
        raise TaskError(f"{task.name}: `metrics`: {error}") from None
    if reads == "label":
        return replace(task, metrics=(*task.metrics, *loaded.values()))
    own = iter(task.metrics)
    return replace(task, metrics=tuple(loaded.get(name) or next(own) for name in names))
