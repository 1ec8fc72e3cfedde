"""run.yaml -> a frozen RunSpec. A mistake is one line: file, line, key, remedy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from glob import glob
from pathlib import Path
from re import split
from typing import get_args

from harness.backends.base import BackendSpec
from harness.errors import SpecError
from harness.lineage import check_lineage, nearest
from harness.metrics.foreign import absolute_scripts
from harness.records import JSON, Capability, Checkpoint, Formulation, ModelRef, Privacy
from harness.spec_schema import (
    AskedFormat,
    CheckpointEntry,
    DivergenceEntry,
    Run,
    TaskEntry,
)
from harness.yaml_source import YamlSource

__all__ = ["DivergenceRequest", "InlineTask", "RunSpec", "TaskRequest", "load_spec", "task_request"]


_FORMULATIONS: dict[str, Formulation] = {f: f for f in get_args(Formulation)}
_FORMATS: dict[str, AskedFormat] = {f: f for f in get_args(AskedFormat)}


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineTask:
    """A task with no code: a kind, a data file, a field map."""

    kind: str
    capability: Capability
    data: Path
    language: str = "en"
    licence: str = "unstated"
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, JSON] = field(default_factory=dict)
    """The kind's own options: labels, instruction ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRequest:
    """One entry under ``tasks``: which task, and how it is to be asked here."""

    name: str
    variants: tuple[Formulation, ...] | None = None
    formats: tuple[AskedFormat, ...] | None = None
    shots: int | None = None
    limit: int | None = None
    capability: Capability | None = None
    inline: InlineTask | None = None
    seen_of: str | None = None
    """The held-out task, where the documents are a sample of what was tuned on."""
    privacy: Privacy | None = None
    """What may be kept of its texts; the run and the task may be stricter."""
    allow_code: bool = False
    """Whether files that the user named may run code; only the command line can say so."""
    place: str = ""
    """``file:line`` of the entry, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergenceRequest:
    """What is asked for under ``divergence``: KL of each checkpoint to its reference."""

    tasks: tuple[TaskRequest, ...]
    """Of whose texts; as under ``tasks`` where they stand there, too."""
    reference: str | None = None
    """The name of a checkpoint; None: each one's parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """A whole run: whose checkpoints, which tasks, how asked, where stored."""

    family: str
    checkpoints: tuple[Checkpoint, ...]
    tasks: tuple[TaskRequest, ...]
    formats: tuple[AskedFormat, ...] = ("native",)
    template_from: str | None = None
    """The checkpoint whose chat template is used for all; None: each one's own."""
    backend: BackendSpec = field(default_factory=BackendSpec)
    seed: int = 1234
    data: Path | None = None
    store: Path = Path("evals")
    privacy: Privacy | None = None
    """What may be kept of texts of all tasks; None: nobody has said."""
    folder: Path | None = None
    """The folder of the file that it was read from."""
    divergence: DivergenceRequest | None = None
    """None: it isn't measured."""

    @property
    def all_tasks(self) -> tuple[TaskRequest, ...]:
        """Whatever is read: ``tasks``, and those that stand under ``divergence`` only."""
        asked = {request.name for request in self.tasks}
        measured = self.divergence.tasks if self.divergence else ()
        return (*self.tasks, *(request for request in measured if request.name not in asked))


def load_spec(path: Path) -> RunSpec:
    """Read and check a run.yaml; relative paths in it are relative to its own folder.

    Raises SpecError with file and line.
    """
    source = YamlSource.read(path)
    try:
        return _spec(source, path.resolve().parent)
    except RuntimeError as error:  # `~name` of a user that isn't there
        raise SpecError(f"{path}: {error} Write the path out.") from None


def _spec(source: YamlSource, folder: Path) -> RunSpec:
    run = source.validate(Run)
    checkpoints = _checkpoints(run.checkpoints, source, folder)
    check_lineage(checkpoints, lambda i: source.place("checkpoints", i))
    template = run.chat_template.from_ if run.chat_template else None
    if template and template not in {c.name for c in checkpoints}:
        raise source.error(f"no checkpoint is named {template!r}", "chat_template", "from")
    tasks = _tasks(run.tasks, source, folder)
    return RunSpec(
        family=run.family,
        checkpoints=checkpoints,
        tasks=tasks,
        formats=tuple(run.formats),
        template_from=template,
        backend=BackendSpec(**run.backend.model_dump()),
        seed=run.seed,
        data=_below(folder, run.data) if run.data else None,
        store=_below(folder, run.store),
        privacy=run.privacy,
        folder=folder,
        divergence=_divergence(run.divergence, checkpoints, tasks, source, folder),
    )


def task_request(spelled: str, place: str = "") -> TaskRequest:
    """Read ``name[:formulation][:format][:Nshot]``, e.g. ``medical_qa_en:mcf:chat:5shot``."""
    name, *parts = spelled.split(":")
    variants: tuple[Formulation, ...] | None = None
    formats: tuple[AskedFormat, ...] | None = None
    shots: int | None = None
    for part in parts:
        if part in _FORMULATIONS:
            variants = (*(variants or ()), _FORMULATIONS[part])
        elif part in _FORMATS:
            formats = (*(formats or ()), _FORMATS[part])
        elif part.endswith("shot") and part[:-4].isdecimal() and len(part) < 8:
            shots = int(part[:-4])
        else:
            raise SpecError(
                f"{place or spelled}: task: {part!r} in {spelled!r} is no formulation "
                f"({', '.join(_FORMULATIONS)}), format (plain, chat) or `5shot`"
            )
    return TaskRequest(name=name, variants=variants, formats=formats, shots=shots, place=place)


def _tasks(
    entries: Sequence[TaskEntry], source: YamlSource, folder: Path
) -> tuple[TaskRequest, ...]:
    requests = []
    for i, entry in enumerate(entries):
        place = source.place("tasks", i)
        asked = task_request(entry.task or entry.name or "", place)
        if asked.variants and entry.variants:
            raise SpecError(f"{place}: variants: {entry.task!r} already names its formulation")
        requests.append(
            replace(
                asked,
                name=_task_name(asked.name, folder),
                variants=tuple(entry.variants) if entry.variants else asked.variants,
                shots=entry.shots if entry.shots is not None else asked.shots,
                limit=entry.limit,
                capability=entry.capability,
                seen_of=entry.seen_of,
                inline=_inline(entry, folder),
                privacy="sensitive" if entry.sensitive else entry.privacy,
            )
        )
    return tuple(requests)


def _divergence(
    entry: DivergenceEntry | None,
    checkpoints: Sequence[Checkpoint],
    tasks: Sequence[TaskRequest],
    source: YamlSource,
    folder: Path,
) -> DivergenceRequest | None:
    if entry is None:
        return None
    if entry.reference == "parent":
        if all(checkpoint.parent is None for checkpoint in checkpoints):
            raise source.error("no checkpoint has a parent; name one", "divergence", "reference")
    elif entry.reference not in {checkpoint.name for checkpoint in checkpoints}:
        hint = nearest(entry.reference, [checkpoint.name for checkpoint in checkpoints])
        what = f"no checkpoint is named {entry.reference!r}{hint}"
        raise source.error(what, "divergence", "reference")
    known = {request.name: request for request in tasks}
    asked: dict[str, TaskRequest] = {}
    for i, spelled in enumerate(entry.tasks):
        request = task_request(spelled, source.place("divergence", "tasks", i))
        name = _task_name(request.name, folder)
        if name in asked:
            raise source.error(f"{spelled!r} stands twice; keep one", "divergence", "tasks", i)
        asked[name] = known.get(name) or replace(request, name=name)
    reference = None if entry.reference == "parent" else entry.reference
    return DivergenceRequest(tasks=tuple(asked.values()), reference=reference)


def _task_name(name: str, folder: Path) -> str:
    """Return a task's name; a file of lm-eval's or of our own is relative to the spec's folder."""
    path, mark, which = name.partition("#")
    is_file = path.endswith((".yaml", ".yml", ".py"))
    return f"{folder / Path(path).expanduser()}{mark}{which}" if is_file else name


def _inline(entry: TaskEntry, folder: Path) -> InlineTask | None:
    if entry.kind is None or entry.data is None or entry.capability is None:
        return None
    return InlineTask(
        kind=entry.kind,
        capability=entry.capability,
        data=_below(folder, entry.data),
        language=entry.language,
        licence=entry.licence,
        fields=entry.fields,
        options=absolute_scripts(entry.options, folder),
    )


def _checkpoints(
    entries: Sequence[CheckpointEntry], source: YamlSource, folder: Path
) -> tuple[Checkpoint, ...]:
    checkpoints = []
    for i, entry in enumerate(entries):
        for name, model in _models(entry, source.place("checkpoints", i), folder):
            checkpoints.append(
                Checkpoint(
                    name=name,
                    stage=entry.stage,
                    parent=entry.parent,
                    model=model,
                    attributes=entry.attributes,
                )
            )
    return tuple(checkpoints)


def _models(entry: CheckpointEntry, place: str, folder: Path) -> list[tuple[str, ModelRef]]:
    """Return (name, model) of one entry; a glob gives many, named by folder."""
    if entry.model and entry.name:
        model = ModelRef(
            path=_local(entry.model.path, folder),
            adapter=_local(entry.model.adapter, folder) if entry.model.adapter else None,
            revision=entry.model.revision,
        )
        return [(entry.name, model)]
    # glob.glob, unlike Path.glob, takes absolute patterns and `..` as they are
    pattern = str(Path(entry.glob or "").expanduser())
    found = sorted(glob(pattern, root_dir=folder), key=_natural)  # noqa: PTH207
    if not found:
        raise SpecError(f"{place}: glob: nothing matches {entry.glob!r} in {folder}")
    return [(Path(path).name, ModelRef(path=str(folder / path))) for path in found]


def _natural(path: str) -> list[tuple[int, str]]:
    """Sort key under which checkpoint-900 stands before checkpoint-1000."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in split(r"(\d+)", path)]


def _below(folder: Path, path: str) -> Path:
    """Return a path of the spec as absolute, without ``..``; RuntimeError for an unknown user."""
    return (folder / Path(path).expanduser()).resolve()


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than the file system takes
        return False


def _local(path: str, folder: Path) -> str:
    """Return a path relative to the spec's folder as absolute; leave a hub id as it is."""
    if path.startswith((".", "~", "/")) or _exists(folder / path):
        return str(_below(folder, path))
    return path
