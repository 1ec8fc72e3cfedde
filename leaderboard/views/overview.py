"""Which checkpoint to ship: what each gained, what it cost, where most, and what it lost."""

import streamlit as st

from leaderboard import state, summary, tables
from leaderboard.drawing import drawn
from leaderboard.frame import note, opened, unfinished
from leaderboard.lineage import graph, nodes
from leaderboard.plain import plain

CARDS = 6

board = opened("Overview")
if len(board.families) > 1:
    tables.shown(summary.families_of(board.checkpoints), "families", key="families")
with st.columns(3)[0]:
    family = state.pick("Family", board.families, "family", board.families[0])
family = family or board.families[0]
own = board.checkpoints[board.checkpoints["family"] == family]
entries = board.entries[board.entries["family"] == family]
unfinished(own)

aligned = summary.by_cost(own)
st.subheader("Aligned checkpoints, the least cost first")
if aligned.empty:
    st.text("This family has no aligned checkpoint yet.")
else:
    note(summary.order_note(aligned))
shown = state.page(-(-len(aligned) // CARDS), "cards") if len(aligned) > CARDS else 1
for one in aligned.iloc[CARDS * (shown - 1) : CARDS * shown].itertuples():
    with st.container(border=True, gap="small"):
        st.markdown(f"**{plain(one.checkpoint)}**")
        st.text(one.headline or one.gain_words)
        if verdict := summary.verdict_text(one):
            st.text(f"Gate: {verdict}, {one.verdict_at[:10]}")
        with st.container(horizontal=True, gap="medium"):
            at = {"family": family, "checkpoint": one.checkpoint}
            row = summary.lost_row(entries, one.checkpoint, one.worst_task)
            state.link("stages", "Stages", **at)
            if isinstance(one.reference, str):
                pair = [one.reference, one.checkpoint]
                state.link(
                    "compare",
                    f"Compare with {one.reference}",
                    family=family,
                    checkpoints=pair,
                    reference=one.reference,
                )
            if row is not None:
                state.link(
                    "samples",
                    f"What it lost on {row}",
                    row=row,
                    flip=f"lost at {one.checkpoint}",
                    **at,
                )

st.subheader("Lineage")
drawn(graph(nodes(own, [summary.note(one) for one in own.itertuples()])))
st.subheader("Checkpoints")
tables.shown(summary.summary(own), f"{family} checkpoints", key="checkpoints", data=own)
note(summary.legend())
