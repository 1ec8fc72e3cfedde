"""A comparison as data frames of text and as what charts are drawn from; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from harness.records import Estimate
from harness.render import MISSING, difference_text, estimate_text, number, p_text
from harness.render.charts import Bin, Delta
from harness.render.headline import reason_text
from harness.render.numbers import margin_text, signed_text, unit_text
from harness.render.sections import Section
from harness.render.stages import MARKS
from harness.results import Against, Flips, Shift, Trajectories
from harness.results.calibration import Certainty

__all__ = [
    "bins",
    "bins_frame",
    "chart_title",
    "deltas",
    "flips_frame",
    "followed",
    "section_frame",
    "shift_numbers",
    "shifts_frame",
    "units",
]

Margins = Mapping[str, float]
"""By row, own scale."""


def units(against: Against) -> list[str]:
    """Return the units that rows with a difference have, that of most rows first."""
    rows = (shift for shift in against.rows if shift.change.difference is not None)
    return [unit for unit, _ in Counter(shift.unit for shift in rows).most_common()]


def chart_title(against: Against, unit: str) -> str:
    """Return what the chart of one unit shows: ``accuracy, macro_f1: dpo minus sft``."""
    own = [shift for shift in against.rows if shift.unit == unit]
    metrics = ", ".join(dict.fromkeys(shift.metric for shift in own))
    lower = all(shift.higher_is_better is False for shift in own)
    said = f"{metrics}: {against.candidate} minus {against.reference}"
    return f"{said}, lower is better" if lower else said


def deltas(against: Against, unit: str, margins: Margins) -> list[Delta]:
    """Return the differences of one unit, with the margins that a gate allowed."""
    found = []
    for shift in against.rows:
        difference, judged = shift.change.difference, shift.change.comparability
        if shift.unit != unit or difference is None:
            continue
        found.append(
            Delta(
                label=shift.row,
                value=difference.estimate.value,
                low=difference.estimate.low,
                high=difference.estimate.high,
                margin=margins.get(shift.row),
                qualified=judged is not None and judged.verdict == "QUALIFIED",
                wording=shift.change.wording,
                higher_is_better=shift.higher_is_better,
            )
        )
    return found


def shifts_frame(against: Against, shifts: Sequence[Shift], margins: Margins) -> pd.DataFrame:
    """Return a line for each row: both ends, the paired difference and what it is worth."""
    return pd.DataFrame([_shift(against, shift, margins) for shift in shifts])


def shift_numbers(against: Against, shifts: Sequence[Shift], margins: Margins) -> pd.DataFrame:
    """Return the numbers behind :func:`shifts_frame`, own scale."""
    rows = []
    for shift in shifts:
        difference, judged = shift.change.difference, shift.change.comparability
        row: dict[str, object] = {
            "row": shift.row,
            "metric": shift.metric,
            "unit": shift.unit,
            "reference": against.reference,
            "candidate": against.candidate,
        }
        row |= _ends("before", shift.before) | _ends("after", shift.after)
        row |= _ends("difference", difference.estimate if difference else None)
        row |= {
            "p": difference.p if difference else None,
            "adjusted": shift.adjusted,
            "test": difference.test if difference else "",
            "margin": margins.get(shift.row),
            "wording": shift.change.wording,
            "comparability": judged.verdict if judged else "",
            "reasons": ", ".join(map(str, judged.reasons)) if judged else "",
        }
        rows.append(row)
    return pd.DataFrame(rows)


def followed(found: Sequence[Trajectories]) -> list[tuple[Trajectories, Flips]]:
    """Return each pair of checkpoints of each row, those that lost most first."""
    pairs = [(each, flips) for each in found for flips in each.flips]
    return sorted(pairs, key=lambda pair: -pair[1].lost.value)


def flips_frame(pairs: Sequence[tuple[Trajectories, Flips]]) -> pd.DataFrame:
    """Return a line for each pair of checkpoints and row."""
    return pd.DataFrame([_flips(each, flips) for each, flips in pairs])


def bins(found: Sequence[Certainty]) -> list[Bin]:
    """Return what a reliability diagram is drawn from."""
    return [
        Bin(
            label=each.checkpoint,
            confidence=each.confidence,
            accuracy=each.accuracy.value,
            n=each.accuracy.n,
            low=each.accuracy.low,
            high=each.accuracy.high,
        )
        for each in found
    ]


def bins_frame(found: Sequence[Certainty]) -> pd.DataFrame:
    """Return the same as a table."""
    return pd.DataFrame(
        [
            {
                "checkpoint": each.checkpoint,
                "confidence between": f"{number(each.low, '%')} and {number(each.high, '%')} %",
                "mean confidence": f"{number(each.confidence, '%')} %",
                "right": estimate_text(each.accuracy, "%"),
                "answers": each.accuracy.n,
            }
            for each in found
        ]
    )


def section_frame(section: Section) -> pd.DataFrame:
    """Return a section's table; what its marks mean stands in its notes."""
    return pd.DataFrame([[*row] for row in section.rows], columns=[*section.heads])


def _shift(against: Against, shift: Shift, margins: Margins) -> dict[str, str]:
    change, margin = shift.change, margins.get(shift.row)
    judged = change.comparability
    unit = unit_text(shift.unit)
    arrow = " ↓" if shift.higher_is_better is False else ""
    return {
        "row": shift.row,
        "metric": f"{shift.metric}{f' ({unit})' if unit else ''}{arrow}",
        against.reference: estimate_text(shift.before, shift.unit, with_unit=False),
        against.candidate: estimate_text(shift.after, shift.unit, with_unit=False),
        "difference": f"{MARKS[change.wording]} {difference_text(change.difference, shift.unit)}",
        "n": str(change.difference.estimate.n) if change.difference else MISSING,
        "p": p_text(change.difference.p if change.difference else None),
        "adjusted": p_text(shift.adjusted),
        "margin": MISSING if margin is None else margin_text(margin, shift.unit),
        "wording": change.wording,
        "comparability": judged.verdict if judged else MISSING,
        "reasons": reason_text(judged.reasons).removeprefix("qualified: ") if judged else "",
    }


def _ends(name: str, estimate: Estimate | None) -> dict[str, object]:
    return {
        name: estimate.value if estimate else None,
        f"{name}_low": estimate.low if estimate else None,
        f"{name}_high": estimate.high if estimate else None,
        f"{name}_n": estimate.n if estimate else None,
    }


def _flips(each: Trajectories, flips: Flips) -> dict[str, str]:
    lost = sorted(flips.reasons.items(), key=lambda pair: -pair[1])
    why = ", ".join(f"{code.replace('_', ' ')} {count}" for code, count in lost)
    return {
        "row": each.row,
        "from": flips.reference,
        "to": flips.candidate,
        "n": str(flips.n),
        "lost (NFR) %": estimate_text(flips.lost, "%", with_unit=False),
        "won (PFR) %": estimate_text(flips.gained, "%", with_unit=False),
        "asked again (A/A) %": estimate_text(flips.floor, "%", with_unit=False),
        "lost beyond A/A": signed_text(flips.excess, "%"),
        "lost by": why or "none",
        "comparability": "QUALIFIED" if flips.qualified else "COMPARABLE",
        "reasons": reason_text(flips.qualified).removeprefix("qualified: "),
    }
