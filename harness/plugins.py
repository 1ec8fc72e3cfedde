"""What other distributions add, found by their entry points.

===================== ==============================================================
``aligntax.tasks``    a Task, a tuple of Tasks, or a function that returns one of them
``aligntax.metrics``  a Metric, or a function from a language (``en``) to a Metric; tasks of
                      the kinds generation and classification name it by its entry point
``aligntax.backends`` a module with ``open_backend(spec, checkpoint, inspection)`` and
                      ``numerics(spec)``; ``needs_weights = False`` if it loads none
===================== ==============================================================

A plugin that can't be loaded, or takes a name that is taken, is an error that names its
distribution: a task that went missing silently would change a comparison.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from harness.errors import SpecError, TaskError
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.metric import Metric
from harness.metrics.record_aggregates import RECORD_AGGREGATES
from harness.task import Task

TASKS, METRICS, BACKENDS = "aligntax.tasks", "aligntax.metrics", "aligntax.backends"


@cache
def plugin_tasks() -> tuple[tuple[str, Task], ...]:
    """Return (distribution, task) of all plugins; TaskError for one that isn't a Task."""
    found = []
    for entry in _entries(TASKS).values():
        value = _load(entry)
        made = _called(entry, value) if callable(value) and not isinstance(value, Task) else value
        for task in made if isinstance(made, tuple | list) else (made,):
            if not isinstance(task, Task):
                raise _broken(entry, f"gives a {type(task).__name__}, not a Task")
            found.append((_distribution(entry), task))
    return tuple(found)


def plugin_metrics() -> Mapping[str, str]:
    """Return the distributions of the plugins' metrics by their names."""
    return {name: _distribution(entry) for name, entry in _entries(METRICS).items()}


def plugin_metric(name: str, language: str, outcome: Any) -> Metric | None:
    """Return a plugin's metric for answers in a language; None if no plugin has the name.

    ``outcome`` is an example of what the task's kind gives to a metric. Raises TaskError for a
    metric that can't read it, or whose rows or aggregate aren't what it declares.
    """
    entry = _entries(METRICS).get(name)
    if entry is None:
        return None
    value = _load(entry)
    metric = value if isinstance(value, Metric) else _called(entry, value, language)
    if not isinstance(metric, Metric):
        raise _broken(entry, f"gives a {type(metric).__name__}, not a Metric")
    info = metric.info
    if info.name != name:
        raise _broken(entry, f"gives a metric with another name, {info.name!r}")
    known = AGGREGATES if info.resample == "sums" else RECORD_AGGREGATES
    if info.aggregate not in known:
        raise _broken(entry, f"names no aggregate of ours: {info.aggregate!r} ({', '.join(known)})")
    row = _called(entry, metric.statistics, outcome)
    if not isinstance(row, Sequence) or len(row) != len(info.columns):
        raise _broken(entry, f"gives rows that aren't {len(info.columns)} numbers")
    return metric


def plugin_backends() -> Mapping[str, str]:
    """Return the distributions of the plugins' backends by their names."""
    return {name: _distribution(entry) for name, entry in _entries(BACKENDS).items()}


@cache
def plugin_backend(name: str) -> ModuleType | None:
    """Return a plugin's backend; None if no plugin has the name, SpecError for a bad one."""
    entry = _entries(BACKENDS).get(name)
    if entry is None:
        return None
    module = _load(entry)
    for needed in ("open_backend", "numerics"):
        if not callable(getattr(module, needed, None)):
            raise SpecError(f"backend.name: {_of(entry)} has no function {needed!r}")
    return module  # type: ignore[no-any-return]


@cache
def _entries(group: str) -> Mapping[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=group), key=lambda e: (e.name, _distribution(e))):
        if entry.name in found:
            both = f"{_distribution(found[entry.name])} and {_distribution(entry)}"
            raise TaskError(f"{both} both add {entry.name!r} to {group}; uninstall one")
        found[entry.name] = entry
    return found


def _load(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except (Exception, SystemExit) as error:
        raise _broken(entry, f"can't be loaded: {_said(error)}") from error


def _called(entry: EntryPoint, function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        raise _broken(entry, f"fails: {_said(error)}") from error


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "an unnamed distribution"


def _of(entry: EntryPoint) -> str:
    return f"plugin {_distribution(entry)}: {entry.group} {entry.name!r}"


def _broken(entry: EntryPoint, what: str) -> TaskError:
    return TaskError(f"{_of(entry)} {what}; repair or uninstall {_distribution(entry)}")
