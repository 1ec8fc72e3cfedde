"""The parts of the compare page."""

from collections.abc import Mapping, Sequence

import streamlit as st

from harness.render import visible
from harness.render.charts import forest, reliability
from harness.render.compare_drift import behaviour, perplexity
from harness.render.divergence import divergence_section
from harness.render.sections import Section
from harness.results import Against, Comparison, Flips, Trajectories
from leaderboard.compare_tables import (
    bins,
    bins_frame,
    chart_title,
    deltas,
    flips_frame,
    followed,
    section_frame,
    shift_numbers,
    shifts_frame,
    units,
)
from leaderboard.drawing import fitted
from leaderboard.plain import plain
from leaderboard.source.comparing import calibrated
from leaderboard.state import link, pick
from leaderboard.tables import shown

__all__ = ["calibration", "differences", "drift", "flips"]


def differences(against: Against, margins: Mapping[str, float], name: str) -> None:
    """Show one candidate's paired differences, a chart for each unit, and their table."""
    if not against.rows:
        st.info("These checkpoints have no task row in common.")
        return
    for place, unit in enumerate(units(against)):
        st.markdown(f"**{plain(chart_title(against, unit))}**")
        fitted(forest(deltas(against, unit, margins), unit), f"forest-{place}")
    said = "A tick marks the margin of the newest verdict on these two. " if margins else ""
    st.text(
        "Paired differences over the same documents with 95 % intervals; hollow marks are "
        f"QUALIFIED: something else than the weights differs, too. {said}Adjusted: p after "
        "Benjamini and Hochberg over the rows."
    )
    frame = shifts_frame(against, against.rows, margins)
    numbers = shift_numbers(against, against.rows, margins)
    shown(frame, f"{name} differences", key="differences", data=numbers)


def flips(found: Comparison, family: str, name: str) -> None:
    """Show how many documents each step lost and won, with links to them."""
    pairs = followed(found.trajectories)
    if not pairs:
        st.info("No row of these checkpoints is right or wrong per document.")
        return
    st.text(
        "Documents right before and wrong after (NFR) and the other way round (PFR), Wilson. What "
        "asking the same checkpoint again flips (A/A) is noise. Select a row for its documents."
    )
    at = shown(flips_frame(pairs), f"{name} flips", key="flips", selects=True)
    _links(*pairs[at or 0], family)


def calibration(found: Comparison, family: str, name: str) -> None:
    """Show reliability diagrams of one row, and how the calibration errors moved."""
    rows = dict.fromkeys(shift.row for each in found.against for shift in each.calibration)
    if not rows:
        st.info("No row scores the letters of choices (mcf), so nothing is a probability here.")
        return
    first = next(iter(rows))
    row = pick("Row", list(rows), "calibrated", first) or first
    chain = [each.name for each in found.checkpoints]
    certain = calibrated(family, chain, row)
    left, right = st.columns([2, 3])
    with left:
        fitted(reliability(bins(certain)), "reliability")
    with right:
        shown(bins_frame(certain), f"{name} {row} reliability", key="bins")
    for place, each in enumerate(found.against):
        st.text(visible(f"{each.candidate} against {each.reference}: calibration errors"))
        frame = shifts_frame(each, each.calibration, {})
        numbers = shift_numbers(each, each.calibration, {})
        title = f"{name} {each.candidate} calibration"
        shown(frame.drop(columns="margin"), title, key=f"calibration-{place}", data=numbers)


def drift(found: Comparison, name: str) -> None:
    """Show what moved without being a score: perplexity, KL, and what answers are like."""
    known = [each.divergence for each in found.against if each.divergence is not None]
    sections = [perplexity(found), divergence_section(known), behaviour(found)]
    for section in sections:
        if section is not None:
            _section(section, name)
    missing = [
        f"{left.row}: {left.why}"
        for each in found.against
        for left in each.unsaid.get("divergence", ())
    ]
    if missing:
        st.text(visible(f"KL to {found.reference}: {'; '.join(missing)}."))


def _section(section: Section, name: str) -> None:
    what = section.title.partition(" against ")[0].capitalize().replace("Kl ", "KL ")
    st.subheader(what)
    st.text(visible(section.intro))
    if section.rows:
        shown(section_frame(section), f"{name} {what}", key=what)
    for note in section.notes:
        st.text(visible(note))


def _links(each: Trajectories, step: Flips, family: str) -> None:
    state: dict[str, str | Sequence[str]] = {
        "family": family,
        "checkpoints": [step.reference, step.candidate],
        "row": each.row,
    }
    with st.container(horizontal=True):
        st.text(visible(f"{each.row}, {step.reference} → {step.candidate}:"), width="content")
        for label, said, share in (("lost", "lost at", step.lost), ("won", "won at", step.gained)):
            if share.value:
                flip = f"{said} {step.candidate}"
                link("samples", f"documents it {label}", **state, flip=flip)
