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
    Comparison,
    GroupDelta,
    LeftOut,
    Shift,
    Split,
)

SCALE = "points between guessing (0) and the best possible (100)"
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
    methods = _methods(
        s.change.difference.estimate.method
        for a in found.against
        for s in a.rows
        if s.change.difference
    )
    p = "; p of no difference, then after Benjamini and Hochberg over the rows" if alone else ""
    return Section(
        title=f"CHANGES against {found.reference}",
        intro=f"Paired differences in each metric's own unit ({methods}){p}. {marks}.",
        heads=[*heads, *(["p", "adjusted"] if alone else [])],
        rows=lines,
        notes=notes.lines(),
    )


def tax(found: Comparison) -> Section:
    """Return what each candidate gained and paid by group, with the rate where there is one."""
    lines, notes = [], Footnotes()
    rates = []
    for against in found.against:
        statement = against.tax
        groups = [*statement.groups.values()]
        whole = statement.retained
        if whole is not None and len({task.capability for task in whole.tasks}) > 1:
            groups.append(whole)
        lines += [_group_line(against.candidate, group, notes) for group in groups]
        rate = "undefined: " + (statement.rate_missing or "")
        if statement.rate is not None:
            rate = f"{estimate_text(statement.rate, '')} ({statement.rate.method})"
        rates.append(f"tax rate of {against.candidate}: {rate}")
    left = left_out(item for against in found.against for item in against.tax.left_out)
    return Section(
        title=f"TAX against {found.reference}",
        intro=f"Means over tasks in {SCALE}; net = GAIN+ − TAX+; by noise: what TAX+ would be had "
        "nothing changed; the worst task's interval is simultaneous (Bonferroni), certain losses "
        "hold after Holm. Tax is counted over general and domain, gain over alignment (after SFT "
        "over domain, too), behaviour in neither.",
        heads=(
            "candidate",
            "group",
            "tasks",
            "net",
            "TAX+",
            "by noise",
            "GAIN+",
            "worst",
            "certain",
        ),
        rows=lines,
        notes=[*notes.lines(), *rates, *left],
    )


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
        f"{signed_text(group.net, '%', False)}{notes.mark(why) if why else ''}",
        number(group.tax, "%"),
        MISSING if group.noise is None else number(group.noise, "%"),
        number(group.gain, "%"),
        f"{worst.task} {signed_text(worst.delta, '%', False)}",
        certain or "none",
    ]


def _split_line(candidate: str, split: Split) -> list[str | int]:
    parts = [signed_text(term.estimate, split.unit, False) for term in split.terms]
    total = signed_text(split.total, split.unit, False)
    return [candidate, split.task, split.metric, total, *parts, split.total.n, split.detail]


def _methods(methods: Iterable[str]) -> str:
    return ", ".join(sorted({method.split(" (")[0] for method in methods}))


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
