"""One chain of checkpoints, from the root to its last: tables and the points of charts; pure."""

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from harness.render import estimate_text, number, unit_text
from harness.render.charts import Cell, Delta, Mark, Spot
from harness.render.headline import reason_text
from harness.results import Curve, Forgetting, Front, Split
from leaderboard.wording import change_and_reasons, value_text


def chain_to(checkpoints: pd.DataFrame, end: str) -> list[str]:
    """Return one family's checkpoints from the root to ``end``; a circle is walked once."""
    parents = dict(zip(checkpoints["checkpoint"], checkpoints["parent"], strict=True))
    chain = [end]
    while (parent := parents.get(chain[-1])) in parents and parent not in chain:
        chain.append(parent)
    return chain[::-1]


def stage_table(entries: pd.DataFrame, rows: pd.DataFrame, chain: Sequence[str]) -> pd.DataFrame:
    """Return the estimates of a chain as text, each beside its change against the one before."""
    cells = {(entry.row, entry.checkpoint): entry for entry in entries.itertuples()}
    heads = ["capability", "task row", "metric", "guess", chain[0]]
    heads += [head for name in chain[1:] for head in (name, f"{name} Δ parent")]
    lines = []
    for row in rows.itertuples():
        unit = unit_text(row.unit)
        metric = f"{row.metric}{f', {unit}' if unit else ''}"
        line = [row.capability, row.row, f"{metric}{'' if row.higher_is_better else ' ↓'}"]
        guessed = row.chance == row.chance and row.chance != 0
        line.append(number(row.chance, row.unit).removesuffix(".0") if guessed else "")
        for name in chain:
            entry = cells.get((row.row, name))
            line.append("not evaluated" if entry is None else value_text(entry))
            if name != chain[0]:
                line.append("" if entry is None else change_and_reasons(entry))
        lines.append(line)
    return pd.DataFrame(lines, columns=heads)


def marks(entries: pd.DataFrame, rows: Sequence[str], chain: Sequence[str]) -> list[Mark]:
    """Return the points of trajectories; rows that weren't asked alike all along say so."""
    own = entries[entries["row"].isin(rows)]
    cells = {(entry.row, entry.checkpoint): entry for entry in own.itertuples()}
    uneven = {
        row: verdict
        for verdict in ("QUALIFIED", "INCOMPARABLE")  # the worse one is said
        for row in own.loc[own["comparability"] == verdict, "row"]
    }
    found = []
    for row in rows:
        group = f"{row} ({uneven[row]})" if row in uneven else row
        units = [cells[row, name].unit for name in chain if (row, name) in cells]
        for name in chain:
            entry = cells.get((row, name))
            value, low, high = (
                None if entry is None else _known(getattr(entry, field))
                for field in ("value", "low", "high")
            )
            found.append(
                Mark(label=name, group=group, value=value, low=low, high=high, unit=units[0])
            )
    return found


def taught(found: Forgetting) -> list[Cell]:
    """Return the forgetting matrix: scores after each stage on what each stage taught."""
    return [
        Cell(row=f"after {after}", column=f"{by}: {group}", value=value)
        for after, line in zip(found.chain, found.matrix, strict=True)
        for (by, group), value in zip(found.taught.items(), line, strict=True)
    ]


def lost(found: Forgetting) -> list[Cell]:
    """Return what the last stage changed on each row since each earlier one, normalised."""
    cells = []
    for row in found.rows:
        deltas = {anchor.reference: anchor.delta.value for anchor in row.anchored}
        name = f"{row.row} (QUALIFIED)" if row.qualified else row.row
        cells += [
            Cell(row=name, column=f"since {stage}", value=deltas.get(stage))
            for stage in found.chain[:-1]
        ]
    return cells


def first_rows(cells: Sequence[Cell], most: int) -> list[Cell]:
    """Return the fields of the first rows of a matrix."""
    rows = dict.fromkeys(cell.row for cell in cells)
    kept = set(list(rows)[:most])
    return [cell for cell in cells if cell.row in kept]


def terms(splits: Sequence[Split], name: str, unit: str) -> list[Delta]:
    """Return one term of each task's split, of those in one unit."""
    return [
        Delta(label=split.task, value=one.value, low=one.low, high=one.high)
        for split in splits
        if split.unit == unit
        for one in (term.estimate for term in split.terms if term.name == name)
    ]


def siblings_of(checkpoints: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the checkpoints with the same parent, itself included; a root has none."""
    parent = checkpoints.loc[checkpoints["checkpoint"] == name, "parent"].iloc[0]
    return checkpoints[(checkpoints["parent"] == parent) & checkpoints["parent"].notna()]


def spots(checkpoints: pd.DataFrame, fronts: Sequence[Front]) -> list[Spot]:
    """Return the points of gain against tax; the net loss is the net change turned round.

    Who was in no duel is on the front: nothing dominates it.
    """
    beaten = {name for front in fronts for name in front.dominated}
    placed = checkpoints[checkpoints["gain"].notna() & checkpoints["net"].notna()]
    return [
        Spot(
            label=f"{one.checkpoint} (QUALIFIED)" if one.qualified else one.checkpoint,
            gain=one.gain,
            gain_low=_known(one.gain_low),
            gain_high=_known(one.gain_high),
            tax=-one.net,
            tax_low=_known(-one.net_high),
            tax_high=_known(-one.net_low),
            front=one.checkpoint not in beaten,
        )
        for one in placed.itertuples()
    ]


def attributes_of(checkpoints: pd.DataFrame, stage: str) -> Mapping[str, Mapping[str, float]]:
    """Return the numeric attributes of a stage's checkpoints, those that have any."""
    own = checkpoints[checkpoints["stage"] == stage]
    read = {one.checkpoint: json.loads(one.attributes) for one in own.itertuples()}
    numbers = {
        name: {k: v for k, v in held.items() if isinstance(v, int | float) and v is not True}
        for name, held in read.items()
    }
    return {name: held for name, held in numbers.items() if held}


def curve_marks(found: Curve) -> list[Mark]:
    """Return the points of one curve."""
    why = reason_text(found.qualified)
    return [
        Mark(
            label=point.checkpoint,
            group=f"{found.row} (QUALIFIED)" if why else found.row,
            value=point.estimate.value,
            low=point.estimate.low,
            high=point.estimate.high,
            unit=found.unit,
            at=point.at,
        )
        for point in found.points
    ]


def curve_frames(found: Curve) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points of one curve as text and as numbers."""
    unit = unit_text(found.unit)
    value = f"{found.metric}{f', {unit}' if unit else ''}"
    texts, numbers = [], []
    for point in found.points:
        where = {"checkpoint": point.checkpoint, found.attribute: point.at}
        one = point.estimate
        texts.append({**where, value: estimate_text(one, found.unit, with_unit=False)})
        numbers.append({**where, "value": one.value, "low": one.low, "high": one.high, "n": one.n})
    return pd.DataFrame(texts), pd.DataFrame(numbers)


def _known(value: float) -> float | None:
    return value if value == value else None
