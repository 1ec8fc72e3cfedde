"""What gates said, over time and rule by rule."""

import streamlit as st

from harness.errors import AligntaxError
from harness.render import visible
from leaderboard.frame import opened
from leaderboard.gate_parts import over_time, picked, verdict
from leaderboard.plain import plain
from leaderboard.source.gates import damaged, history
from leaderboard.state import part, pick

board = opened("Gates")
first, second, _ = st.columns(3)
with first:
    family = pick("Family", board.families, "family", board.families[0]) or board.families[0]
try:
    found = history(family)
    lines = damaged()
except AligntaxError as error:
    st.info(plain(str(error)))
    st.stop()
if lines:
    st.warning("Some verdicts can't be read; the others are shown.")
    st.code("\n".join(map(visible, lines[:20])), language=None)
if not found:
    st.info(
        "No gate has judged a checkpoint of this family yet. "
        "`aligntax gate --baseline A --candidate B --policy gate.yaml` judges one and keeps it."
    )
    st.stop()
with second:
    baseline = pick("Baseline", sorted({one.verdict.baseline for one in found}), "baseline")
kept = [one for one in found if baseline in (None, one.verdict.baseline)]
if part(["Verdicts", "Rules over time"], "part") == "Verdicts":
    verdict(picked(kept, family), family)
else:
    over_time(kept, family)
