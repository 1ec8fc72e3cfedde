"""The parts of the page on stages, each with its charts and the tables that say the same."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from harness.render import compare_chain, compare_scores, compare_training
from harness.render.charts import curve, forest, matrix, plane, trajectory
from harness.results import Comparison
from leaderboard import along, state, summary, tables
from leaderboard.drawing import drawn
from leaderboard.frame import note
from leaderboard.matrix import first_few
from leaderboard.plain import plain
from leaderboard.source.training import curves_on, fronts

_PANELS = 8
_SIBLINGS = 8
"""Each pair of them is compared; more are chosen by hand."""
_POINTS = 200
_HALF = 330
"""Pixels between the axes where two charts stand side by side."""
_FIELDS = 60
"""Lines of a matrix that is drawn; the table has all."""


def trajectories(family: str, entries: pd.DataFrame, rows: pd.DataFrame, chain: list[str]) -> None:
    """Show each row along the chain."""
    picked = state.picks("Task rows", list(rows["row"]), "row", first_few(rows, _PANELS))
    if picked:
        drawn(trajectory(along.marks(entries, picked, chain)))
    frame = along.stage_table(entries, rows, chain)
    tables.shown(frame, f"{family} {chain[-1]} stages", key="stages", data=entries)
    note(
        "In brackets 95 % intervals. Δ parent: paired difference to the parent over the same "
        "documents. ▲ gained, ▼ lost, ≈ changed but asked differently (QUALIFIED), · no clear "
        "change, × not comparable."
    )


def forgetting(family: str, found: Comparison) -> None:
    """Show what the last of the chain forgot."""
    chain = found.forgetting
    section = compare_chain.forgetting(chain)
    if section is None:
        st.info("No row was asked of the last checkpoint and an earlier one in comparable ways.")
        return
    first, second = st.columns([2, 3])
    with first:
        st.markdown("**Scores after each stage on what each taught**")
        drawn(matrix(along.taught(chain)))
        note("Means in points between guessing (0) and the best possible (100).")
    with second:
        st.markdown(f"**What {plain(chain.chain[-1])} changed since each earlier stage**")
        cells = along.lost(chain)
        drawn(matrix(along.first_rows(cells, _FIELDS), differences=True))
        note("Points on the same scale, orange: lost, blue: won; intervals stand in the table.")
    tables.section(section, f"{family} forgetting", key="forgetting")
    if (items := compare_chain.items(found.trajectories)) is not None:
        st.subheader("What became of single documents")
        tables.section(items, f"{family} documents", key="items")


def tax_and_gain(family: str, own: pd.DataFrame, checkpoint: str) -> None:
    """Show what a checkpoint and its siblings gained against what it cost, with the front."""
    siblings = along.siblings_of(own, checkpoint)
    if siblings.empty:
        st.info("A root has no parent to be compared with: choose a later checkpoint.")
        return
    names = list(siblings["checkpoint"])
    first = [checkpoint, *(name for name in names if name != checkpoint)][:_SIBLINGS]
    picked = state.picks("Siblings", names, "siblings", first)
    siblings = siblings[siblings["checkpoint"].isin(picked)]
    evident = siblings[siblings["rows_done"] > 0]["checkpoint"]
    found = fronts(family, list(evident)) if len(evident) > 1 else ()
    points = along.spots(siblings, found)
    if points:
        drawn(plane(points))
    else:
        st.text("No checkpoint here has both a gain and a cost that can be counted.")
    tables.shown(summary.summary(siblings), f"{family} tax and gain", key="tax", data=siblings)
    note(summary.legend())
    for i, each in enumerate(map(compare_training.front, found)):
        tables.section(each, f"{family} siblings", key=f"front-{i}")


def formats(family: str, found: Comparison) -> None:
    """Show how much of each change is capability, and how much format or extraction."""
    last = found.against[-1]
    splits = {"format": last.formats, "extraction": last.extractions}
    for kind, split in splits.items():
        section = compare_scores.splits(found.against, kind)
        if section is None:
            continue
        st.subheader(section.title.capitalize())
        for unit in dict.fromkeys(each.unit for each in split):
            columns = st.columns(len(split[0].terms))
            for column, term in zip(columns, split[0].terms, strict=True):
                with column:
                    st.markdown(f"**{plain(term.name)}**, {plain(last.candidate)}")
                    drawn(forest(along.terms(split, term.name, unit), unit).properties(width=_HALF))
        tables.section(section, f"{family} {kind}", key=kind)
    if not any(splits.values()):
        st.info("A split needs each checkpoint asked in both formats: `formats: [plain, chat]`.")
    unsaid = [item for kind in splits for a in found.against for item in a.unsaid.get(kind, ())]
    for line in compare_scores.by_reason(unsaid):
        note(f"Not split: {line}")


def training(family: str, own: pd.DataFrame, rows: Sequence[str], stage: str) -> None:
    """Show rows over the numeric attributes of a stage's checkpoints."""
    marked = along.attributes_of(own, stage)
    if not marked:
        st.info(
            f"No {stage} checkpoint has a numeric attribute. Give them in the run.yaml: "
            "`attributes: {step: 1000}`."
        )
        return
    if len(marked) > _POINTS:
        note(f"The first {_POINTS} of {len(marked):,} checkpoints with attributes are shown.")
    row = state.pick("Task row", rows, "curve", rows[0]) or rows[0]
    found = curves_on(family, list(marked)[:_POINTS], row)
    if not found:
        st.info("A curve needs three comparable checkpoints with different values.")
        return
    for i, each in enumerate(found):
        drawn(curve(along.curve_marks(each), each.attribute))
        texts, numbers = along.curve_frames(each)
        name = f"{family} {row} {each.attribute}"
        tables.shown(texts, name, key=f"curve-{i}", data=numbers)
    tables.section(compare_training.curves(found), f"{family} {row} curves", key="curves")
