"""The sections of a comparison with the reference: every row's change, tax, and exact splits."""

from collections.abc import Iterable, Sequence

from harness.render.footnotes import Footnotes
from harness.render.headline import group_name, reason_text
from harness.render.numbers import (
    MISSING,
    difference_text,
    estimate_text,
    number,
    p_text,
    signed_text,
    unit_text,
)
from harness.render.sections import Section
from harness.render.stages import MARKS
from harness.results import (
    Against,
    Comparability,
    Comparison,
    GroupDelta,
    LeftOut,
    Shift,
    Split,
    TaskDelta,
    TaxStatement,
)

SCALE = "points between guessing (0) and the best possible (100)"
CHANGED = "≈ changed: not asked or measured alike, so nothing is said to be taxed or forgotten."
_SHOWN = 4  # names in a list before "and 3 more"


def changes(found: Comparison) -> Section | None:
    """Return every row's paired change of its own metric, one column per candidate."""
    rows = list(dict.fromkeys(shift.row for against in found.against for shift in against.rows))
    if not rows:
        return None
    notes, alone = Footnotes(), len(found.against) == 1
    by_row = [{shift.row: shift for shift in against.rows} for against in found.against]
    heads = ["row", "metric", "n", found.reference, *(a.candidate for a in found.against)]
    lines = [_change_line(row, by_row, notes, alone=alone) for row in rows]
    used = {s.change.wording for against in found.against for s in against.rows}
    marks = ", ".join(f"{mark} {word}" for word, mark in MARKS.items() if word in used)
    every = [shift for against in found.against for shift in against.rows]
    p = "; p of no difference, then after Benjamini and Hochberg over the rows" if alone else ""
    return Section(
        title=f"CHANGES against {found.reference}",
        intro=f"{differences_name(every)} in each metric's own unit ({shift_methods(every)}){p}. "
        f"{marks}.",
        heads=[*heads, *(["p", "adjusted"] if alone else [])],
        rows=lines,
        notes=notes.lines(),
    )


def tax(found: Comparison) -> Section:
    """Return what each candidate gained and paid by group, with the rate where there is one."""
    lines, notes = [], Footnotes()
    rates, every = [], []
    for against in found.against:
        statement = against.tax
        groups = [*statement.groups.values()]
        whole = statement.retained
        if whole is not None and len({task.capability for task in whole.tasks}) > 1:
            groups.append(whole)
        every += groups
        lines += [_group_line(against.candidate, group, notes) for group in groups]
        rate = "undefined: " + (statement.rate_missing or "")
        if statement.rate is not None:
            rate = f"{estimate_text(statement.rate, '')} ({statement.rate.method})"
        rates.append(f"tax rate of {against.candidate}: {rate}")
    left = left_out(item for against in found.against for item in against.tax.left_out)
    changed = any(group.qualified for group in every)
    down, up, low = ("fell", "rose", "lowest") if changed else ("TAX+", "GAIN+", "worst")
    methods = methods_text(task.delta.method for group in every for task in group.tasks)
    means = (
        f"Means over tasks in {SCALE} ({methods}; variance recovery over tasks); n documents; net ="
        f" {up} − {down}; by noise: what {down} would be had nothing changed; the {low} task's "
        "interval is simultaneous (Bonferroni), certain losses hold after Holm. Tax is counted "
        "over general and domain, gain over alignment (after SFT over domain, too), behaviour in "
        "neither."
    )
    if changed:
        means += f" {CHANGED}"
    heads = ("candidate", "group", "tasks", "n", "net", down, "by noise", up, low, "certain")
    return Section(
        title=f"{'CHANGE BY GROUP' if changed else 'TAX'} against {found.reference}",
        intro=means if every else "",
        heads=heads,
        rows=lines,
        notes=[*notes.lines(), *rates, *left],
    )


def tasks(found: Comparison) -> Section | None:
    """Return every task's change on the common scale, one column per candidate."""
    by_task = [_deltas(against.tax) for against in found.against]
    names = list(dict.fromkeys(name for deltas in by_task for name in deltas))
    if not names:
        return None
    notes = Footnotes()
    methods = methods_text(delta.delta.method for deltas in by_task for delta in deltas.values())
    lines: list[list[str | int]] = []
    for name in names:
        deltas = [task.get(name) for task in by_task]
        first = next(delta for delta in deltas if delta is not None)
        line: list[str | int] = [name, first.capability, len(first.rows), first.delta.n]
        lines.append([*line, *(_delta_cell(delta, notes) for delta in deltas)])
    return Section(
        title=f"TASKS against {found.reference}",
        intro=f"Change in {SCALE}, over a task's variants with the same weight ({methods}).",
        heads=("task", "group", "variants", "n", *(against.candidate for against in found.against)),
        rows=lines,
        notes=notes.lines(),
    )


def _deltas(statement: TaxStatement) -> dict[str, TaskDelta]:
    return {task.task: task for group in statement.groups.values() for task in group.tasks}


def _delta_cell(task: TaskDelta | None, notes: Footnotes) -> str:
    if task is None:
        return MISSING
    return marked(signed_text(task.delta, "%", False), reason_text(task.qualified), notes)


def splits(found: Sequence[Against], kind: str) -> Section | None:
    """Return the exact split of changes: ``format`` or ``extraction``."""
    chosen = [
        (a.candidate, s) for a in found for s in (a.formats if kind == "format" else a.extractions)
    ]
    if not chosen:
        return None
    parts = [term.name for term in chosen[0][1].terms]
    return Section(
        title=f"{parts[0].upper()} OR {parts[1].upper()}",
        intro=f"Change against {chosen[0][1].reference}, each asked in its own way, split into "
        "terms that sum to it (linearised, in the metric's unit).",
        heads=("candidate", "task", "metric", "change", *parts, "n", "of what"),
        rows=[_split_line(candidate, split) for candidate, split in chosen],
    )


def _change_line(
    row: str, by_row: Sequence[dict[str, Shift]], notes: Footnotes, *, alone: bool
) -> list[str | int]:
    shifts = [by.get(row) for by in by_row]
    first = next(shift for shift in shifts if shift is not None)
    before = next((s.before for s in shifts if s is not None and s.before is not None), None)
    sizes = {s.change.difference.estimate.n for s in shifts if s and s.change.difference}
    unit = unit_text(first.unit, difference=True)
    line: list[str | int] = [
        row if first.seen_of is None else f"{row} (tuning data)",
        f"{first.metric}{'' if first.higher_is_better in (True, None) else ' ↓'}"
        + ("" if unit in ("", "pt", "bits/byte") else f" {unit}"),
        " to ".join(f"{n:,}" for n in sorted({*sorted(sizes)[:1], *sorted(sizes)[-1:]})) or MISSING,
        estimate_text(before, first.unit, with_unit=False),
        *(MISSING if shift is None else difference_cell(shift, notes) for shift in shifts),
    ]
    if alone:
        difference = first.change.difference
        line += [p_text(difference.p if difference else None), p_text(first.adjusted)]
    return line


def difference_cell(shift: Shift, notes: Footnotes) -> str:
    """Return ``▼ −2.0 [−3.9, −0.1]`` with the number of what has to be added."""
    change = shift.change
    reasons = change.comparability.reasons if change.comparability else ()
    why = reason_text(reasons) if change.difference else (change.missing or "not comparable")
    text = (
        f"{MARKS[change.wording]} {difference_text(change.difference, shift.unit, with_unit=False)}"
    )
    return f"{text}{notes.mark(why) if why else ''}"


def _group_line(candidate: str, group: GroupDelta, notes: Footnotes) -> list[str | int]:
    why = reason_text(group.qualified)
    worst = group.worst
    certain = ", ".join(group.certified)
    if group.certified:
        certain += f" ({number(group.certified_tax, '%')} in all)"
    return [
        candidate,
        group_name(group),
        len(group.tasks),
        sum(task.delta.n for task in group.tasks),
        marked(signed_text(group.net, "%", False), why, notes),
        number(group.tax, "%"),
        MISSING if group.noise is None else number(group.noise, "%"),
        number(group.gain, "%"),
        f"{worst.task} {signed_text(worst.delta, '%', False)}",
        certain or "none",
    ]


def marked(text: str, why: str, notes: Footnotes) -> str:
    """Return a number as one that changed, with the footnote that says why; as it is without."""
    return f"{MARKS['changed']} {text}{notes.mark(why)}" if why else text


def _split_line(candidate: str, split: Split) -> list[str | int]:
    parts = [signed_text(term.estimate, split.unit, False) for term in split.terms]
    total = signed_text(split.total, split.unit, False)
    return [candidate, split.task, split.metric, total, *parts, split.total.n, split.detail]


def methods_text(methods: Iterable[str]) -> str:
    """Return the names of methods, each once, without what they add about single numbers."""
    names = sorted({method.split(" (")[0] for method in methods})
    return ("; " if any(", " in name for name in names) else ", ").join(names) or "none"


def shift_methods(shifts: Iterable[Shift]) -> str:
    """Return the methods of differences."""
    found = (shift.change.difference for shift in shifts)
    return methods_text(difference.estimate.method for difference in found if difference)


def differences_name(shifts: Iterable[Shift]) -> str:
    """Return ``Paired differences``, unless numbers without records are among them."""
    made = [shift.change for shift in shifts if shift.change.difference is not None]
    alone = sum(_unpaired(change.comparability) for change in made)
    if not alone:
        return "Paired differences"
    if alone == len(made):
        return "Differences, unpaired,"
    return "Differences, paired where there are records,"


def _unpaired(comparability: Comparability | None) -> bool:
    return comparability is not None and any(r.code == "unpaired" for r in comparability.reasons)


def left_out(items: Iterable[LeftOut]) -> list[str]:
    """Return why rows are in none of the sums."""
    return [f"left out: {line}" for line in by_reason(items)]


def by_reason(items: Iterable[LeftOut]) -> list[str]:
    """Return one line for each reason, with the rows that it is true of."""
    rows: dict[str, list[str]] = {}
    for item in items:
        named = rows.setdefault(item.why, [])
        if item.row not in named:
            named.append(item.row)
    return [f"{why} ({_listed(names)})" for why, names in rows.items()]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
