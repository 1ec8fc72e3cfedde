"""The charts of a report; the table beside each is made of the same rows."""

from harness.records import Estimate
from harness.render.charts import (
    Cell,
    Delta,
    Mark,
    Spot,
    forest,
    matrix,
    plane,
    trajectory,
)
from harness.render.headline import reason_text
from harness.render.numbers import MISSING, number, signed_text
from harness.render.sections import Section
from harness.report.parts import Figure, Part, part_of
from harness.results import (
    Against,
    Comparison,
    Forgetting,
    Front,
    GroupDelta,
    StageTable,
    TaskDelta,
    Wording,
)

__all__ = ["behind", "matrix_part", "plane_part", "stages_figure", "tasks_part"]

_SCALE = "points between guessing (0) and the best possible (100)"


def stages_figure(table: StageTable) -> Figure | None:
    """Return every row's values along the checkpoints; its numbers are the stage table's."""
    names = [column.name for column in table.columns]
    points = [
        Mark(
            label=entry.checkpoint,
            group=row.name + ("" if row.info.higher_is_better else " ↓"),
            value=entry.estimate.value if entry.estimate else None,
            low=entry.estimate.low if entry.estimate else None,
            high=entry.estimate.high if entry.estimate else None,
            unit=row.info.unit,
        )
        for row in table.rows
        for entry in row.entries
    ]
    if len(names) < 2 or not points:
        return None
    title = f"Every row from {names[0]} to {names[-1]}, with its interval"
    return Figure(title=title, chart=trajectory(points))


def tasks_part(against: Against) -> Part | None:
    """Return what a candidate changed task by task, on one scale."""
    groups = list(against.tax.groups.values())
    tasks = [(group, task) for group in groups for task in group.tasks]
    if not tasks:
        return None
    title = f"{against.candidate} against {against.reference}, task by task"
    section = Section(
        title=title,
        intro=f"Paired differences in {_SCALE}, the mean over a task's rows; "
        "one interval at a time.",
        heads=("task", "of", against.reference, against.candidate, "difference", "n", ""),
        rows=[_task_line(group, task) for group, task in tasks],
    )
    deltas = [_delta(group, task) for group, task in tasks]
    return part_of(section, Figure(title=title, chart=forest(deltas, "%")))


def plane_part(found: Comparison, front: Front) -> Part | None:
    """Return what siblings gained against what they paid, where at least two can be placed."""
    placed = [
        (against.candidate, sought.net, kept.net)
        for against in found.against
        if against.candidate in front.siblings
        and (sought := against.tax.groups.get("alignment")) is not None
        and (kept := against.tax.retained) is not None
    ]
    if len(placed) < 2:
        return None
    title = f"Gain and tax against {found.reference}, siblings {front.why}"
    said = {True: "on the front", False: "dominated"}
    section = Section(
        title=title,
        intro=f"Net means in {_SCALE}: gain over alignment, tax over general and domain. The front "
        "itself comes from paired differences between siblings, below.",
        heads=("candidate", "gain", "change of general and domain", "Pareto"),
        rows=[
            [
                name,
                signed_text(gain, "%", False),
                signed_text(kept, "%", False),
                said[name in front.members],
            ]
            for name, gain, kept in placed
        ],
    )
    spots = [_spot(name, gain, kept, front=name in front.members) for name, gain, kept in placed]
    return part_of(section, Figure(title=title, chart=plane(spots)))


def matrix_part(found: Forgetting) -> Part | None:
    """Return the forgetting matrix; None where no stage teaches anything that was measured."""
    columns = [f"{what} ({name})" for name, what in found.taught.items()]
    if not any(value is not None for row in found.matrix for value in row):
        return None
    rows = list(zip(found.taught, found.matrix, strict=True))
    cells = [
        Cell(row=f"after {stage}", column=column, value=value)
        for stage, values in rows
        for column, value in zip(columns, values, strict=True)
    ]
    title = "Forgetting matrix"
    section = Section(
        title=title,
        intro=f"Mean score after each stage, in {_SCALE}, on groups of tasks; in brackets which "
        "stage is held to teach one. Down a column one sees what later stages did to it.",
        heads=("after", *columns),
        rows=[[stage, *map(_share, values)] for stage, values in rows],
    )
    return part_of(section, Figure(title=title, chart=matrix(cells)))


def behind(against: Against) -> str:
    """Return how many paired documents stand behind a candidate's sums of gain and tax."""
    tasks = [task for group in against.tax.groups.values() for task in group.tasks]
    rows = {row for task in tasks for row in task.rows}
    paired = sum(task.delta.n for task in tasks)
    return f"{paired:,} paired documents of {len(tasks)} tasks, asked in {len(rows)} ways"


def _task_line(group: GroupDelta, task: TaskDelta) -> list[str | int]:
    certain = "certain to have lost" if task.task in group.certified else ""
    return [
        task.task,
        task.capability,
        number(task.reference, "%"),
        number(task.candidate, "%"),
        signed_text(task.delta, "%", False),
        task.delta.n,
        "; ".join(filter(None, [certain, reason_text(task.qualified)])),
    ]


def _delta(group: GroupDelta, task: TaskDelta) -> Delta:
    return Delta(
        label=f"{task.task} ({task.capability})",
        value=task.delta.value,
        low=task.delta.low,
        high=task.delta.high,
        qualified=bool(task.qualified),
        wording=_wording(task),
    )


def _wording(task: TaskDelta) -> Wording:
    low, high = task.delta.low, task.delta.high
    if low is None or high is None or low <= 0 <= high:
        return "no clear change"
    if task.qualified:
        return "changed"
    return "gained" if low > 0 else "lost"


def _spot(name: str, gain: Estimate, kept: Estimate, *, front: bool) -> Spot:
    def turned(bound: float | None) -> float | None:
        return None if bound is None else -bound

    return Spot(
        label=name,
        gain=gain.value,
        gain_low=gain.low,
        gain_high=gain.high,
        tax=-kept.value,
        tax_low=turned(kept.high),
        tax_high=turned(kept.low),
        front=front,
    )


def _share(value: float | None) -> str:
    return MISSING if value is None else number(value, "%")
