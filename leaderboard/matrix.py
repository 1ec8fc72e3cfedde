"""Checkpoints by table rows: which are wanted, in what order, and what stands in each place; pure.

Filters and order work on whole columns; only the page that is shown is made cell by cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from harness.records import CAPABILITIES

Who = tuple[str, str]
"""A checkpoint by its family and name."""
STAGES = ("base", "cpt", "sft", "aligned", "merged", "quantized")
CHANGE = ("delta", "delta_low", "delta_high", "p", "comparability", "reasons", "wording")
"""The columns that say what changed against a reference."""
COMPARABILITIES = ("COMPARABLE", "QUALIFIED", "INCOMPARABLE")
_KEY = ["family", "checkpoint"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be seen of a board; empty or None: all of it."""

    family: str | None = None
    stages: Sequence[str] = ()
    name: str = ""
    """Part of a checkpoint's name."""
    since: str | None = None
    """The first day, ISO 8601, on which a checkpoint was asked."""
    capabilities: Sequence[str] = ()
    languages: Sequence[str] = ()
    kinds: Sequence[str] = ()

    def of_checkpoints(self, checkpoints: pd.DataFrame) -> pd.DataFrame:
        """Return the checkpoints that are wanted."""
        kept = pd.Series(True, index=checkpoints.index)
        if self.family is not None:
            kept &= checkpoints["family"] == self.family
        if self.stages:
            kept &= checkpoints["stage"].isin(self.stages)
        if self.name:
            kept &= checkpoints["checkpoint"].str.contains(self.name, case=False, regex=False)
        if self.since is not None:
            kept &= checkpoints["date"] >= self.since
        return checkpoints[kept]

    def of_rows(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the table rows that are wanted."""
        kept = pd.Series(True, index=rows.index)
        for column, values in (
            ("capability", self.capabilities),
            ("language", self.languages),
            ("kind", self.kinds),
        ):
            if values:
                kept &= rows[column].isin(values)
        return rows[kept]


def rows_of(entries: pd.DataFrame) -> pd.DataFrame:
    """Return each table row once, with what it measures: by capability, perplexity at the end.

    Where families name different things alike, the first one's stands; cells have their own unit.
    """
    columns = ["row", "task", "kind", "capability", "language"]
    found = entries.drop_duplicates("row")[
        [*columns, "metric", "unit", "higher_is_better", "chance", "ceiling"]
    ]
    place = found["capability"].map({name: i for i, name in enumerate(CAPABILITIES)})
    found = found.assign(_place=place, _drift=found["kind"] == "perplexity")
    found = found.sort_values(["_place", "_drift"], kind="stable", ignore_index=True)
    return found.drop(columns=["_place", "_drift"])


def first_few(rows: pd.DataFrame, most: int) -> list[str]:
    """Return the names of some rows of each capability, at most so many in all, in their order.

    Each task comes once before another of its variants and formats does.
    """
    again = rows.groupby(["capability", "task"], sort=False).cumcount()
    varied = rows.loc[again.sort_values(kind="stable").index]
    turn = varied.groupby("capability", sort=False).cumcount()
    return list(rows.loc[turn.sort_values(kind="stable").index[:most].sort_values(), "row"])


def stages_of(checkpoints: pd.DataFrame) -> list[str]:
    """Return the stages that there are, in the order of training."""
    known = set(checkpoints["stage"])
    return [stage for stage in STAGES if stage in known]


def named(rows: pd.DataFrame, column: str) -> list[str]:
    """Return what there is of something, in the order of the rows."""
    return list(rows[column].unique())


def days(checkpoints: pd.DataFrame) -> list[str]:
    """Return the days on which checkpoints were last asked, the newest first."""
    return sorted({day for day in checkpoints["date"].str[:10] if day}, reverse=True)


def names_of(checkpoints: pd.DataFrame) -> dict[str, Who]:
    """Return each checkpoint under its name, with its family where another one has that name."""
    doubled = checkpoints["checkpoint"].duplicated(keep=False)
    return {
        f"{family}:{name}" if double else name: (family, name)
        for (family, name), double in zip(who(checkpoints), doubled, strict=True)
    }


def ordered(
    checkpoints: pd.DataFrame, entries: pd.DataFrame, group: str | None, sort: str | None
) -> pd.DataFrame:
    """Return checkpoints by ``group`` (``stage`` or ``family``), then the best on a row first.

    Those without a value come last; without a row to sort by the board's order stays.
    """
    found = checkpoints.copy()
    found["_group"] = 0
    if group == "stage":
        found["_group"] = found["stage"].map({stage: i for i, stage in enumerate(STAGES)})
    elif group == "family":
        found["_group"] = found["family"].factorize()[0]
    found["_value"] = 0.0
    if sort is not None:
        found["_value"] = list(found.set_index(_KEY).index.map(oriented(entries, sort)))
    found = found.sort_values(
        ["_group", "_value"], ascending=[True, False], kind="stable", na_position="last"
    )
    return found.drop(columns=["_group", "_value"])


def oriented(entries: pd.DataFrame, row: str) -> dict[Who, float]:
    """Return each checkpoint's value on a row, turned so that higher is better; NaN: none."""
    own = entries[entries["row"] == row]
    value = own["value"].where(own["higher_is_better"].astype(bool), -own["value"])
    return dict(zip(who(own), value, strict=True))


def who(frame: pd.DataFrame) -> list[Who]:
    """Return a frame's checkpoints."""
    return list(zip(frame["family"], frame["checkpoint"], strict=True))


def place(
    entries: pd.DataFrame,
    checkpoints: pd.DataFrame,
    rows: Sequence[str],
    against: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return the entries of some checkpoints on some rows.

    ``against`` are changes against a pinned reference, which then stand for those against the
    parent; the reference itself has none.
    """
    inside = entries["row"].isin(rows) & entries["checkpoint"].isin(checkpoints["checkpoint"])
    found = entries[inside].merge(checkpoints[_KEY], on=_KEY)
    if against is None:
        return found
    kept = found.drop(columns=["reference", *CHANGE, "test"])
    joined = kept.merge(against, on=[*_KEY, "row"], how="left")
    texts = ["comparability", "reasons", "wording"]
    return joined.assign(**{name: joined[name].fillna("") for name in texts})


def only(found: pd.DataFrame, comparability: Sequence[str]) -> pd.DataFrame:
    """Return entries with only those changes whose comparability is wanted; empty: all."""
    if not comparability:
        return found
    other = ~found["comparability"].isin(comparability)
    blank = dict.fromkeys(("comparability", "reasons", "wording"), "")
    numbers = dict.fromkeys(("delta", "delta_low", "delta_high", "p"), float("nan"))
    return found.assign(
        **{name: found[name].mask(other, value) for name, value in (blank | numbers).items()}
    )


def spans(found: pd.DataFrame) -> Mapping[str, tuple[float, float]]:
    """Return by row from where to where its intervals reach, for marks on one scale."""
    low = found["low"].fillna(found["value"])
    high = found["high"].fillna(found["value"])
    ends = pd.DataFrame({"row": found["row"], "low": low, "high": high}).groupby("row")
    return {
        row: (float(a), float(b))
        for row, a, b in zip(
            ends["low"].min().index, ends["low"].min(), ends["high"].max(), strict=True
        )
        if a == a and b == b
    }


def strengths(found: pd.DataFrame) -> pd.Series:
    """Return for each entry how strong its colour is: -1 worst, 0 none, 1 best.

    Only changes whose interval excludes zero have a colour. It is full where a quarter of the way
    from guessing to the best possible was lost or won; without such a scale, at the largest change
    of the row.
    """
    clear = (found["delta_low"] > 0) | (found["delta_high"] < 0)
    sign = found["higher_is_better"].astype(bool).map({True: 1.0, False: -1.0})
    width = (found["ceiling"] - found["chance"]).abs() / 4
    largest = found["delta"].abs().groupby(found["row"]).transform("max")
    full = width.where(width > 0, largest)
    share = (found["delta"] * sign / full).clip(-1, 1)
    return share.where(clear, 0.0).fillna(0.0)
