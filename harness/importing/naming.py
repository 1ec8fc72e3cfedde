"""Under which names results come into a family: checkpoints, table rows, capabilities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.errors import UsageError
from harness.importing.cells import Taken
from harness.importing.model import Model, names_of
from harness.importing.request import Request
from harness.importing.strict import name_of
from harness.lm_eval_tasks.index import PREFIX
from harness.records import JSON, STAGES, Capability, PromptFormat
from harness.secrets import masked
from harness.store import Store

__all__ = ["Known", "capability_of", "checkpoints_of", "family_of", "rows_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a store has of the family already."""

    checkpoints: Mapping[str, Mapping[str, JSON]]
    fingerprints: Mapping[str, str]
    """By checkpoint; one without evidence has none."""
    cells: Sequence[Mapping[str, JSON]]
    """Cells and stated places of its accounts."""


def family_of(request: Request) -> str:
    """Return the family that is meant; UsageError for a name that can't be one."""
    folder = request.place if request.place.is_dir() else request.place.parent
    name = name_of(request.family if request.family is not None else folder.resolve().name)
    if name is None:
        raise UsageError("--family: give a plain name of up to 200 letters")
    return masked(name)


def checkpoints_of(
    models: Sequence[Model], request: Request, known: Known
) -> dict[str, dict[str, JSON]]:
    """Return each checkpoint, as an account has it, by its fingerprint.

    Raises UsageError for a name that stands for other weights already, or for several models.
    """
    names = names_of(models)
    if request.name is not None:
        if len(names) > 1:
            raise UsageError(
                f"--name: {request.place} holds {len(names)} models ({', '.join(names.values())}); "
                "import one folder at a time, or leave --name out"
            )
        if name_of(request.name) is None:
            raise UsageError("--name: give a plain name of up to 200 letters")
        names = dict.fromkeys(names, masked(request.name))
    by_fingerprint = {model.fingerprint: model for model in models}
    return {
        fingerprint: _checkpoint(by_fingerprint[fingerprint], name, request, known)
        for fingerprint, name in names.items()
    }


def _checkpoint(model: Model, name: str, request: Request, known: Known) -> dict[str, JSON]:
    other = known.fingerprints.get(name, model.fingerprint)
    if other != model.fingerprint:
        whose = "other weights" if other.startswith("declared:") else "weights that were measured"
        raise UsageError(
            f"{request.place}: {name!r} stands for {whose} in the family already; give another "
            "--name or --family"
        )
    before = known.checkpoints.get(name, {})
    parent = request.parent if request.parent is not None else before.get("parent")
    stage = request.stage or before.get("stage") or ("base" if parent is None else "sft")
    if parent == name:
        raise UsageError(f"--parent: {name!r} can't be its own parent")
    return {
        "name": name,
        "stage": stage if stage in STAGES else "base",
        "parent": None if parent is None else masked(parent),
        "model": {"path": model.path, "adapter": model.adapter, "revision": model.revision},
        "attributes": before.get("attributes", {}),
    }


def rows_of(
    taken: Iterable[tuple[str, Taken]], known: Known, store: Store
) -> dict[tuple[str, str], str]:
    """Return the table row of each (checkpoint, key of a cell).

    A row is named by task and shots; by format too where a checkpoint was asked in both.
    """
    items = list(taken)
    formats: dict[tuple[str, str, int], set[PromptFormat]] = {}
    for checkpoint, one in items:
        place = (checkpoint, one.task.name, one.task.shots)
        formats.setdefault(place, set()).add(one.identity["format"])
    rows: dict[tuple[str, str], str] = {}
    both = {place[1:] for place, found in formats.items() if len(found) > 1}
    both |= _known_in_both(items, known, store)
    for checkpoint, one in items:
        spelled = (one.task.name, one.task.shots) in both and one.identity["kind"] != "perplexity"
        rows[checkpoint, one.key] = _row(one, spelled=spelled)
    return rows


def _known_in_both(
    items: Sequence[tuple[str, Taken]], known: Known, store: Store
) -> set[tuple[str, int]]:
    """Return tasks that the family has in rows by format, or has in another format than now."""
    named = {cell["row"] for cell in known.cells}
    found = set()
    for checkpoint, one in items:
        place = (one.task.name, one.task.shots)
        if any(row in named for row in (_row(one, spelled=True, format_=f) for f in _FORMATS)):
            found.add(place)
        row = _row(one, spelled=False)
        held = [
            cell
            for cell in known.cells
            if (cell["checkpoint"], cell["row"]) == (checkpoint, row) and "plans" in cell
        ]
        if any(store.identity(c["key"])["format"] != one.identity["format"] for c in held):
            found.add(place)
    return found


_FORMATS: tuple[PromptFormat, ...] = ("plain", "chat")


def _row(one: Taken, *, spelled: bool, format_: PromptFormat | None = None) -> str:
    parts = [f"{PREFIX}{one.task.name}"]
    if spelled:
        parts.append(format_ or one.identity["format"])
    if one.task.shots:
        parts.append(f"{one.task.shots}shot")
    return ":".join(parts)


def capability_of(task: str, capabilities: Mapping[str, Capability]) -> Capability:
    """Return what a task tests; lm-eval doesn't say, so it is general unless a pattern fits."""
    fitting = (c for pattern, c in capabilities.items() if fnmatchcase(task, pattern))
    return next(fitting, "general")
