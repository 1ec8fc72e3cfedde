"""The stage table of one family: what each checkpoint scores and what it changed."""

import streamlit as st

from harness.errors import AligntaxError
from leaderboard.source import families, store_path
from leaderboard.tables import legend, stage_frame

st.title("Stages")
try:
    found = families()
except AligntaxError as error:
    st.error(f"`{store_path()}`")
    st.code(str(error), language=None)
    st.stop()
if not found:
    st.info("This store is empty. Fill it with `aligntax run run.yaml` or `aligntax demo`.")
    st.code(str(store_path()), language=None)
    st.stop()
name = st.selectbox("Family", list(found), key="family")
family = found[name]
if not family.finished:
    st.warning("The newest run of this family isn't finished; the table shows what there is.")
if not family.table.rows:
    st.info("No document has been scored yet.")
    st.stop()
frame = stage_frame(family.table)
st.dataframe(frame, hide_index=True, height=36 * (len(frame) + 1) + 3)
st.caption(legend(family.table))
