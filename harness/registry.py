"""The only dynamic import: from a task's name to its Task.

Built-in tasks are the modules of the ``tasks`` package; each has ``TASK`` or ``TASKS``. Plugins add
theirs by entry points (:mod:`harness.plugins`), a run by a path or with no code. Nothing registers
itself: they are listed here, and a name that stands twice is an error.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache

from harness.data import Data, LocalFile, shape_of
from harness.errors import TaskError, UsageError
from harness.kinds.classification import classification
from harness.kinds.cloze import cloze
from harness.kinds.diversity import diversity
from harness.kinds.evaluate_metrics import with_foreign, without_foreign
from harness.kinds.extraction import extraction
from harness.kinds.generation import generation
from harness.kinds.honesty import honesty
from harness.kinds.instructions import instructions
from harness.kinds.multiple_choice import multiple_choice
from harness.kinds.perplexity import perplexity
from harness.kinds.preference import preference
from harness.kinds.refusal import refusal
from harness.lineage import nearest
from harness.lm_eval_tasks import is_lm_eval, lm_eval_task, members_of
from harness.plugins import plugin_tasks
from harness.privacy.policy import is_private
from harness.records import JSON
from harness.spec import InlineTask, TaskRequest
from harness.task import Card, Task
from harness.task_files import is_task_file, tasks_in

KINDS: Mapping[str, Callable[..., Task]] = {
    "classification": classification,
    "cloze": cloze,
    "diversity": diversity,
    "extraction": extraction,
    "generation": generation,
    "honesty": honesty,
    "instructions": instructions,
    "multiple_choice": multiple_choice,
    "perplexity": perplexity,
    "preference": preference,
    "refusal": refusal,
}


@cache
def builtin_tasks() -> Mapping[str, Task]:
    """Return the tasks of the ``tasks`` package by name; TaskError if a name stands twice."""
    import tasks

    found: list[Task] = []
    for module in pkgutil.iter_modules(tasks.__path__):
        if module.name != "suites":
            loaded = importlib.import_module(f"tasks.{module.name}")
            found += getattr(loaded, "TASKS", None) or [loaded.TASK]
    return _by_name(found)


def suites() -> Mapping[str, tuple[str, ...]]:
    """Return the names that stand for many tasks."""
    from tasks.suites import SUITES

    return SUITES


@cache
def known_tasks() -> Mapping[str, Task]:
    """Return the built-in tasks and those of plugins by name; TaskError if a name stands twice."""
    found = dict(builtin_tasks())
    for distribution, task in plugin_tasks():
        if task.name in found:
            raise TaskError(
                f"plugin {distribution}: a task is named {task.name!r} already; "
                f"uninstall {distribution} or rename its task"
            )
        found[task.name] = task
    return found


def find_task(request: TaskRequest) -> Task:
    """Return the task that a run asks for, with the run's own capability if it names one.

    Raises TaskError for a name that no task has, and for an inline task that can't be built.
    """
    if request.inline is not None:
        return _inline_task(request, request.inline)
    if is_task_file(request.name):
        task = _of_file(request)
    else:
        task = _of_lm_eval(request) if is_lm_eval(request.name) else _by_its_name(request)
    if request.capability is None:
        return task
    return replace(task, card=replace(task.card, capability=request.capability))


def expanded(requests: Iterable[TaskRequest]) -> list[TaskRequest]:
    """Return requests with one for each member in place of a suite, a group or a file of tasks.

    The members of a suite are asked in all their formulations, unless the request names some. A
    task that several suites name is asked once.
    """
    found: list[TaskRequest] = []
    named: set[str] = set()
    for request in requests:
        if request.inline is not None:
            found.append(request)
            continue
        members = [n for n in suites().get(request.name, ()) if n not in named]
        named.update(members)
        for name in members:
            variants = request.variants or known_tasks()[name].formulations
            found.append(replace(request, name=name, variants=variants))
        if request.name not in suites():
            found += [replace(request, name=name) for name in _names(request)]
    return found


def _names(request: TaskRequest) -> Iterable[str]:
    if request.inline is None and is_task_file(request.name):
        path = request.name.partition("#")[0]
        return [f"{path}#{name}" for name in _in_file(request)]
    return members_of(request.name) or (request.name,)


def _by_its_name(request: TaskRequest) -> Task:
    known = known_tasks()
    if request.name not in known:
        hint = nearest(request.name, [*known, *suites()]) or "; `aligntax tasks` lists them"
        raise TaskError(f"{_prefix(request)}no task is named {request.name!r}{hint}")
    return known[request.name]


def _prefix(request: TaskRequest) -> str:
    return f"{_at(request.place)}task: " if request.place else ""


def _in_file(request: TaskRequest) -> Mapping[str, Task]:
    try:
        return tasks_in(request.name, allow_code=request.allow_code)
    except TaskError as error:
        raise TaskError(f"{_prefix(request)}{error}") from error


def _of_file(request: TaskRequest) -> Task:
    found = _in_file(request)
    if len(found) > 1:
        path = request.name.partition("#")[0]
        spelled = ", ".join(f"{path}#{name}" for name in found)
        raise TaskError(f"{_prefix(request)}{path} has several tasks; name one: {spelled}")
    [task] = found.values()
    if task.name in known_tasks():
        raise TaskError(f"{_prefix(request)}{request.name}: {task.name!r} is taken; rename it")
    return task


def _of_lm_eval(request: TaskRequest) -> Task:
    try:
        kept = not is_private(request.privacy)
        return lm_eval_task(request.name, allow_code=request.allow_code, kept=kept)
    except UsageError as error:
        raise type(error)(f"{request.place}: {error}" if request.place else str(error)) from error


def _by_name(found: Iterable[Task]) -> Mapping[str, Task]:
    tasks: dict[str, Task] = {}
    for task in found:
        if task.name in tasks:
            raise TaskError(f"two tasks are named {task.name!r}; rename one")
        tasks[task.name] = task
    return tasks


def build_task(
    kind: str, card: Card, data: Data, options: Mapping[str, JSON], place: str = ""
) -> Task:
    """Return a task of a kind by the kind's name; TaskError for an unknown kind or option."""
    build = KINDS.get(kind)
    if build is None:
        known = nearest(kind, [*KINDS]) or f"; known: {', '.join(KINDS)}"
        raise TaskError(f"{_at(place)}kind: no kind is named {kind!r}{known}")
    return build(card, data, **_options(build, options, place))


def _inline_task(request: TaskRequest, inline: InlineTask) -> Task:
    if request.name in known_tasks() or request.name in suites():
        raise TaskError(f"{_at(request.place)}name: {request.name!r} is a known task; take another")
    card = Card(
        name=request.name,
        capability=inline.capability,
        language=inline.language,
        licence=inline.licence,
        source=inline.data.name,
    )
    shape = shape_of(inline.kind, tuple(inline.fields))
    data: Data = LocalFile(inline.data, inline.fields, shape)
    task = build_task(inline.kind, card, data, without_foreign(inline.options), request.place)
    names = inline.options.get("metrics") or ()
    return with_foreign(task, names, allow_code=request.allow_code)


def _at(place: str) -> str:
    return f"{place}: " if place else ""


def _options(kind: Callable[..., Task], options: Mapping[str, JSON], place: str) -> dict[str, JSON]:
    """Check a kind's options by its signature; YAML's lists become tuples."""
    parameters = inspect.signature(kind).parameters.values()
    known = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    needed = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    for name in options:
        if name not in known:
            hint = nearest(name, known) or f"; known: {', '.join(known) or 'none'}"
            raise TaskError(f"{_at(place)}options: unknown option {name!r}{hint}")
    for name in needed:
        if name not in options:
            raise TaskError(f"{_at(place)}options: this kind needs the option {name!r}")
    return {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
