"""The order of a report: what to know first on top, what it rests on at the end."""

from collections.abc import Iterable, Sequence

from harness.records import CAPABILITIES
from harness.render import compare_chain, compare_drift, compare_scores, compare_training
from harness.render.compare import unsaid_section
from harness.render.divergence import divergence_section
from harness.render.headline import headline
from harness.render.sections import Section
from harness.render.stages import stage_table_cells
from harness.render.verdict import verdict_section
from harness.report import sources, texts
from harness.report.figures import (
    behind,
    matrix_part,
    plane_part,
    stages_figure,
    tasks_part,
)
from harness.report.parts import Page, Part, Table, part_of
from harness.report.results import Chain, Report
from harness.results import Against, Comparison, StageTable


def page_of(report: Report) -> Page:
    """Return a report as a page."""
    made = [
        _short(report),
        _stages(report.table),
        sources.stated_part(report.stated),
        _tax(report),
        *(_forgetting(chain, report) for chain in report.chains),
        _group("Splits", _splits(report.whole), alone=True),
        _group("Drift", _drift(report), alone=True),
        _group("Training", _training(report), alone=True),
        _group("Gate", [verdict_section(stored.verdict) for stored in report.verdicts]),
        _group("Not said", [unsaid_section(each) for each in report.whole], alone=True),
        sources.methods_part(report.methods),
        sources.provenance_part(report.provenance),
        sources.again_part(report),
    ]
    return Page(
        title=f"What post-training did to {report.family}",
        intro=_intro(report),
        parts=[part for part in made if part is not None],
    )


def _intro(report: Report) -> str:
    answers = sum(each.documents for each in report.provenance.checkpoints)
    known = {each.name for each in report.provenance.checkpoints if each.documents}
    known |= {each.identity.checkpoint for each in report.stated}
    rows, tasks = len(report.table.rows), len({row.task for row in report.table.rows})
    said = (
        f"{len(known)} checkpoints, {tasks} tasks asked in {rows} ways, {answers:,} answers "
        "scored. Differences are paired by document; intervals in brackets are "
        f"{100 * report.table.confidence:g} %."
    )
    chains = [" → ".join(e.name for e in chain.comparison.checkpoints) for chain in report.chains]
    said = " ".join([said, *(f"{chain}." for chain in chains)])
    return f"{said} Texts are left out." if report.share_safe else said


def _short(report: Report) -> Part:
    """Return the headlines: of aligned checkpoints, where there is none, of all."""
    stages = {each.name: each.stage for each in report.provenance.checkpoints}
    steps = [against for each in report.steps for against in each.against]
    aligned = [a for a in steps if stages.get(a.candidate) == "aligned"]
    first = aligned or steps
    chosen = {against.candidate for against in first}
    roots = [a for w in report.whole for a in w.against if a.candidate in chosen]
    parents = {(against.reference, against.candidate) for against in first}
    others = [a for a in roots if (a.reference, a.candidate) not in parents]
    lines = [_headline(a) for a in (*first, *others)]
    verdicts = [sources.verdict_line(stored) for stored in report.verdicts[-1:]]
    if not lines:
        lines = ["Nothing to compare: no checkpoint with evidence has a parent with evidence."]
    left = [f"Not compared: {line}." for line in report.left_out]
    return Part(title="In short", notes=[*lines, *verdicts, *left])


def _headline(against: Against) -> str:
    return f"{headline(against)} Behind it: {behind(against)}."


def _stages(table: StageTable) -> Part:
    if not table.rows:
        return Part(title="Stages", intro="No evidence yet.")
    grid = stage_table_cells(table)
    rows: list[tuple[tuple[str, ...], ...]] = []
    for capability in CAPABILITIES:
        inside = [cells for of, cells in grid.rows if of == capability]
        rows += [((capability,),), *inside] if inside else []
    return Part(
        title="Stages",
        intro="Every row at every checkpoint; below each value the paired difference to the "
        "checkpoint's parent.",
        figure=stages_figure(table),
        table=Table(heads=(("row",), *grid.heads), rows=tuple(rows)),
        notes=grid.legend,
    )


def _tax(report: Report) -> Part | None:
    parts: list[Part | None] = []
    for step in report.steps:
        parts += [tasks_part(step.against[0]), part_of(compare_scores.tax(step))]
    own = {(each.reference, each.against[0].candidate) for each in report.steps}
    for whole in report.whole:
        parts += [plane_part(whole, front) for front in whole.fronts]
        if any((whole.reference, a.candidate) not in own for a in whole.against):
            parts.append(part_of(compare_scores.tax(whole)))
        parts += _parts(compare_training.fronts(whole))
        parts += _parts([compare_scores.changes(whole)])
    return _group("Gain and tax", parts)


def _forgetting(chain: Chain, report: Report) -> Part | None:
    found = chain.comparison
    last = found.checkpoints[-1].name
    parts = [
        matrix_part(found.forgetting),
        *_parts([compare_chain.forgetting(found.forgetting)]),
        *_parts([compare_chain.items(found.trajectories)]),
        texts.examples_part(chain, last, share_safe=report.share_safe),
    ]
    return _group(f"What {last} forgot", parts)


def _splits(whole: Sequence[Comparison]) -> list[Section | None]:
    kinds = ("format", "extraction")
    return [compare_scores.splits(each.against, kind) for each in whole for kind in kinds]


def _drift(report: Report) -> list[Section | None]:
    found: list[Section | None] = []
    roots = [whole.reference for whole in report.whole]
    found += [compare_drift.perplexity(s) for s in report.steps if s.reference not in roots]
    for each in report.whole:
        known = [a.divergence for a in each.against if a.divergence is not None]
        found += [
            compare_drift.perplexity(each),
            divergence_section(known),
            compare_drift.calibration(each),
            compare_drift.behaviour(each),
        ]
    return found


def _training(report: Report) -> list[Section | None]:
    found: list[Section | None] = []
    for whole in report.whole:
        found += [*compare_training.quantization(whole), compare_training.curves(whole.curves)]
    found += [compare_training.gaps(chain.comparison.gaps) for chain in report.chains]
    return found


def _group(
    title: str, found: Iterable[Part | Section | None], *, alone: bool = False
) -> Part | None:
    """Return parts under one title; None if there is none.

    ``alone``: a single one needs no title but its own.
    """
    parts = [part_of(p) if isinstance(p, Section) else p for p in found if p is not None]
    if alone and len(parts) == 1:
        return parts[0]
    return Part(title=title, parts=parts) if parts else None


def _parts(sections: Iterable[Section | None]) -> list[Part]:
    return [part_of(section) for section in sections if section is not None]
