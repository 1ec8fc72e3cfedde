"""One line per checkpoint: what it gained, what it cost, where most, and what a gate said."""

from typing import Any, TypeAlias

import pandas as pd

from harness.render import MISSING, number
from harness.render.numbers import unit_text
from harness.render.stages import MARKS
from leaderboard.wording import bounded

Row: TypeAlias = Any
"""A named tuple of a board's checkpoint columns."""
_SHARE = "%"
"""Gain, tax and worst task are shares of the way from guessing to the best possible."""


def summary(checkpoints: pd.DataFrame) -> pd.DataFrame:
    """Return checkpoints as text, in their order; blank where a root has nothing to be said of."""
    lines = [
        {
            "checkpoint": one.checkpoint,
            "stage": one.stage,
            "parent": "" if pd.isna(one.parent) else one.parent,
            "kept (net)": cost_text(one),
            "worst task": worst_text(one),
            "certain loss": ", ".join(one.certified),
            "gain (net)": _gain(one),
            "TAX⁺": _tax(one),
            "gate": verdict_text(one),
            "comparability": _comparability(one),
            "drift": _drift(one),
            "rows": f"{one.rows_done} of {one.rows_of}",
            "newest run": one.date[:16].replace("T", " "),
        }
        for one in checkpoints.itertuples()
    ]
    return pd.DataFrame(lines, columns=None if lines else ["checkpoint"])


def legend() -> str:
    """Return how to read it, in plain text."""
    return (
        "Gain and kept are net changes against the parent, in points of the way from guessing to "
        "the best possible, on what was sought and on what should have been kept; in brackets 95 % "
        "intervals. TAX⁺ counts losses alone, so noise adds to it: the second number is what "
        "it would be had nothing changed. Drift is the change of bits per byte on general text: a "
        "rise is worse. "
        f"{MARKS['gained']} gained, {MARKS['lost']} lost, {MARKS['changed']} changed but asked "
        f"differently (QUALIFIED), {MARKS['no clear change']} no clear change."
    )


def by_cost(checkpoints: pd.DataFrame) -> pd.DataFrame:
    """Return the aligned ones, the least net cost first; those without a number come last."""
    aligned = checkpoints[checkpoints["stage"] == "aligned"]
    return aligned.sort_values("net", ascending=False, kind="stable", na_position="last")


def order_note(aligned: pd.DataFrame) -> str:
    """Return what the order of :func:`by_cost` rests on."""
    if len(aligned) == 1:
        return "Its cost is the net change on what it should have kept."
    return (
        "Ordered by the net change on what each should have kept. Where intervals overlap the "
        "order may be chance: Compare tells two apart, document by document."
    )


def families_of(checkpoints: pd.DataFrame) -> pd.DataFrame:
    """Return the families with how much there is of each, in their order."""
    found = checkpoints.groupby("family", sort=False).agg(
        checkpoints=("checkpoint", "size"),
        aligned=("stage", lambda stages: int((stages == "aligned").sum())),
        rows=("rows_of", "max"),
        newest=("date", "max"),
    )
    found["newest"] = found["newest"].str[:16].str.replace("T", " ")
    return found.reset_index().rename(columns={"newest": "newest run", "rows": "task rows"})


def lost_row(entries: pd.DataFrame, checkpoint: str, task: str) -> str | None:
    """Return the row of a task on which a checkpoint's change is the worst; None: it has none."""
    mine = entries[(entries["checkpoint"] == checkpoint) & (entries["task"] == task)]
    mine = mine[mine["delta"].notna()]
    if mine.empty:
        return None
    loss = mine["delta"].where(mine["higher_is_better"].astype(bool), -mine["delta"])
    found: str = mine.loc[loss.idxmin(), "row"]
    return found


def cost_text(one: Row) -> str:
    """Return the net change on what should have been kept: ``▼ −1.2 [−2.0, −0.4]``."""
    if pd.isna(one.net):
        return "" if pd.isna(one.reference) else MISSING
    return f"{_mark(one.net_low, one.net_high, one.qualified)} {_signed(one, 'net')}"


def worst_text(one: Row) -> str:
    """Return the task that lost most, and how much."""
    return "" if pd.isna(one.worst) else f"{one.worst_task} {_signed(one, 'worst')}"


def verdict_text(one: Row) -> str:
    """Return what the newest gate said of it; empty: none looked at it."""
    if not one.verdict:
        return ""
    against = f" against {one.verdict_baseline}" if one.verdict_baseline else ""
    return f"{one.verdict}{against}"


def note(one: Row) -> str:
    """Return what a lineage graph says below a checkpoint's name."""
    cost = cost_text(one)
    return f"{one.stage}, kept {cost}" if cost else one.stage


def _gain(one: Row) -> str:
    if pd.isna(one.gain):
        return one.gain_words
    return f"{_mark(one.gain_low, one.gain_high, one.qualified)} {_signed(one, 'gain')}"


def _tax(one: Row) -> str:
    if pd.isna(one.tax):
        return ""
    noise = "" if pd.isna(one.tax_noise) else f" (noise {number(one.tax_noise, _SHARE)})"
    return f"{number(one.tax, _SHARE)}{noise}"


def _drift(one: Row) -> str:
    if pd.isna(one.drift):
        return ""
    unit = unit_text(one.drift_unit, difference=True)
    return f"{_signed(one, 'drift', one.drift_unit)} {unit}"


def _comparability(one: Row) -> str:
    if pd.isna(one.reference):
        return ""
    if one.qualified:
        return f"QUALIFIED: {one.qualified.removeprefix('qualified: ')}"
    return "" if pd.isna(one.net) and pd.isna(one.gain) else "COMPARABLE"


def _mark(low: float, high: float, qualified: str) -> str:
    if pd.isna(low) or pd.isna(high) or low <= 0 <= high:
        return MARKS["no clear change"]
    if qualified:
        return MARKS["changed"]
    return MARKS["gained" if low > 0 else "lost"]


def _signed(one: Row, name: str, unit: str = _SHARE) -> str:
    low, high = (getattr(one, f"{name}_{end}") for end in ("low", "high"))
    return bounded(getattr(one, name), low, high, unit, "+")
