"""Navigation only; each page is a file in ``views/``."""

import streamlit as st

st.set_page_config(page_title="aligntax", layout="wide")
st.navigation([st.Page("views/stages.py", title="Stages", default=True)]).run()
