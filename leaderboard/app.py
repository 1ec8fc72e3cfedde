"""Navigation only; each page is a file in ``views/``."""

import streamlit as st

PAGES = {
    "overview": "Overview",
    "leaderboard": "Leaderboard",
    "stages": "Stages",
    "compare": "Compare",
    "samples": "Samples",
    "gates": "Gates",
    "runs": "Runs",
}
SIDEBAR = 190  # pixels: short names leave the room to the tables

st.set_page_config(page_title="aligntax", layout="wide", initial_sidebar_state=SIDEBAR)
st.navigation(
    [
        st.Page(f"views/{file}.py", title=title, url_path=file, default=file == "overview")
        for file, title in PAGES.items()
    ]
).run()
