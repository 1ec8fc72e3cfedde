"""From a spec to a run: inspect, plan, find what is missing, run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from harness.backends import examine
from harness.checkpoint import Inspection
from harness.errors import SpecError
from harness.plan import Plan, make_plan
from harness.progress import RunProgress
from harness.run import Summary, Work, find_work, run
from harness.spec import RunSpec, task_request
from harness.spec_schema import AskedFormat
from harness.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the command line says over the spec; None leaves the spec as it is."""

    tasks: str | None = None
    """Comma-separated, as lm-eval takes them."""
    limit: int | None = None
    shots: int | None = None
    formats: tuple[AskedFormat, ...] | None = None
    allow_code: bool = False
    data: Path | None = None
    store: Path | None = None

    def apply(self, spec: RunSpec) -> RunSpec:
        """Return the spec as the command line wants it; SpecError for a bad task spelling."""
        asked = spec.tasks
        if self.tasks is not None:
            known = {t.name: t for t in spec.tasks}
            names = [name.strip() for name in self.tasks.split(",") if name.strip()]
            if not names:
                raise SpecError("--tasks: it names no task")
            asked = tuple(known.get(n) or task_request(n, f"--tasks {n}") for n in names)
        if self.limit is not None:
            asked = tuple(replace(t, limit=self.limit) for t in asked)
        if self.shots is not None:
            asked = tuple(replace(t, shots=self.shots) for t in asked)
        if self.allow_code:
            asked = tuple(replace(t, allow_code=True) for t in asked)
        return replace(
            spec,
            tasks=asked,
            formats=self.formats or spec.formats,
            data=self.data or spec.data,
            store=self.store or spec.store,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A spec with everything that is known before a model runs."""

    plan: Plan
    inspections: Mapping[str, Inspection]
    store: Store

    def work(self) -> list[Work]:
        """Return what each cell lacks; this is the dry run."""
        return [find_work(cell, self.store) for cell in self.plan.cells]

    def run(self, console: Console) -> Summary:
        """Do the missing work, with progress on ``console``."""
        total = sum(len(w.ask) for w in self.work())
        with RunProgress(console, total) as watcher:
            return run(self.plan, self.inspections, self.store, watcher)


def _check_named_model(spec: RunSpec) -> None:
    """A model that the backend's arguments name is one checkpoint, not several."""
    args = spec.backend.options.get("model_args") or {}
    named = next((k for k in ("pretrained", "model", "base_url") if k in args), None)
    if named and len(spec.checkpoints) > 1:
        raise SpecError(
            f"backend.options.model_args.{named}: names one model for {len(spec.checkpoints)} "
            "checkpoints; give each checkpoint its own `model`, or run them one by one"
        )


def prepare(spec: RunSpec) -> Job:
    """Inspect the checkpoints and plan; raises a UsageError for whatever can't be asked."""
    _check_named_model(spec)
    if spec.data is not None and not spec.data.is_dir():
        raise SpecError(f"data: {spec.data} is no folder; data sets are <data>/<set>/<split>.jsonl")
    inspections = {c.name: examine(spec.backend, c) for c in spec.checkpoints}
    return Job(plan=make_plan(spec, inspections), inspections=inspections, store=Store(spec.store))
