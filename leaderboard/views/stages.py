"""One chain, base → SFT → aligned: how each task went, what was forgotten, what gain cost."""

import streamlit as st

from harness.errors import AligntaxError
from harness.render import visible
from leaderboard import along, matrix, stage_parts, state
from leaderboard.frame import opened, unfinished
from leaderboard.plain import plain
from leaderboard.sought import default_checkpoint
from leaderboard.source.comparing import compared

PARTS = ("Trajectories", "Forgetting", "Tax and gain", "Format or capability", "Training")

board = opened("Stages")
first, second = st.columns(2)
with first:
    family = state.pick("Family", board.families, "family", board.families[0]) or board.families[0]
own = board.checkpoints[board.checkpoints["family"] == family]
with second:
    names = list(own["checkpoint"])
    end = state.pick("Checkpoint", names, "checkpoint", default_checkpoint(own)) or names[-1]
chain = along.chain_to(own, end)
st.text(" → ".join(map(visible, chain)))
unfinished(own[own["checkpoint"].isin(chain)])
entries = board.entries[
    (board.entries["family"] == family) & board.entries["checkpoint"].isin(chain)
]
rows = matrix.rows_of(entries)
part = state.part(PARTS, "about")
try:
    if part == "Trajectories":
        stage_parts.trajectories(family, entries, rows, chain)
    elif part == "Tax and gain":
        stage_parts.tax_and_gain(family, own, end)
    elif part == "Training":
        stage = own.set_index("checkpoint").at[end, "stage"]
        stage_parts.training(family, own, list(rows["row"]), stage)
    elif len(chain) < 2:
        st.info("A root has no earlier stage: choose a later checkpoint.")
    elif part == "Forgetting":
        stage_parts.forgetting(family, compared(family, chain, chain[0]))
    else:
        stage_parts.formats(family, compared(family, chain, chain[0]))
except AligntaxError as error:
    st.info(plain(str(error)))
