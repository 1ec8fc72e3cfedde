"""The sections of a comparison beside scores: perplexity, calibration, behaviour."""

from collections.abc import Sequence

from harness.render.compare_scores import (
    difference_cell,
    differences_name,
    marked,
    shift_methods,
)
from harness.render.footnotes import Footnotes
from harness.render.headline import reason_text
from harness.render.numbers import MISSING, estimate_text, signed_text, unit_text
from harness.render.sections import Section
from harness.results import Comparison, DriftGroup, Shift

_HIDES = {"answer_characters": "answer_tokens"}  # one length is enough, where tokens compare


def perplexity(found: Comparison) -> Section | None:
    """Return how bits per byte moved by domain."""
    notes = Footnotes()
    rows, drifted = [], []
    for against in found.against:
        by_row = {shift.row: shift for shift in against.rows}
        for group in against.drift:
            shifts = [by_row[row] for row in group.rows]
            rows.append(_drift_line(against.candidate, group, shifts, notes))
            drifted += shifts
    if not rows:
        return None
    return Section(
        title=f"PERPLEXITY DRIFT against {found.reference}",
        intro=f"{differences_name(drifted)} by domain in bits per byte, lower is better "
        f"({shift_methods(drifted)}; rows of a domain by variance recovery); in no tax.",
        heads=("candidate", "domain", "rows", "n", "change"),
        rows=rows,
        notes=notes.lines(),
    )


def calibration(found: Comparison) -> Section | None:
    """Return how calibration errors moved."""
    return _shifts("CALIBRATION", found, [against.calibration for against in found.against])


def behaviour(found: Comparison) -> Section | None:
    """Return how generated answers changed beside their scores."""
    return _shifts("ANSWERS", found, [against.behaviour for against in found.against])


def _drift_line(
    candidate: str, group: DriftGroup, shifts: Sequence[Shift], notes: Footnotes
) -> list[str | int]:
    found = [shift.change.difference for shift in shifts]
    return [
        candidate,
        domain_name(group),
        len(group.rows),
        sum(difference.estimate.n for difference in found if difference is not None),
        marked(signed_text(group.mean, group.unit, False), reason_text(group.qualified), notes),
    ]


def domain_name(group: DriftGroup) -> str:
    """Return ``general en``."""
    return f"{group.capability} {group.language}"


def _shifts(title: str, found: Comparison, given: Sequence[Sequence[Shift]]) -> Section | None:
    """Return the clear ones of secondary metrics, one column per candidate."""
    by_key = [{(shift.row, shift.metric): shift for shift in shifts} for shifts in given]
    keys = list(dict.fromkeys(key for shifts in by_key for key in shifts))
    keys = [key for key in keys if (key[0], _HIDES.get(key[1])) not in keys]
    clear = [key for key in keys if any(_is_clear(shifts.get(key)) for shifts in by_key)]
    if not keys:
        return None
    notes, every = Footnotes(), [shift for shifts in given for shift in shifts]
    heads = ("row", "what", "n", found.reference, *(a.candidate for a in found.against))
    return Section(
        title=f"{title} against {found.reference}",
        intro=f"{differences_name(every)} ({shift_methods(every)}), shares in %, where an interval "
        f"excludes 0: {len(clear)} of {len(keys)} (JSON has all).",
        heads=heads if clear else (),
        rows=[_shift_line(key, by_key, notes) for key in clear],
        notes=notes.lines(),
    )


def _is_clear(shift: Shift | None) -> bool:
    return shift is not None and shift.change.wording != "no clear change"


def _shift_line(
    key: tuple[str, str], by_key: Sequence[dict[tuple[str, str], Shift]], notes: Footnotes
) -> list[str | int]:
    shifts = [by.get(key) for by in by_key]
    first = next(shift for shift in shifts if shift is not None)
    sizes = [s.change.difference.estimate.n for s in shifts if s and s.change.difference]
    unit = unit_text(first.unit)
    arrow = " ↓" if first.higher_is_better is False else ""
    return [
        first.row,
        f"{first.metric.replace('_', ' ')}{arrow}" + (f" {unit}" if unit not in ("", "%") else ""),
        min(sizes, default=0),
        estimate_text(first.before, first.unit, with_unit=False),
        *(MISSING if shift is None else difference_cell(shift, notes) for shift in shifts),
    ]
