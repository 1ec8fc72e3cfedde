"""Alignment tax: what a checkpoint lost on tasks that it should have kept, against a reference.

The sign of a tax depends on the reference (InstructGPT 1.3B on SQuADv2: -6.6 against the base,
+8.5 against SFT; Ouyang et al. 2022, table 14), so it is part of every statement. One average
hides losses behind gains: net, TAX+ and GAIN+ are given together, with the worst task and the
losses that are certain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf

import numpy as np

from harness.analysis.rows import RowDelta, row_delta, scaled
from harness.evidence import Known
from harness.records import CAPABILITIES, Capability, Estimate, Stage
from harness.results import Change, GroupDelta, LeftOut, TaskDelta, TaxStatement
from harness.stats.corrections import holm
from harness.stats.influence import mean_of
from harness.stats.linear import critical, one_sided
from harness.stats.recovery import mean_interval, ratio_interval, recovered_error

RETAINED: tuple[Capability, ...] = ("general", "domain")
NOISE = 0.3989  # E max(0, -z) of a standard normal z

Again = Callable[[TaskDelta, float], TaskDelta]
"""(task, confidence) -> the same task at another confidence."""


def tax_statement(
    reference: Mapping[str, Known],
    candidate: Mapping[str, Known],
    seed: int,
    confidence: float = 0.95,
    changes: Mapping[str, Change] | None = None,
) -> TaxStatement:
    """Return what ``candidate`` gained and paid; both map table rows to one checkpoint's cells.

    ``changes`` are the rows' changes of this seed and confidence that are known already.

    Perplexities have neither chance nor ceiling and are left out, as rows that only one side has
    and samples of what was tuned on. ValueError if a side is empty.
    """
    if not reference or not candidate:
        raise ValueError("both checkpoints need evidence")
    rows: dict[str, list[RowDelta]] = {}
    left_out = []
    for row in dict.fromkeys([*reference, *candidate]):
        found = _row(
            (reference.get(row), candidate.get(row)), seed, confidence, (changes or {}).get(row)
        )
        if isinstance(found, str):
            left_out.append(LeftOut(row, found))
        else:
            rows.setdefault(found.task, []).append(found)

    def again(task: TaskDelta, level: float) -> TaskDelta:
        found = [row_delta(reference[row], candidate[row], seed, level) for row in task.rows]
        return joined([delta for delta in found if isinstance(delta, RowDelta)], level)

    tasks = [joined(deltas, confidence) for deltas in rows.values()]
    first, second = (next(iter(side.values())).identity for side in (reference, candidate))
    return statement((first.checkpoint, second.checkpoint), second.stage, tasks, left_out, again)


def statement(
    names: tuple[str, str],
    stage: Stage,
    tasks: Sequence[TaskDelta],
    left_out: Sequence[LeftOut] = (),
    again: Again | None = None,
) -> TaxStatement:
    """Return the statement about (reference, candidate) from the deltas of their tasks.

    ``stage`` is the candidate's. Without ``again`` the worst task's interval is widened as a normal
    one to be simultaneous.
    """
    sought: tuple[Capability, ...] = ("alignment",)
    if stage in ("cpt", "sft"):
        sought = ("domain", "alignment")
    retained, aligned = (
        group_delta([t for t in tasks if t.capability in kept], again)
        for kept in (RETAINED, sought)
    )
    rate, rate_missing = _rate(retained, aligned)
    groups = {c: group_delta([t for t in tasks if t.capability == c], again) for c in CAPABILITIES}
    return TaxStatement(
        reference=names[0],
        candidate=names[1],
        retained=retained,
        aligned=aligned,
        groups={c: group for c, group in groups.items() if group is not None},
        rate=rate,
        rate_missing=rate_missing,
        left_out=tuple(left_out),
    )


def group_delta(tasks: Sequence[TaskDelta], again: Again | None = None) -> GroupDelta | None:
    """Return what tasks gained and lost, each with the same weight; None of no tasks."""
    if not tasks:
        return None
    deltas = [task.delta for task in tasks]
    values = np.array([delta.value for delta in deltas])
    errors = [error for delta in deltas if (error := recovered_error(delta)) is not None]
    certain = _certified(tasks)
    lowest = tasks[int(values.argmin())]
    level = 1 - (1 - lowest.delta.confidence) / len(tasks)
    return GroupDelta(
        tasks=tuple(tasks),
        net=mean_interval(deltas),
        tax=float(np.maximum(0.0, -values).mean()),
        gain=float(np.maximum(0.0, values).mean()),
        noise=NOISE * float(np.mean(errors)) if len(errors) == len(tasks) else None,
        worst=(again or widened)(lowest, level),
        certified=tuple(task.task for task in certain),
        certified_tax=float(sum(-task.delta.value for task in certain)),
    )


def joined(rows: Sequence[RowDelta], confidence: float) -> TaskDelta:
    """Join a task's variants, each with the same weight; they share documents."""
    first = rows[0]
    delta, p_loss = (first.delta, first.p_loss) if len(rows) == 1 else _mean(rows, confidence)
    return TaskDelta(
        task=first.task,
        rows=tuple(row.row for row in rows),
        capability=first.capability,
        reference=float(np.mean([row.before.value for row in rows])),
        candidate=float(np.mean([row.after.value for row in rows])),
        delta=delta,
        p_loss=p_loss,
        qualified=tuple(dict.fromkeys(reason for row in rows for reason in row.qualified)),
    )


def widened(task: TaskDelta, confidence: float) -> TaskDelta:
    """Return a task's delta at another confidence, its interval taken for a normal one."""
    delta, error = task.delta, recovered_error(task.delta)
    if delta.low is None or delta.high is None or error is None:
        return task
    factor = critical(confidence, inf) / critical(delta.confidence, inf)
    low, high = (delta.value + factor * (bound - delta.value) for bound in (delta.low, delta.high))
    return replace(task, delta=replace(delta, low=low, high=high, confidence=confidence))


def _row(
    sides: tuple[Known | None, Known | None], seed: int, confidence: float, made: Change | None
) -> RowDelta | str:
    """Return a row's delta, or why it gives none."""
    before, after = sides
    held_out = next((side.identity.seen_of for side in (after, before) if side), None)
    if held_out is not None:
        return f"a sample of what was tuned on; {held_out} is held out"
    if before is None or after is None:
        return "only one of the two was evaluated on it"
    return row_delta(before, after, seed, confidence, made)


def _mean(rows: Sequence[RowDelta], confidence: float) -> tuple[Estimate, float | None]:
    """Return the mean of variants and its p; errors add document by document.

    Where nothing varied in any of them the bounds are the mean of theirs.
    """
    joint = mean_of([row.after - row.before for row in rows])
    lows = [row.delta.low for row in rows if row.delta.low is not None]
    highs = [row.delta.high for row in rows if row.delta.high is not None]
    bounds: tuple[float, float] | tuple[None, None] = (None, None)
    p_loss = rows[0].p_loss
    if joint.standard_error > 0:
        bounds = joint.interval(confidence)
        p_loss = one_sided(joint.value / joint.standard_error, joint.freedom)
    elif len(lows) == len(highs) == len(rows):
        bounds = float(np.mean(lows)), float(np.mean(highs))
    unpaired = any(reason.code == "unpaired" for row in rows for reason in row.qualified)
    mean = Estimate(
        value=joint.value,
        low=bounds[0],
        high=bounds[1],
        n=max(row.delta.n for row in rows),
        method=f"mean of {len(rows)} variants, {'unpaired' if unpaired else 'paired t'}",
        confidence=confidence,
    )
    return mean, p_loss


def _certified(tasks: Sequence[TaskDelta]) -> list[TaskDelta]:
    """Return the tasks that lost after Holm's correction, the surest first.

    One-sided at half of what the intervals leave out; a task without a test found nothing, and one
    that was asked in another way has changed, whoever lost.
    """
    adjusted = holm([1.0 if task.p_loss is None else task.p_loss for task in tasks])
    order = np.argsort(adjusted, kind="stable")
    return [
        tasks[i]
        for i in order
        if adjusted[i] <= (1 - tasks[i].delta.confidence) / 2
        and tasks[i].delta.value < 0
        and not tasks[i].qualified
    ]


def _rate(
    retained: GroupDelta | None, aligned: GroupDelta | None
) -> tuple[Estimate | None, str | None]:
    """Return tax per gain, only where there is a gain to pay for; else why there is none."""
    if retained is None:
        return None, "no comparable general or domain task"
    if aligned is None:
        return None, "no comparable alignment task"
    if any(r.code != "unpaired" for group in (retained, aligned) for r in group.qualified):
        return None, "tasks were asked in other ways"
    if aligned.net.high is not None and aligned.net.high < 0:
        return None, "there is no gain but a loss"
    if aligned.net.low is None or aligned.net.low <= 0:
        return None, "the gain's interval doesn't exclude 0"
    if {task.task for task in retained.tasks} & {task.task for task in aligned.tasks}:
        return None, "tasks are on both sides"
    rate = ratio_interval(scaled(retained.net, -1.0), aligned.net)
    return rate, None if rate else "the tax has no interval"
