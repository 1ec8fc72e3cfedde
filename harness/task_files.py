"""A task by the path of its Python file: ``./my_task.py``, of several ``./my_task.py#name``.

The file is like those in ``tasks/``: it has ``TASK`` or ``TASKS``. It is a program, so it runs
only where the command line says ``--allow-code``.
"""

import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from harness.errors import TaskError
from harness.records import digest
from harness.task import Task

ENDING = ".py"


def is_task_file(name: str) -> bool:
    """Say whether a task's name is the path of a Python file, with or without ``#name``."""
    return name.partition("#")[0].endswith(ENDING)


def tasks_in(name: str, *, allow_code: bool) -> Mapping[str, Task]:
    """Return the tasks of a file by their names; only one if the name says which.

    Raises TaskError for a file that may not run, can't be loaded, or hasn't got the task.
    """
    path, _, which = name.partition("#")
    if not allow_code:
        raise TaskError(f"{path}: it is a program; read it, then allow it with --allow-code")
    found = _loaded(Path(path).expanduser().resolve())
    if which and which not in found:
        raise TaskError(f"{path}: no task is named {which!r} in it; it has {', '.join(found)}")
    return {which: found[which]} if which else found


@cache
def _loaded(path: Path) -> Mapping[str, Task]:
    if not path.is_file():
        raise TaskError(f"{path}: no such file")
    module_name = f"_aligntax_task_{digest(str(path))[:12]}"
    spec = spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise TaskError(f"{path}: can't be imported")
    module = module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        raise TaskError(f"{path}: it fails: {type(error).__name__}: {error}") from error
    tasks = getattr(module, "TASKS", None) or [getattr(module, "TASK", None)]
    if not isinstance(tasks, list | tuple) or not all(isinstance(task, Task) for task in tasks):
        raise TaskError(f"{path}: it needs `TASK = ...` or `TASKS = (...)`, made by a kind")
    found = {task.name: task for task in tasks}
    if len(found) < len(tasks):
        raise TaskError(f"{path}: two of its tasks have one name; rename one")
    return found
