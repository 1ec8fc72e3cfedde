"""What every page begins with: its title, and what has to be known of the store first."""

import pandas as pd
import streamlit as st

from harness.errors import AligntaxError
from harness.render import visible
from leaderboard.plain import plain
from leaderboard.source import share_safe, store_path
from leaderboard.source.board import Board, board, newer, reload
from leaderboard.styles import styled

_LOOK_AGAIN = 30
"""Seconds between two looks at the store while a page is open."""
_DAMAGE = 20
"""Damaged things that are listed; a store that lost its disk has thousands."""


def opened(title: str) -> Board:
    """Show a page's head and return what the store holds; a page without anything ends here."""
    styled()
    st.title(title)
    st.sidebar.caption(f"Store: {plain(str(store_path()))}")
    try:
        found = board()
    except AligntaxError as error:
        st.error("The store can't be read.")
        st.code(str(error), language=None)
        st.stop()
    _freshness()
    if share_safe():
        st.info("Share-safe: texts of documents, prompts and answers are hidden on all pages.")
    _damage(found.damage)
    if found.checkpoints.empty:
        st.info("This store is empty. Fill it with `aligntax run run.yaml` or `aligntax demo`.")
        st.code(str(store_path()), language=None)
        st.stop()
    return found


def note(text: str) -> None:
    """Show how something is to be read, in small type."""
    st.caption(plain(text))


def unfinished(checkpoints: pd.DataFrame) -> None:
    """Say which of some checkpoints lack evidence, and where the command stands that gets it."""
    partial = checkpoints[checkpoints["rows_done"] < checkpoints["rows_of"]]
    if partial.empty:
        return
    named = [
        f"{visible(one.checkpoint)} has {one.rows_done} of {one.rows_of} rows"
        for one in partial.head(3).itertuples()
    ]
    more = len(partial) - len(named)
    said = "; ".join([*named, *([f"{more:,} more checkpoints lack some"] if more else [])])
    note(f"Not everything is evaluated yet: {said}. Runs has the command that completes it.")


@st.fragment(run_every=_LOOK_AGAIN)
def _freshness() -> None:
    if newer():
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.text("The store has changed since this page was made.")
            if st.button("Reload", key="reload"):
                reload()
                st.rerun(scope="app")


def _damage(lines: tuple[str, ...]) -> None:
    if not lines:
        return
    st.warning(
        f"{len(lines):,} parts of the store can't be read; everything else is shown. "
        "`aligntax store verify` says more."
    )
    with st.expander("What can't be read"):
        more = len(lines) - _DAMAGE
        listed = [*lines[:_DAMAGE], *([f"… {more:,} more"] if more > 0 else [])]
        st.code("\n".join(map(visible, listed)), language=None)
