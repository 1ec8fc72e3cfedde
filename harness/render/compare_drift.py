"""The sections of a comparison beside scores: perplexity, calibration, behaviour."""

from collections.abc import Sequence

from harness.render.compare_scores import difference_cell
from harness.render.footnotes import Footnotes
from harness.render.headline import reason_text
from harness.render.numbers import MISSING, estimate_text, signed_text, unit_text
from harness.render.sections import Section
from harness.results import Comparison, DriftGroup, Shift

_HIDES = {"answer_characters": "answer_tokens"}  # one length is enough, where tokens compare


def perplexity(found: Comparison) -> Section | None:
    """Return how bits per byte moved by domain."""
    notes = Footnotes()
    rows = [
        _drift_line(against.candidate, group, notes)
        for against in found.against
        for group in against.drift
    ]
    if not rows:
        return None
    return Section(
        title=f"PERPLEXITY DRIFT against {found.reference}",
        intro="Mean paired change by domain in bits per byte, lower is better (linearised ratio by "
        "document, rows of a domain by variance recovery); it is in no tax.",
        heads=("candidate", "domain", "rows", "change"),
        rows=rows,
        notes=notes.lines(),
    )


def calibration(found: Comparison) -> Section | None:
    """Return how calibration errors moved."""
    return _shifts("CALIBRATION", found, [against.calibration for against in found.against])


def behaviour(found: Comparison) -> Section | None:
    """Return how generated answers changed beside their scores."""
    return _shifts("ANSWERS", found, [against.behaviour for against in found.against])


def _drift_line(candidate: str, group: DriftGroup, notes: Footnotes) -> list[str | int]:
    why = reason_text(group.qualified)
    text = signed_text(group.mean, group.unit, False)
    return [
        candidate,
        domain_name(group),
        len(group.rows),
        f"{text}{notes.mark(why) if why else ''}",
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
    notes = Footnotes()
    heads = ("row", "what", "n", found.reference, *(a.candidate for a in found.against))
    return Section(
        title=f"{title} against {found.reference}",
        intro="Paired differences, shares in %, where an interval excludes 0: "
        f"{len(clear)} of {len(keys)} (--json has all).",
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
