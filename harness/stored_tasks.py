"""The task that a stored cell was asked with, found again by what its run's account says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from harness.errors import DamageError, TaskError, UsageError
from harness.lm_eval_tasks.config import is_yaml
from harness.privacy.policy import WITHHELD
from harness.records import JSON, Variant, digest
from harness.registry import expanded, find_task
from harness.spec import InlineTask, TaskRequest
from harness.store import Asked, Store
from harness.store.evidence import planned
from harness.task import Task
from harness.task_files import is_task_file

__all__ = ["StoredCell", "TaskFinder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCell:
    """A cell of a run's account with its task: all that scoring has to know."""

    key: str
    task: Task
    variant: Variant
    asked: frozenset[Asked]
    private: bool
    title: str


class TaskFinder:
    """Finds tasks by the specs of runs, or by one that is given instead of them."""

    def __init__(self, given: Sequence[TaskRequest] | None = None, *, allow_code: bool) -> None:
        """Take a spec's tasks; None: each run's own. Only the command line can allow code."""
        self._given = given
        self._allow_code = allow_code
        self._built: dict[str, Task | UsageError] = {}

    def cell(self, store: Store, run: Mapping[str, JSON], cell: Mapping[str, JSON]) -> StoredCell:
        """Return a cell of a run, to be scored again.

        Raises TaskError if its task can't be had as it was, DamageError for a damaged account.
        """
        identity = store.identity(cell["key"])
        return StoredCell(
            key=cell["key"],
            task=self._task(run, identity),
            variant=Variant(
                formulation=identity["formulation"],
                format=identity["format"],
                shots=identity["shots"],
            ),
            asked=frozenset(planned(store, cell)),
            private="privacy" in identity,
            title=f"{cell['checkpoint']} × {cell['row']}",
        )

    def _task(self, run: Mapping[str, JSON], identity: Mapping[str, JSON]) -> Task:
        name: str = identity["task"]
        why: list[str] = []
        for request in self._given if self._given is not None else _requests(run):
            asked = replace(request, allow_code=self._allow_code, place="")
            try:
                for one in _that_may_be(name, asked):
                    task = self._build(one)
                    if task.name == name:
                        return _as_it_was(task, identity)
            except UsageError as error:
                why.append(str(error))
        raise TaskError(why[0] if why else f"{name}: the spec has no task of that name")

    def _build(self, request: TaskRequest) -> Task:
        if request.inline is not None and WITHHELD in request.inline.options:
            raise TaskError(f"{request.name}: the store withholds its options; name the run.yaml")
        spelled = digest([request.name, repr(request.inline), request.capability])
        if spelled not in self._built:
            try:
                self._built[spelled] = find_task(request)
            except UsageError as error:
                self._built[spelled] = error
        built = self._built[spelled]
        if isinstance(built, UsageError):
            raise built
        return built


def _that_may_be(name: str, request: TaskRequest) -> Iterator[TaskRequest]:
    """Yield the requests among those of an entry that may be for a task; the others stay unbuilt.

    Raises TaskError for a file that may not run its code.
    """
    for one in expanded([request]):
        if one.name == name or is_yaml(one.name) or is_task_file(one.name):
            yield one


def _as_it_was(task: Task, identity: Mapping[str, JSON]) -> Task:
    """Return a task that still is the one that was asked; TaskError if it isn't."""
    if task.card.version != identity["task_version"]:
        raise TaskError(
            f"{task.name}: it is version {task.card.version} now, the cell was asked with "
            f"version {identity['task_version']}"
        )
    if task.kind != identity["kind"] or identity["formulation"] not in task.formulations:
        raise TaskError(
            f"{task.name}: it is no {identity['kind']} asked as {identity['formulation']} any more"
        )
    return task


def _requests(run: Mapping[str, JSON]) -> list[TaskRequest]:
    """Return what a run asked for, as its account has it."""
    try:
        return [_request(entry) for entry in run["spec"]["tasks"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise DamageError(
            f"run {run.get('id')}: its spec can't be read ({type(error).__name__} {error}); name "
            "the run.yaml"
        ) from None


def _request(entry: Mapping[str, JSON]) -> TaskRequest:
    inline = entry["inline"]
    return TaskRequest(
        name=entry["name"],
        capability=entry["capability"],
        inline=None if inline is None else _inline(inline),
    )


def _inline(entry: Mapping[str, JSON]) -> InlineTask:
    known: dict[str, Any] = {f.name: entry[f.name] for f in fields(InlineTask) if f.name in entry}
    return InlineTask(**{**known, "data": Path(entry["data"])})
