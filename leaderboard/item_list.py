"""The list of documents on the samples page: filters, a page of a table, and the one that is open.

What is sought stands in the address, down to the document.
"""

from collections.abc import Mapping, Sequence
from typing import get_args
from zlib import crc32

import streamlit as st

from harness.render import visible
from harness.results import Fate
from harness.results.items import Item, Items, Wanted
from leaderboard.item_tables import items_frame
from leaderboard.sought import flips, neighbours, wanted
from leaderboard.source import share_safe
from leaderboard.source.samples import holding, reasons_of
from leaderboard.state import asked, page, pick, words
from leaderboard.tables import shown

__all__ = ["filters", "opened_item"]

_PAGE = 10
"""Documents of a table: few, so that the one that is open stands close below."""
_KEYS = ("fate", "flip", "reason", "text")


def filters(family: str, found: Items) -> Wanted:
    """Show the filters and return what is sought."""
    first, second, third, fourth = st.columns(4)
    with first:
        fate = pick("What became of it", _fates(found), "fate")
    with second:
        flip = pick("Changed", flips(found.chain), "flip")
    with third:
        reason = pick("Why it doesn't match", reasons_of(found), "reason")
    with fourth:
        text = "" if share_safe() else words("Text", "text")
    return wanted(fate, flip, reason, holding(family, found, text) if text else None)


def opened_item(
    found: Items, items: Sequence[Item], name: str, address: Mapping[str, str | Sequence[str]]
) -> Item:
    """Show the documents, at least one, with the one that is open and links to its neighbours.

    Return it: the address names it, else it is the first. ``address`` is that of the page without
    what is sought.
    """
    start = _PAGE * (page(-(-len(items) // _PAGE), "page") - 1) if len(items) > _PAGE else 0
    part = items[start : start + _PAGE]
    about = (found.row, found.chain, start, [item.document for item in part])
    key = f"items-{crc32(repr(about).encode('utf-8', 'surrogatepass'))}"
    at = shown(items_frame(found, part), f"{name} documents", key=key, selects=True)
    if at is not None and st.session_state.get("_opened") != (key, at):
        st.query_params["document"] = part[at].document
    st.session_state["_opened"] = (key, at)
    named = asked("document")
    item = next((item for item in found.items if item.document == named), items[0])
    if named not in (None, item.document):
        st.text(f"The address asks for document {visible(named)[:80]}, which isn't here.")
    _heading(items, item, address)
    return item


def _heading(items: Sequence[Item], item: Item, address: Mapping[str, str | Sequence[str]]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Document", width="content")
        st.text(visible(", ".join(filter(None, [item.document, item.fate]))), width="content")
        kept = {**address, **{key: st.session_state.get(key) for key in _KEYS}}
        around = neighbours([each.document for each in items], item.document)
        for label, neighbour in zip(("← previous", "next →"), around, strict=True):
            if neighbour is not None:
                here = {key: value for key, value in kept.items() if value}
                there = {**here, "document": neighbour}
                st.page_link("views/samples.py", label=label, query_params=there)


def _fates(found: Items) -> list[Fate]:
    return [fate for fate in get_args(Fate) if found.fates.get(fate)]
