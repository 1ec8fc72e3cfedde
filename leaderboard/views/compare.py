"""Two to four checkpoints against one of them, document by document."""

import streamlit as st

from harness.errors import AligntaxError
from harness.render import visible
from harness.render.headline import headline
from leaderboard.compare_parts import calibration, differences, drift, flips
from leaderboard.frame import opened
from leaderboard.plain import plain
from leaderboard.sought import default_checkpoint
from leaderboard.source.comparing import compared
from leaderboard.source.gates import margins_of
from leaderboard.source.samples import lineage
from leaderboard.state import asked, part, pick, picks

MOST = 4

board = opened("Compare")
first, second, third = st.columns([1, 2, 1])
with first:
    family = pick("Family", board.families, "family", board.families[0]) or board.families[0]
own = board.checkpoints[board.checkpoints["family"] == family]
names = list(own["checkpoint"])
one = asked("checkpoint")
end = one if one in names else default_checkpoint(own)
try:
    with second:
        chain = picks("Checkpoints", names, "checkpoints", lineage(family, end)[-MOST:])
    if not 2 <= len(chain) <= MOST:
        st.info(f"Choose two to {MOST} checkpoints.")
        st.stop()
    with third:
        reference = pick("Reference", chain, "reference", chain[0]) or chain[0]
    found = compared(family, chain, reference)
    for against in found.against:
        st.text(visible(headline(against)))
    open_part = part(["Differences", "Flips", "Calibration", "Drift"], "part")
    name = f"{family} {' '.join(chain)}"
    if open_part == "Differences":
        candidates = [against.candidate for against in found.against]
        with st.columns([1, 3])[0]:
            candidate = pick("Candidate", candidates, "candidate", candidates[-1]) or candidates[-1]
        against = next(each for each in found.against if each.candidate == candidate)
        differences(against, margins_of(family, reference, candidate), f"{name} {candidate}")
    elif open_part == "Flips":
        flips(found, family, name)
    elif open_part == "Calibration":
        calibration(found, family, name)
    else:
        drift(found, name)
except AligntaxError as error:
    st.info(plain(str(error)))
