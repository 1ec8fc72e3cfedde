"""RunSpec x tasks -> cells, each with its key. Pure: it reads documents and runs nothing."""

import random
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from functools import cached_property

from harness.backends import numerics
from harness.checkpoint import Inspection
from harness.errors import SpecError, TaskError
from harness.lineage import parents_first
from harness.records import (
    FORMAT_VERSION,
    JSON,
    Checkpoint,
    Document,
    Formulation,
    PromptFormat,
    Request,
    Variant,
    digest,
    request_hash,
)
from harness.registry import expanded, find_task
from harness.spec import RunSpec, TaskRequest
from harness.spec_schema import AskedFormat
from harness.task import ChatTemplate, Prompt, Task


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Checkpoint x task variant: the unit of planning and storage."""

    checkpoint: Checkpoint
    task: Task
    variant: Variant
    row: str
    """How tables name it: the variant without defaults; ``native`` cells share one row."""
    identity: Mapping[str, JSON]
    """Who is asked and how: all that the key hashes."""
    prompt: Prompt
    documents: tuple[Document, ...]
    limited: bool = False
    """Whether a limit left documents of the task out."""

    @cached_property
    def key(self) -> str:
        """The sha256 of the identity."""
        return digest(self.identity)

    @cached_property
    def requests(self) -> Mapping[str, tuple[Request, ...]]:
        """What exactly is asked, by document id."""
        return {d.id: tuple(self.task.requests(d, self.prompt)) for d in self.documents}

    @cached_property
    def asked(self) -> Set[tuple[str, str]]:
        """The identities of the records that it wants: (document id, request hash)."""
        return frozenset(self.request_hashes.items())

    @property
    def planned(self) -> list[tuple[str, str, str]]:
        """Its documents: id, hash of the request, hash of the fields."""
        return [(d.id, self.request_hashes[d.id], d.hash) for d in self.documents]

    @cached_property
    def request_hashes(self) -> Mapping[str, str]:
        """The hash of what is asked, by document id."""
        return {id_: request_hash(requests) for id_, requests in self.requests.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All cells of a run, checkpoints in lineage order."""

    spec: RunSpec
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A task as this run asks it, its documents read."""

    task: Task
    variants: tuple[Formulation, ...]
    formats: tuple[AskedFormat, ...]
    shots: int
    documents: tuple[Document, ...]
    limited: bool
    examples: tuple[Document, ...]


def make_plan(spec: RunSpec, inspections: Mapping[str, Inspection]) -> Plan:
    """Return the cells of a run.

    ``inspections`` holds what is known of each checkpoint by its name. Raises SpecError, TaskError
    or DataError for whatever can't be asked, before anything is run.
    """
    asked = [_read(request, spec) for request in expanded(spec.tasks)]
    cells: dict[tuple[str, str], Cell] = {}
    for checkpoint in parents_first(spec.checkpoints):
        for task in asked:
            for cell in _cells(checkpoint, task, spec, inspections):
                if (checkpoint.name, cell.key) in cells:
                    raise SpecError(f"tasks: {cell.row!r} is asked for twice; keep one entry")
                cells[checkpoint.name, cell.key] = cell
    return Plan(spec=spec, cells=tuple(cells.values()))


def _read(request: TaskRequest, spec: RunSpec) -> _Asked:
    task = find_task(request)
    for variant in request.variants or ():
        if variant not in task.formulations:
            raise TaskError(
                f"{request.place}: variants: {task.name} can't be asked as {variant!r}; "
                f"it offers {', '.join(task.formulations)}"
            )
    shots = task.shots if request.shots is None else request.shots
    documents = tuple(task.documents(spec.data))
    return _Asked(
        task=task,
        variants=request.variants or task.formulations[:1],
        formats=request.formats or spec.formats,
        shots=shots,
        documents=documents[: request.limit],
        limited=len(documents[: request.limit]) < len(documents),
        examples=_examples(task, shots, spec, request.place),
    )


def _examples(task: Task, shots: int, spec: RunSpec, place: str) -> tuple[Document, ...]:
    """Return the task's few-shot examples, the same for all documents.

    They are the first of a pool that is in a canonical order, else drawn by task name and seed.
    """
    if shots == 0:
        return ()
    pool: Sequence[Document] = task.examples(spec.data)
    if len(pool) < shots:
        raise TaskError(
            f"{place}: shots: {task.name} keeps {len(pool)} examples for few-shot prompts, "
            f"not {shots}"
        )
    if task.pinned_examples:
        return tuple(pool[:shots])
    return tuple(random.Random(f"{task.name}:{spec.seed}").sample(list(pool), shots))


def _cells(
    checkpoint: Checkpoint, asked: _Asked, spec: RunSpec, inspections: Mapping[str, Inspection]
) -> list[Cell]:
    native = asked.formats == ("native",)
    cells = []
    for prompt_format in _formats(asked, checkpoint):
        template = None
        if prompt_format == "chat":
            template = _template(checkpoint, spec, inspections)
        for formulation in asked.variants:
            variant = Variant(formulation=formulation, format=prompt_format, shots=asked.shots)
            prompt = Prompt(
                formulation=formulation,
                format=prompt_format,
                examples=asked.examples,
                template=template,
            )
            identity = {
                "format_version": FORMAT_VERSION,
                "fingerprint": inspections[checkpoint.name].fingerprint,
                "tokenizer": inspections[checkpoint.name].tokenizer_hash,
                "task": asked.task.name,
                "kind": asked.task.kind,
                "task_version": asked.task.card.version,
                **asdict(variant),
                "template": template.hash if template else None,
                "seed": spec.seed,
                "generation": dict(asked.task.generation) if formulation == "gen" else {},
                "backend": numerics(spec.backend),
            }
            cells.append(
                Cell(
                    checkpoint=checkpoint,
                    task=asked.task,
                    variant=variant,
                    row=row_name(asked.task, variant, native=native),
                    identity=identity,
                    prompt=prompt,
                    documents=asked.documents,
                    limited=asked.limited,
                )
            )
    return cells


def _formats(asked: _Asked, checkpoint: Checkpoint) -> list[PromptFormat]:
    """Return the formats in which a checkpoint is asked: native is plain for base, else chat."""
    if len(asked.task.formats) == 1:
        return [*asked.task.formats]
    native: PromptFormat = "plain" if checkpoint.stage in ("base", "cpt") else "chat"
    return [native if f == "native" else f for f in asked.formats]


def _template(
    checkpoint: Checkpoint, spec: RunSpec, inspections: Mapping[str, Inspection]
) -> ChatTemplate:
    owner = spec.template_from or checkpoint.name
    template = inspections[owner].template
    if template is None:
        having = [name for name, known in inspections.items() if known.template]
        hint = f"; set `chat_template: {{from: {having[0]}}}`" if having else ""
        raise SpecError(f"formats: checkpoint {owner!r} has no chat template{hint}")
    return template


def row_name(task: Task, variant: Variant, *, native: bool) -> str:
    """Spell a variant without its defaults: ``medical_qa_en:mcf:chat:5shot``."""
    parts = [task.name]
    if variant.formulation != task.formulations[0]:
        parts.append(variant.formulation)
    if len(task.formats) > 1 and not native:
        parts.append(variant.format)
    if variant.shots != task.shots:
        parts.append(f"{variant.shots}shot")
    return ":".join(parts)
