"""From a spec to a run: inspect, plan, find what is missing, run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from harness.backends import examine
from harness.backends.kept import keeping
from harness.checkpoint import Inspection
from harness.divergence import Diverged, diverge
from harness.errands import Errand, lacking, plan_divergence
from harness.errors import SpecError
from harness.fitness import check_length, check_weights
from harness.interrupt import Stop
from harness.local_data import privacy_of_run, refuse_unmarked
from harness.plan import Plan, make_plan
from harness.privacy.policy import is_private, strictest
from harness.privacy.shield import hushed
from harness.progress import RunProgress
from harness.repeat import Machine, Repeat, repeat, to_repeat
from harness.run import Summary, run
from harness.spec import RunSpec, TaskRequest, task_request
from harness.spec_schema import AskedFormat
from harness.store import Store
from harness.work import Work, find_work


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the command line says over the spec; None leaves the spec as it is."""

    tasks: str | None = None
    """Comma-separated, as lm-eval takes them."""
    limit: int | None = None
    shots: int | None = None
    formats: tuple[AskedFormat, ...] | None = None
    allow_code: bool = False
    allow_pickle: bool = False
    trust_remote_code: bool = False
    data: Path | None = None
    store: Path | None = None

    def apply(self, spec: RunSpec) -> RunSpec:
        """Return the spec as the command line wants it; SpecError for a bad task spelling."""
        asked, measured = spec.tasks, spec.divergence.tasks if spec.divergence else ()
        if self.tasks is not None:
            known = {t.name: t for t in spec.tasks}
            names = [name.strip() for name in self.tasks.split(",") if name.strip()]
            if not names:
                raise SpecError("--tasks: it names no task")
            asked = tuple(known.get(n) or _spelled(n, known) for n in names)
            measured = tuple(t for t in measured if t.name in {a.name for a in asked})
        if self.limit is not None:
            asked = tuple(replace(t, limit=self.limit) for t in asked)
            measured = tuple(replace(t, limit=self.limit) for t in measured)
        if self.shots is not None:
            asked = tuple(replace(t, shots=self.shots) for t in asked)
        if self.allow_code:
            asked = tuple(replace(t, allow_code=True) for t in asked)
            measured = tuple(replace(t, allow_code=True) for t in measured)
        return replace(
            spec,
            tasks=asked,
            divergence=replace(spec.divergence, tasks=measured)
            if spec.divergence and measured
            else None,
            backend=replace(
                spec.backend,
                allow_pickle=self.allow_pickle,
                trust_remote_code=self.trust_remote_code,
            ),
            formats=self.formats or spec.formats,
            data=self.data or spec.data,
            store=self.store or spec.store,
        )


def _spelled(name: str, known: Mapping[str, TaskRequest]) -> TaskRequest:
    """Return the request for a task of the command line, as private as the spec says.

    A task that no entry names may be the member of a suite that one does: it is as private as any.
    """
    request = task_request(name, f"--tasks {name}")
    entries = [known[request.name]] if request.name in known else known.values()
    private = (entry.privacy for entry in entries if is_private(entry.privacy))
    return replace(request, privacy=strictest(*private))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A spec with everything that is known before a model runs."""

    plan: Plan
    inspections: Mapping[str, Inspection]
    store: Store
    errands: tuple[Errand, ...] = ()
    """What is to be compared by KL."""

    def work(self) -> list[Work]:
        """Return what each cell lacks; this is the dry run."""
        with hushed(self.plan.privacy):
            return [find_work(cell, self.store) for cell in self.plan.cells]

    def run(self, console: Console, stop: Stop | None = None) -> Summary:
        """Do the missing work, with progress on ``console``, until ``stop`` is asked to."""
        total = sum(len(cell.documents) for cell in self.plan.cells)
        with RunProgress(console, total) as watcher, hushed(self.plan.privacy), keeping():
            return run(self.plan, self.inspections, self.store, watcher, stop=stop)

    def repeat(self, console: Console, run: str) -> list[Repeat]:
        """Measure the noise floors that this machine lacks, after the run with this id."""
        machine = Machine.here(self.plan.spec.backend, run, self.store.runs())
        total = sum(len(to_repeat(c, self.store, machine.key)) for c in self.plan.cells)
        with RunProgress(console, total) as watcher, hushed(self.plan.privacy):
            return repeat(self.plan, self.inspections, self.store, watcher, machine)

    def diverge(self, console: Console, stop: Stop | None = None) -> list[Diverged]:
        """Measure the KL to their references that checkpoints lack, after the run."""
        privacy = strictest(self.plan.privacy, *(e.cell.veil.mode for e in self.errands))
        total = sum(len(lacking(errand, self.store)) for errand in self.errands)
        spec = self.plan.spec.backend
        with RunProgress(console, total) as watcher, hushed(privacy):
            return diverge(self.errands, self.inspections, spec, self.store, watcher, stop)


def _check_named_model(spec: RunSpec) -> None:
    """A model that the backend's arguments name is one checkpoint, not several."""
    args = spec.backend.options.get("model_args") or {}
    named = next((k for k in ("pretrained", "model", "base_url") if k in args), None)
    if named and len(spec.checkpoints) > 1:
        raise SpecError(
            f"backend.options.model_args.{named}: names one model for {len(spec.checkpoints)} "
            "checkpoints; give each checkpoint its own `model`, or run them one by one"
        )


def _check_fitness(spec: RunSpec, inspections: Mapping[str, Inspection]) -> None:
    """Find what couldn't be loaded before a model runs, not hours later when its turn comes."""
    for inspection in inspections.values():
        if spec.backend.name in ("hf", "lm_eval"):
            check_weights(inspection)
        if spec.backend.name == "hf":  # lm-eval's models shorten max_length themselves
            check_length(inspection, spec.backend.max_length)


def prepare(spec: RunSpec) -> Job:
    """Inspect the checkpoints and plan; raises a UsageError for whatever can't be asked.

    Local data are read only after they were looked through, if nobody has said how private they
    are: a DataError names the identifiers' places.
    """
    _check_named_model(spec)
    if spec.data is not None and not spec.data.is_dir():
        raise SpecError(f"data: {spec.data} is no folder; data sets are <data>/<set>/<split>.jsonl")
    read = replace(spec, tasks=spec.all_tasks)
    refuse_unmarked(read)
    inspections = {c.name: examine(spec.backend, c) for c in spec.checkpoints}
    _check_fitness(spec, inspections)
    with hushed(privacy_of_run(read)):
        plan = make_plan(spec, inspections)
        errands = plan_divergence(spec, inspections)
    return Job(plan=plan, inspections=inspections, store=Store(spec.store), errands=errands)
