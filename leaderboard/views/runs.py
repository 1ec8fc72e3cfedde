"""What was run, on what, at what cost, and what is missing."""

import streamlit as st

from harness.errors import AligntaxError
from leaderboard.frame import opened
from leaderboard.plain import plain
from leaderboard.run_parts import all_runs, commands, coverage, one_run
from leaderboard.source.runs import missing, runs_of
from leaderboard.state import part, pick

board = opened("Runs")
first, _ = st.columns([1, 2])
with first:
    family = pick("Family", board.families, "family", board.families[0]) or board.families[0]
names = list(board.checkpoints[board.checkpoints["family"] == family]["checkpoint"])
entries = board.entries[board.entries["family"] == family]
try:
    if part(["Runs", "Missing"], "part") == "Missing":
        commands(missing(family), family)
        st.subheader("Coverage")
        coverage(entries, names, family)
    else:
        one_run(all_runs(runs_of(family), family), entries, family)
except AligntaxError as error:
    st.info(plain(str(error)))
