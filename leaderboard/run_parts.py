"""The parts of the runs page."""

import shlex
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from harness.records import JSON
from harness.render import visible
from harness.results.coverage import Completion
from leaderboard.run_tables import (
    cells_frame,
    coverage_frame,
    failures_frame,
    holes_frame,
    missing_text,
    provenance_frame,
    runs_frame,
)
from leaderboard.source.runs import failures, run_cost
from leaderboard.state import asked, page
from leaderboard.tables import shown

__all__ = ["all_runs", "commands", "coverage", "one_run"]

_PAGE = 10
"""Runs of a table, and checkpoints of the coverage: few enough to be read."""
_HOLES = 500


def commands(found: Completion, family: str) -> None:
    """Show what is missing, and the commands that ask it."""
    if not found.holes and not found.commands:
        st.text("Every checkpoint has every document of every row: nothing is missing.")
        return
    st.text(missing_text(found) if found.holes else "The newest run isn't finished.")
    for command in found.commands:
        said = f"This fills {len(command.fills):,} of them" if command.fills else "This goes on"
        more = ", and goes on where the newest run ended" if command.unfinished else ""
        st.text(f"{said}{more}; what the store has isn't asked again.")
        st.code(shlex.join(map(visible, command.words)), language="bash", wrap_lines=True)
    if found.holes:
        with st.expander(f"What is missing, {len(found.holes):,} places"):
            frame = holes_frame(found)
            if len(frame) > _HOLES:
                st.text(f"The first {_HOLES}; the files have all.")
            shown(frame.head(_HOLES), f"{family} missing", key="holes", data=frame)


def coverage(entries: pd.DataFrame, names: Sequence[str], family: str) -> None:
    """Show how many documents of each row every checkpoint has."""
    start = _PAGE * (page(-(-len(names) // _PAGE), "covered") - 1) if len(names) > _PAGE else 0
    part = names[start : start + _PAGE]
    st.text("Documents with a score, of those that were planned.")
    own = entries[entries["checkpoint"].isin(part)]
    counts = own[["checkpoint", "row", "answered", "planned", "errors"]]
    shown(coverage_frame(own, part), f"{family} coverage", key=f"coverage-{start}", data=counts)


def all_runs(runs: Sequence[Mapping[str, JSON]], family: str) -> Mapping[str, JSON]:
    """Show a family's runs, the newest first; return the one that is open."""
    newest = [*runs][::-1]
    start = _PAGE * (page(-(-len(newest) // _PAGE), "page") - 1) if len(newest) > _PAGE else 0
    part = newest[start : start + _PAGE]
    key = f"runs-{len(newest)}-{start}"
    frame = runs_frame([(run, run_cost(run)) for run in part])
    at = shown(frame, f"{family} runs", key=key, selects=True)
    if at is not None and st.session_state.get("_run") != (key, at):
        st.query_params["run"] = part[at]["id"]
    st.session_state["_run"] = (key, at)
    named = asked("run")
    return next((run for run in newest if run["id"] == named), newest[0])


def one_run(run: Mapping[str, JSON], entries: pd.DataFrame, family: str) -> None:
    """Show one run: its cells with their costs, why documents failed, and its provenance."""
    st.subheader("Run")
    st.text(visible(run["id"]))
    if run["cells"]:
        st.text(
            "Seconds, documents, tokens and memory are what asking took in this run; a dash: the "
            "store had it already. Select a cell to see why its documents failed."
        )
        title = f"{family} {run['id']} cells"
        at = shown(cells_frame(run, entries), title, key=f"cells-{run['id']}", selects=True)
        if at is not None:
            _failures(run["cells"][at], family)
    else:
        st.info("This run has no finished cell yet.")
    with st.expander("Provenance: machine, code, models, versions"):
        shown(provenance_frame(run), f"{family} {run['id']} provenance", key="provenance")


def _failures(cell: Mapping[str, JSON], family: str) -> None:
    reasons = failures(family, cell["key"])
    name = f"{cell['checkpoint']} × {cell['row']}"
    if not reasons:
        st.text(visible(f"{name}: no document failed."))
        return
    st.text(visible(f"{name}: documents without a score"))
    shown(failures_frame(reasons), f"{family} {name} failures", key="failures")
