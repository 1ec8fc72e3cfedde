"""Single documents along a chain: what became of them, and what was asked and answered."""

import streamlit as st

from harness.errors import AligntaxError
from harness.render import visible
from leaderboard.frame import opened
from leaderboard.item_list import filters, opened_item
from leaderboard.item_tables import fates_text
from leaderboard.one_document import document
from leaderboard.plain import plain
from leaderboard.sought import default_checkpoint, default_row
from leaderboard.source.samples import chosen, exchanges, items_of, lineage, rows_along
from leaderboard.state import asked, pick, picks

board = opened("Samples")
first, second, third = st.columns([1, 2, 2])
with first:
    family = pick("Family", board.families, "family", board.families[0]) or board.families[0]
own = board.checkpoints[board.checkpoints["family"] == family]
names = list(own["checkpoint"])
one = asked("checkpoint")
end = one if one in names else default_checkpoint(own)
try:
    with second:
        chain = tuple(picks("Chain of checkpoints", names, "checkpoints", lineage(family, end)))
    rows = rows_along(family, chain)
    with third:
        entries = board.entries[board.entries["family"] == family]
        row = pick("Task row", rows, "row", default_row(entries, rows, end))
    if not chain or row is None:
        st.info("Choose at least one checkpoint and a task row.")
        st.stop()
    found = items_of(family, chain, row)
    st.text(visible(fates_text(found)))
    items = chosen(found, filters(family, found))
    if not items:
        st.info("No document is like this; take a filter away.")
        st.stop()
    name = f"{family} {row}"
    address = {"family": family, "checkpoints": chain, "row": row}
    item = opened_item(found, items, name, address)
    document(found, item, exchanges(family, found, item.document), name)
except AligntaxError as error:
    st.info(plain(str(error)))
