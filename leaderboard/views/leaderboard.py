"""All checkpoints on all tasks: estimates, their intervals, tiers, and changes."""

import pandas as pd
import streamlit as st

from leaderboard import grid, matrix, state, tables
from leaderboard.filters import filters
from leaderboard.frame import note, opened, unfinished
from leaderboard.source.board import pinned
from leaderboard.source.standings import tiers_on

LINES = 50

board = opened("Leaderboard")
entries = board.entries
top = st.columns(4)
with top[0]:
    family = state.pick("Family", board.families, "family", none="all")
rows = matrix.rows_of(entries if family is None else entries[entries["family"] == family])
asked = filters(board.checkpoints, rows, family)
columns, kept = asked.columns, asked.checkpoints
with top[1]:
    names = matrix.names_of(board.checkpoints)
    reference = state.pick("Pinned reference", list(names), "reference", none="each one's parent")
with top[2]:
    sort = state.pick("Best first on", columns, "sort", none="nothing: as they were run")
with top[3]:
    group = state.pick("Group lines by", ["stage", "family"], "group", none="nothing")
if kept.empty or not columns:
    st.info("Nothing is like this; take a filter away or choose a column.")
    st.stop()
unfinished(kept)
lines = matrix.ordered(kept, entries, group, sort)
number = state.page(-(-len(lines) // LINES), "sheet") if len(lines) > LINES else 1
here = lines.iloc[LINES * (number - 1) : LINES * number]


def placed(some: pd.DataFrame) -> pd.DataFrame:
    """Return the entries of some checkpoints, with the changes that are asked for."""
    pin = None if reference is None else pinned(names[reference], matrix.who(some), columns)
    return matrix.only(matrix.place(entries, some, columns, pin), asked.comparability)


found = placed(here)
whole = grid.Grid(
    checkpoints=here,
    rows=rows.set_index("row", drop=False).loc[columns],
    cells=grid.grid_cells(found),
    spans=matrix.spans(found),
    tiers={row: tiers_on(row, matrix.who(kept)) for row in columns},
    group=group,
)
st.html(grid.table(whole))
title = f"{family or 'all families'} leaderboard"
tables.downloads(grid.texts(whole), title, key="leaderboard", data=lambda: placed(lines))
note(grid.legend(reference))
