"""RunSpec x tasks -> cells, each with its key. Pure: it reads documents and runs nothing."""

import random
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from harness.backends import numerics
from harness.checkpoint import Inspection
from harness.errors import DataError, SpecError, TaskError
from harness.guard import documents_of
from harness.lineage import parents_first
from harness.privacy.policy import is_private, said_safely, strictest, veil_of
from harness.privacy.veil import Veil
from harness.questions import Questions
from harness.records import (
    FORMAT_VERSION,
    JSON,
    Checkpoint,
    Document,
    Formulation,
    Privacy,
    PromptFormat,
    Request,
    Variant,
    digest,
)
from harness.registry import expanded, find_task
from harness.spec import RunSpec, TaskRequest
from harness.spec_schema import AskedFormat
from harness.task import ChatTemplate, Prompt, Task


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Checkpoint x task variant: the unit of planning and storage."""

    checkpoint: Checkpoint
    variant: Variant
    row: str
    """How tables name it: the variant without defaults; ``native`` cells share one row."""
    identity: Mapping[str, JSON]
    """Who is asked and how: all that the key hashes."""
    questions: Questions
    limited: bool = False
    """Whether a limit left documents of the task out."""
    seen_of: str | None = None
    """The held-out task, where the documents are a sample of what was tuned on."""

    @cached_property
    def key(self) -> str:
        """The sha256 of the identity."""
        return digest(self.identity)

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.checkpoint.name} × {self.row}"

    @property
    def task(self) -> Task:
        """The task that is asked."""
        return self.questions.task

    @property
    def documents(self) -> tuple[Document, ...]:
        """What it is asked about."""
        return self.questions.documents

    @property
    def veil(self) -> Veil:
        """What the store has in place of its texts."""
        return self.questions.veil

    @property
    def private(self) -> bool:
        """Whether its texts are masked or left out in the store."""
        return is_private(self.veil.mode)

    @property
    def requests(self) -> Mapping[str, tuple[Request, ...]]:
        """As :attr:`Questions.requests`."""
        return self.questions.requests

    @property
    def request_hashes(self) -> Mapping[str, str]:
        """As :attr:`Questions.hashes`."""
        return self.questions.hashes

    @property
    def asked(self) -> Set[tuple[str, str]]:
        """As :attr:`Questions.asked`."""
        return self.questions.asked

    def stored(self, document: Document) -> tuple[str, str]:
        """As :meth:`Questions.stored`."""
        return self.questions.stored(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All cells of a run, checkpoints in lineage order."""

    spec: RunSpec
    cells: tuple[Cell, ...]

    @property
    def privacy(self) -> Privacy | None:
        """The strictest that holds for any of its tasks."""
        return strictest(self.spec.privacy, *(cell.veil.mode for cell in self.cells))


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
    veil: Veil
    seen_of: str | None
    _shared: dict[tuple[Formulation, PromptFormat, str | None], Questions] = field(
        default_factory=dict
    )

    def questions(
        self, formulation: Formulation, format_: PromptFormat, template: ChatTemplate | None
    ) -> Questions:
        """Return what is asked in one way, the same object for all checkpoints."""
        way = formulation, format_, template.hash if template else None
        if way not in self._shared:
            prompt = Prompt(
                formulation=formulation,
                format=format_,
                examples=self.examples,
                template=template,
            )
            self._shared[way] = Questions(
                task=self.task, prompt=prompt, documents=self.documents, veil=self.veil
            )
        return self._shared[way]


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
    said = strictest(spec.privacy, request.privacy)
    with said_safely(said, DataError):  # lm-eval's tasks read their documents at once
        task = find_task(replace(request, privacy=said))
    mode = privacy_of(request, task, spec)
    for variant in request.variants or ():
        if variant not in task.formulations:
            raise TaskError(
                f"{request.place}: variants: {task.name} can't be asked as {variant!r}; "
                f"it offers {', '.join(task.formulations)}"
            )
    shots = task.shots if request.shots is None else request.shots
    with said_safely(mode):
        documents = documents_of(task, spec.data)
        examples = _examples(task, shots, spec, request.place)
    return _Asked(
        task=task,
        variants=request.variants or task.formulations[:1],
        formats=request.formats or spec.formats,
        shots=shots,
        documents=documents[: request.limit],
        limited=len(documents[: request.limit]) < len(documents),
        examples=examples,
        veil=veil_of(mode, spec.store),
        seen_of=request.seen_of,
    )


def privacy_of(request: TaskRequest, task: Task, spec: RunSpec) -> Privacy | None:
    """Return what may be kept of a task's texts in a run; None if nobody has said."""
    declared: Privacy | None = "sensitive" if task.card.sensitive else None
    return strictest(spec.privacy, request.privacy, declared)


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
            questions = asked.questions(formulation, prompt_format, template)
            found = inspections[checkpoint.name]
            cells.append(
                Cell(
                    checkpoint=checkpoint,
                    variant=variant,
                    row=row_name(asked.task, variant, native=native),
                    identity=_identity(found, asked, questions.prompt, spec),
                    questions=questions,
                    limited=asked.limited,
                    seen_of=asked.seen_of,
                )
            )
    return cells


def _identity(
    inspection: Inspection, asked: _Asked, prompt: Prompt, spec: RunSpec
) -> Mapping[str, JSON]:
    generated = prompt.formulation == "gen"
    return {
        "format_version": FORMAT_VERSION,
        "fingerprint": inspection.fingerprint,
        "tokenizer": inspection.tokenizer_hash,
        "task": asked.task.name,
        "kind": asked.task.kind,
        "task_version": asked.task.card.version,
        "formulation": prompt.formulation,
        "format": prompt.format,
        "shots": asked.shots,
        "template": prompt.template.hash if prompt.template else None,
        "seed": spec.seed,
        "generation": dict(asked.task.generation) if generated else {},
        "backend": numerics(spec.backend),
        **asked.veil.identity,
    }


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
