"""The leaderboard's filters and columns, in a part of the page that opens on demand."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from leaderboard import matrix, state

COLUMNS = 9
"""Shown until others are chosen."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the filters ask for."""

    checkpoints: pd.DataFrame
    columns: list[str]
    """Names of table rows."""
    comparability: list[str]
    """Of changes; empty: all."""


def filters(checkpoints: pd.DataFrame, rows: pd.DataFrame, family: str | None) -> Asked:
    """Show the filters over what there is; return what they ask for."""
    with st.expander("Columns and filters", key="filters"):
        above = st.container()
        first, second = st.columns(4), st.columns(3)
        with first[0]:
            name = state.words("Checkpoint contains", "name")
        with first[1]:
            stages = state.picks("Stages", matrix.stages_of(checkpoints), "stage")
        with first[2]:
            since = state.pick("Asked since", matrix.days(checkpoints), "since")
        with first[3]:
            comparability = state.picks("Changes", matrix.COMPARABILITIES, "comparability")
        with second[0]:
            groups = state.picks("Capabilities", matrix.named(rows, "capability"), "capability")
        with second[1]:
            languages = state.picks("Languages", matrix.named(rows, "language"), "language")
        with second[2]:
            kinds = state.picks("Kinds of task", matrix.named(rows, "kind"), "kind")
        wanted = matrix.Wanted(
            family=family,
            stages=stages,
            name=name,
            since=since,
            capabilities=groups,
            languages=languages,
            kinds=kinds,
        )
        possible = wanted.of_rows(rows)
        with above:
            label, names = f"Columns, of {len(possible)}", list(possible["row"])
            first_few = matrix.first_few(possible, COLUMNS)
            columns = state.picks(label, names, "columns", first_few)
    return Asked(
        checkpoints=wanted.of_checkpoints(checkpoints), columns=columns, comparability=comparability
    )
