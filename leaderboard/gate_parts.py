"""The parts of the gates page."""

from collections.abc import Sequence

import streamlit as st

from harness.render import visible
from harness.render.charts import forest
from harness.render.verdict import verdict_section
from harness.results.history import Judgement
from leaderboard.compare_tables import section_frame
from leaderboard.drawing import fitted
from leaderboard.gate_tables import (
    course,
    deltas,
    evidence_frame,
    history_frame,
    rules_numbers,
    sides_frame,
    spared_frame,
    spared_text,
    units,
    verdicts_frame,
)
from leaderboard.source.gates import by_rule
from leaderboard.state import asked, page
from leaderboard.tables import shown

__all__ = ["over_time", "picked", "verdict"]

_PAGE = 10
"""Verdicts of a table: few, so that the one that is open stands close below."""


def picked(found: Sequence[Judgement], family: str) -> Judgement:
    """Show verdicts, at least one, the newest first; return the one that is open.

    The address names it, else it is the newest.
    """
    newest = [*found][::-1]
    start = _PAGE * (page(-(-len(newest) // _PAGE), "page") - 1) if len(newest) > _PAGE else 0
    frame = verdicts_frame(newest[start : start + _PAGE])
    key = f"verdicts-{len(newest)}-{start}"
    at = shown(frame, f"{family} verdicts", key=key, selects=True)
    if at is not None and st.session_state.get("_verdict") != (key, at):
        st.query_params["verdict"] = newest[start + at].name
    st.session_state["_verdict"] = (key, at)
    named = asked("verdict")
    return next((one for one in found if one.name == named), newest[0])


def verdict(one: Judgement, family: str) -> None:
    """Show one verdict: what it says, rule by rule, and what it rests on."""
    section, name = verdict_section(one.verdict), f"{family} {one.name}"
    st.subheader("Verdict")
    st.text(visible(f"{section.title}; {one.time[:19].replace('T', ' ')} UTC"))
    if spared_text(one):
        st.text(spared_text(one))
    for place, unit in enumerate(units(one.verdict)):
        st.markdown("**Differences rule by rule: positive is better, dashes are the margins**")
        fitted(forest(deltas(one.verdict, unit), unit), f"forest-{place}")
    if section.rows:
        frame = section_frame(section)
        if frame["against"].nunique() == 1:
            frame = frame.drop(columns="against")  # the title says it
        shown(frame, name, key="rules", data=rules_numbers(one.verdict))
    for note in section.notes:
        st.text(visible(note))
    st.subheader("Evidence")
    if one.verdict.rules:
        shown(evidence_frame(one.verdict), f"{name} evidence", key="evidence")
    left, right = st.columns(2)
    with left:
        shown(sides_frame(one), f"{name} sides", key="sides")
    with right:
        if one.spared:
            shown(spared_frame(one), f"{name} spared", key="spared")


def over_time(found: Sequence[Judgement], family: str) -> None:
    """Show what each rule came to in the newest verdicts, and one rule over all of them."""
    rules = by_rule(found)
    if not rules:
        st.info("These verdicts judged no rule.")
        return
    st.text("The newest verdicts; positive differences are better. Select a rule for its course.")
    at = shown(history_frame(rules, found), f"{family} rules", key="rules", selects=True) or 0
    rule = rules[at]
    st.text(visible(f"{rule.rule}: {rule.row} against {rule.reference}"))
    fitted(forest(course(rule), rule.found[-1][1].unit), "over-time")
