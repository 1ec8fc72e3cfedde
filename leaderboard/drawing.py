"""A chart on a page, in the size that it was made for."""

from typing import Any

import streamlit as st

_BETWEEN = {"row": 68, "column": 52}
"""Pixels between the panels of one chart; labels stand there, farther out than in a report."""


def drawn(chart: Any) -> None:
    """Show a chart so that its width and height are those of its plot.

    Streamlit's theme would count labels in, and squeeze a matrix of two columns below its labels.
    """
    panels = {"spacing": _BETWEEN} if "facet" in chart.to_dict() else {}
    st.altair_chart(chart.properties(autosize="pad", **panels), width="content")


def fitted(chart: Any, key: str) -> None:
    """Show a chart of one view as wide as there is room; its height is that of its plot."""
    size = {"type": "fit-x", "contains": "padding"}
    st.altair_chart(chart.properties(autosize=size), key=key)
