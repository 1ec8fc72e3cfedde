"""The parts of a page about what it rests on: methods, evidence, verdicts, commands."""

import shlex
from collections.abc import Sequence
from pathlib import PurePath

from harness.evidence import Aggregate
from harness.render.headline import UNPAIRED
from harness.render.numbers import MISSING, number
from harness.render.sections import Section
from harness.render.verdict import headline
from harness.report.parts import Part, part_of
from harness.report.results import Method, Origin, Provenance, Report
from harness.store.verdicts import StoredVerdict

_SHOWN = 16  # digits of a hash


def stated_part(numbers: Sequence[Aggregate]) -> Part | None:
    """Return the numbers that have no records behind them; None if there is none."""
    if not numbers:
        return None
    section = Section(
        title="Stated by others",
        intro=f"Numbers that came along without answers: {UNPAIRED}.",
        heads=("checkpoint", "row", "metric", "value", "standard error", "n", "file"),
        rows=[_stated_line(each) for each in numbers],
    )
    return part_of(section)


def methods_part(methods: Sequence[Method]) -> Part:
    """Return how each row is measured, with its metric's signature."""
    section = Section(
        title="Methods",
        intro="A metric's signature says everything that changes its numbers; equal signatures can "
        "be compared.",
        heads=("row", "metric", "signature", "chance", "ceiling", "documents", "interval", "asked"),
        rows=[_method_line(method) for method in methods],
    )
    return part_of(section)


def provenance_part(found: Provenance) -> Part:
    """Return where the evidence is from."""
    section = Section(
        title="Provenance",
        intro="A fingerprint hashes weights, config, tokenizer, chat template and adapter.",
        heads=("checkpoint", "stage", "parent", "fingerprint", "answers scored", "attributes"),
        rows=[_origin_line(origin) for origin in found.checkpoints],
        notes=_surroundings(found),
    )
    return part_of(section)


def again_part(report: Report) -> Part:
    """Return the commands that make the report's numbers again."""
    family = _quoted(report.family)
    names = [each.name for each in report.whole[0].checkpoints] if report.whole else []
    lines = [
        "aligntax run run.yaml --store STORE    # the run's specification; asks what is missing",
        f"aligntax report {family} --store STORE --out DIR",
    ]
    if names:
        lines.append(f"aligntax compare {' '.join(map(_quoted, names))} --store STORE --json")
    lines.append("aligntax store verify --store STORE    # every score again from its answers")
    return Part(
        title="Reproduce",
        intro="STORE is the folder of the results. Equal stores make equal reports.",
        code="\n".join(lines),
    )


def verdict_line(stored: StoredVerdict) -> str:
    """Return the last verdict in one line."""
    return f"The last gate said {headline(stored.verdict)} (policy {stored.verdict.policy})."


def _stated_line(stated: Aggregate) -> list[str | int]:
    info = stated.info
    return [
        stated.identity.checkpoint,
        stated.identity.row,
        f"{info.name}{'' if info.higher_is_better else ' ↓'}",
        number(stated.value, info.unit),
        MISSING if stated.error is None else number(stated.error, info.unit),
        MISSING if stated.n is None else stated.n,
        PurePath(stated.source).name,
    ]


def _method_line(method: Method) -> list[str | int]:
    info = method.info
    return [
        method.row,
        f"{info.name}{'' if info.higher_is_better else ' ↓'}",
        info.signature,
        number(info.chance, info.unit) if info.chance else MISSING,
        MISSING if info.ceiling is None else number(info.ceiling, info.unit),
        method.documents,
        ", ".join(method.intervals) or MISSING,
        f"{method.kind} (version {method.version}), {method.language}; {method.asked}",
    ]


def _origin_line(origin: Origin) -> list[str | int]:
    attributes = ", ".join(f"{name} {value}" for name, value in origin.attributes.items())
    return [
        origin.name,
        origin.stage,
        origin.parent or MISSING,
        origin.fingerprint[:_SHOWN] if origin.fingerprint else MISSING,
        origin.documents,
        attributes or MISSING,
    ]


def _surroundings(found: Provenance) -> list[str]:
    lines = []
    if found.dates is not None:
        first, last = found.dates
        lines.append(f"Asked on {first}." if first == last else f"Asked from {first} to {last}.")
    if found.machines:
        lines.append(f"Machines: {'; '.join(found.machines)}.")
    if found.versions:
        said = (f"{name} {' and '.join(each)}" for name, each in found.versions.items())
        lines.append(f"Versions: {', '.join(said)}.")
    if found.seeds:
        lines.append(f"Seed: {', '.join(map(str, found.seeds))}.")
    return lines


def _quoted(name: str) -> str:
    """Return a name as a shell takes it."""
    return shlex.quote(name)
