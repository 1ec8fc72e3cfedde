"""The sections of a comparison about training: quantization, overfitting, curves, siblings."""

from collections.abc import Iterable, Sequence

from harness.render.compare_drift import domain_name
from harness.render.compare_scores import marked, methods_text
from harness.render.footnotes import Footnotes
from harness.render.headline import group_name, reason_text
from harness.render.numbers import MISSING, estimate_text, p_text, signed_text
from harness.render.sections import Section
from harness.results import Comparison, Curve, Front, Gap, GroupDelta, StageGap


def quantization(found: Comparison) -> list[Section]:
    """Return what each quantized checkpoint lost of its parent."""
    made = []
    for against in found.against:
        if against.quantization is None:
            continue
        notes, statement = Footnotes(), against.quantization.statement
        rows: list[list[str | int]] = [
            [
                group_name(group),
                len(group.tasks),
                sum(task.delta.n for task in group.tasks),
                marked(signed_text(group.net, "%", False), reason_text(group.qualified), notes),
                f"{group.worst.task} {signed_text(group.worst.delta, '%', False)}",
                ", ".join(group.certified) or "none",
            ]
            for group in statement.groups.values()
        ]
        drift = [
            f"{domain_name(group)}: {signed_text(group.mean, group.unit)}, rows: {len(group.rows)}"
            for group in against.quantization.drift
        ]
        made.append(
            Section(
                title=f"LOSS BY QUANTIZATION of {statement.candidate} from {statement.reference}",
                intro="Mean change by group in points between guessing (0) and the best possible "
                f"(100) ({_methods(statement.groups.values())}; variance recovery over tasks); n "
                "documents; the worst task's interval is simultaneous, certain losses hold after "
                "Holm.",
                heads=("group", "tasks", "n", "net", "worst", "certain"),
                rows=rows,
                notes=[*notes.lines(), *drift],
            )
        )
    return made


def _methods(groups: Iterable[GroupDelta]) -> str:
    return methods_text(task.delta.method for group in groups for task in group.tasks)


def gaps(found: Sequence[Gap]) -> Section | None:
    """Return how much better each stage is on what it was tuned on."""
    rows = [_gap_line(gap, stage) for gap in found for stage in gap.stages]
    if not rows:
        return None
    return Section(
        title="TUNING DATA AGAINST HELD-OUT DATA",
        intro="Gap = seen − held out, two independent samples (variance recovery; Newcombe for "
        "shares); what it changed since a stage comes from paired changes. A gap that grows shows "
        "overfitting. In no tax.",
        heads=(
            "seen",
            "held out",
            "metric",
            "checkpoint",
            "on seen",
            "on held out",
            "gap",
            "since the stage before",
            "since the first",
            "n",
        ),
        rows=rows,
    )


def curves(found: Sequence[Curve]) -> Section | None:
    """Return rows over attributes of the checkpoints: trend, peak, and whether the end is worse."""
    if not found:
        return None
    notes = Footnotes()
    tests = ", ".join(sorted({curve.test for curve in found}))
    methods = methods_text(p.estimate.method for curve in found for p in curve.points)
    return Section(
        title="CURVES",
        intro=f"Values over the n documents that all points share ({methods}). Trend: {tests}. "
        "The last is compared with the peak by a paired interval, simultaneous over the earlier "
        "points.",
        heads=("row", "metric", "over", "points", "n", "trend", "p", "peak", "last − peak", ""),
        rows=[_curve_line(curve, notes) for curve in found],
        notes=notes.lines(),
    )


def fronts(found: Comparison) -> list[Section]:
    """Return which siblings are on the Pareto front; and which others could be compared."""
    made = [front(each) for each in found.fronts]
    left = [f"{name}: {', '.join(others)}" for name, others in found.siblings.items() if others]
    if left and not made:
        intro = f"No front: siblings with evidence weren't named ({'; '.join(left)})."
        made.append(Section(title="PARETO", intro=intro))
    return made


def front(found: Front) -> Section:
    """Return which of some siblings dominates which."""
    rows: list[list[str | int]] = []
    for duel in found.duels:
        why = duel.missing or reason_text(duel.qualified)
        rows.append(
            [
                f"{duel.second} against {duel.first}",
                signed_text(duel.gain, "%", False),
                signed_text(duel.kept, "%", False),
                duel.dominates or ("can't be said" if duel.missing else "neither"),
                why,
            ]
        )
    beaten = [f"{name} is dominated by {', '.join(by)}" for name, by in found.dominated.items()]
    return Section(
        title=f"PARETO, siblings {found.why}",
        intro=f"On the front: {', '.join(found.members)}. One dominates another if it gains and "
        "keeps at least as much, one of both beyond the paired interval.",
        heads=("pair", "gain", "kept", "dominates", ""),
        rows=rows,
        notes=beaten,
    )


def _gap_line(gap: Gap, stage: StageGap) -> list[str | int]:
    unit = gap.unit
    return [
        gap.seen,
        gap.held,
        f"{gap.metric}{'' if gap.higher_is_better else ' ↓'}",
        stage.checkpoint,
        estimate_text(stage.seen, unit, with_unit=False),
        estimate_text(stage.held, unit, with_unit=False),
        signed_text(stage.gap, unit, False),
        signed_text(stage.since_previous, unit, False),
        signed_text(stage.since_first, unit, False),
        f"{stage.seen.n:,} and {stage.held.n:,}",
    ]


def _curve_line(curve: Curve, notes: Footnotes) -> list[str | int]:
    why = reason_text(curve.qualified)
    verdict = "worse than the peak" if curve.worse else "not clearly worse"
    peak = next(point for point in curve.points if point.checkpoint == curve.peak)
    return [
        f"{curve.row}{notes.mark(why) if why else ''}",
        f"{curve.metric}{'' if curve.higher_is_better else ' ↓'}",
        curve.attribute,
        len(curve.points),
        peak.estimate.n,
        MISSING if curve.rho is None else f"ρ {curve.rho:+.2f}".replace("-", "−"),
        p_text(curve.p),
        f"{curve.peak} {estimate_text(peak.estimate, curve.unit, with_unit=False)}",
        signed_text(curve.fall, curve.unit, False),
        "the last is the peak" if curve.fall is None else verdict,
    ]
