"""Local data are looked through for identifiers before a run reads them.

It concerns data that nobody has said anything about: a `privacy:` in the spec is an answer, and so
is a card or a set that is sensitive. Data that come with aligntax or from the hub aren't local, and
a built-in task reads a published set, whose people are known or made up (TruthfulQA names 92).
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from harness.data import before_reading
from harness.errors import DataError
from harness.guard import documents_of
from harness.lm_eval_tasks import is_lm_eval
from harness.lm_eval_tasks.config import is_yaml, read_config
from harness.plan import privacy_of
from harness.privacy.clean_files import findings
from harness.privacy.identifiers import mask
from harness.privacy.policy import strictest
from harness.records import Privacy
from harness.registry import builtin_tasks, expanded, find_task
from harness.spec import RunSpec, TaskRequest
from harness.task_files import is_task_file

__all__ = ["privacy_of_run", "refuse_unmarked"]

_NAMED = 8  # places in the message


def privacy_of_run(spec: RunSpec) -> Privacy | None:
    """Return the strictest privacy that holds for any task of a run; TaskError for no task."""
    return strictest(spec.privacy, *(_privacy(request, spec) for request in expanded(spec.tasks)))


def refuse_unmarked(spec: RunSpec) -> None:
    """Raise DataError if local data hold identifiers and nobody said what may be kept of them."""
    found = _Found()
    for request in expanded(spec.tasks):
        if _privacy(request, spec) is None:
            try:
                _look_through(request, spec, found)
            except _UnmarkedError:
                continue
    if found.places:
        rest = len(found.places) - _NAMED
        more = f"; and {rest:,} more" if rest > 0 else ""
        raise DataError(
            f"identifiers of persons in local data: {'; '.join(found.places[:_NAMED])}{more}; say "
            "`privacy: redacted`, `sensitive` or `accept` in the spec"
        )


def _privacy(request: TaskRequest, spec: RunSpec) -> Privacy | None:
    if request.inline is not None or is_lm_eval(request.name):  # their cards declare nothing
        return strictest(spec.privacy, request.privacy)
    return privacy_of(request, find_task(request), spec)


class _UnmarkedError(DataError):
    """A file with identifiers mustn't be read further."""


class _Found:
    """The places of identifiers in the files that were looked at, each once."""

    def __init__(self) -> None:
        self.places: list[str] = []
        self._seen: dict[Path, bool] = {}
        self._bundled = Path(str(files("tasks")))

    def look(self, path: Path) -> None:
        """Look through a file; raise _UnmarkedError if it holds an identifier."""
        path = path.resolve()
        if path.is_relative_to(self._bundled):
            return
        if path not in self._seen:
            name = Path(mask(str(path)))
            places = [str(replace(found, file=name)) for found in findings(path)]
            self.places += places
            self._seen[path] = bool(places)
        if self._seen[path]:
            raise _UnmarkedError


def _look_through(request: TaskRequest, spec: RunSpec, found: _Found) -> None:
    """Look through a task's own files, and through its data as it reads them."""
    for path in _own_files(request):
        if path.is_file():
            found.look(path)
    if request.inline is not None or is_lm_eval(request.name) or request.name in builtin_tasks():
        return
    task = find_task(request)
    with before_reading(found.look):
        documents_of(task, spec.data)
        if task.shots if request.shots is None else request.shots:
            task.examples(spec.data)


def _own_files(request: TaskRequest) -> Iterator[Path]:
    """Yield the files that a run names for a task."""
    if request.inline is not None:
        yield request.inline.data
    elif is_task_file(request.name):
        yield Path(request.name.partition("#")[0])
    elif is_yaml(request.name):
        config = read_config(Path(request.name))
        yield from config.files
        yield from (code.file for code in config.functions)
        yield from config.local_data()
