"""One document with what every checkpoint of a chain was asked and answered, side by side."""

import json
from collections.abc import Sequence

import streamlit as st

from harness.render import number, visible
from harness.render.charts import Bar, bars
from harness.results.items import Exchange, Item, Items
from leaderboard.drawing import fitted
from leaderboard.item_tables import choices_frame, letters, stage_text
from leaderboard.plain import plain
from leaderboard.source import share_safe
from leaderboard.tables import shown
from leaderboard.texts import Shown, compared_text, plain_text, whole

_WITHHELD = {
    "redacted": "Private: identifiers in these texts were masked before they were stored.",
    "sensitive": "Private: the store holds no texts of this task, only their lengths.",
}


def document(found: Items, item: Item, known: Sequence[Exchange | None], name: str) -> None:
    """Show a document; ``known`` is what each checkpoint of the chain has of it.

    ``name`` begins the names of files.
    """
    held = [each for each in known if each is not None]
    if not held:
        st.text("No checkpoint of this chain has a record of it.")
        return
    withheld = next((each.withheld for each in held if each.withheld), None)
    if withheld:
        st.info(_WITHHELD[withheld])
    if share_safe():
        _stages(found, item, known, texts=False)
    elif any(each.harmful for each in held) and not _accepted(item):
        return
    else:
        _asked(found, known)
        _stages(found, item, known, texts=True)
    choices = [each for each in held if each.choices]
    if choices:
        frame = choices_frame(found.chain, known)
        st.text("Log-probability of each choice in nats (per character), * picked")
        shown(frame, f"{name} {item.document} choices", key="choices")


def _accepted(item: Item) -> bool:
    st.warning("The prompt of this document asks for something harmful, and answers may be.")
    return st.toggle("Show it", key=f"accepted-{item.document}")


def _asked(found: Items, known: Sequence[Exchange | None]) -> None:
    """Show prompt and target; prompts that differ between checkpoints one by one."""
    prompts: dict[str, list[str]] = {}
    for checkpoint, each in zip(found.chain, known, strict=True):
        if each is not None:
            prompts.setdefault(each.prompt, []).append(checkpoint)
    left, right = st.columns([3, 2])
    with left:
        for number_, (text, names) in enumerate(prompts.items()):
            st.markdown("**Prompt**" if len(prompts) == 1 else "**Prompt of**")
            if len(prompts) > 1:
                st.text(visible(", ".join(names)))
            _text(plain_text(text), text, f"prompt-{number_}")
    first = next(each for each in known if each is not None)
    with right:
        st.markdown("**Wanted**")
        if first.target:
            _text(plain_text(first.target), first.target, "target")
        else:
            st.text("No answer is wanted: the text itself is scored.")
        with st.expander("All fields of the document"):
            fields = json.dumps(first.fields, ensure_ascii=False, indent=1)
            _text(plain_text(fields), fields, "fields")


def _stages(found: Items, item: Item, known: Sequence[Exchange | None], *, texts: bool) -> None:
    before: str | None = None
    for at, column in enumerate(st.columns(len(found.chain))):
        each = known[at]
        with column:
            st.markdown(f"**{plain(found.chain[at])}**")
            st.text(_outcome(found, item, each, at))
            if each is None:
                continue
            if texts:
                before = _answers(each, before, f"answer-{at}")
            _bars(each, at)


def _answers(each: Exchange, before: str | None, key: str) -> str | None:
    """Show an answer against the one before; return what the next is held against."""
    if not each.answers:
        return before
    answer = each.answers[0]
    made = plain_text(answer) if before is None else compared_text(before, answer)
    _text(made, answer, key)
    if len(each.answers) > 1:
        with st.expander(f"{len(each.answers) - 1} more answers"):
            for number_, other in enumerate(each.answers[1:]):
                _text(plain_text(other), other, f"{key}-{number_}")
    return answer


def _outcome(found: Items, item: Item, each: Exchange | None, at: int) -> str:
    said = [stage_text(found, item.stages[at])]
    if each is None:
        return "no record"
    if (each.reason and ":" in each.reason) or each.status == "error":
        said.append(visible(each.reason or "")[:200])
    if each.cut:
        said.append("cut off at its limit of tokens")
    if each.logprob is not None:
        said.append(f"log-probability {number(each.logprob, 'nats')} nats")
    if each.tokens:
        scored = " scored" if each.choices else ""
        said.append(f"{each.tokens:,} token{'s' if each.tokens > 1 else ''}{scored}")
    return ", ".join(filter(None, said))


def _bars(each: Exchange, at: int) -> None:
    if each.choices:
        values = [
            Bar(label=name, value=c.logprob, chosen=c.picked, correct=bool(c.correct))
            for name, c in zip(letters(each.choices), each.choices, strict=True)
        ]
        fitted(bars(values), f"bars-{at}")


def _text(made: Shown, text: str, key: str) -> None:
    st.html(made.html)
    if made.left_out:
        st.download_button(
            f"Download the whole text ({len(text):,} characters)",
            data=lambda: whole(text),
            file_name=f"{key}.txt",
            mime="text/plain; charset=utf-8",
            key=f"{key}-whole",
            on_click="ignore",
        )
