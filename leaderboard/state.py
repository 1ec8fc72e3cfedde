"""Widgets whose state is the page's address: a link reproduces the view.

Every key is the name of a query parameter. Streamlit takes a value out of the address that a widget
can't have; it is said in one line first. When it leaves a page it also drops what that page's
widgets are bound to, whatever a link says of the next one: so links spell ``row`` as ``row~``, and
a widget begins with that.
"""

from collections.abc import Iterable, Sequence

import streamlit as st

from harness.render import visible
from leaderboard.plain import plain

_KEPT = ("family",)
"""What goes along to the next page in the menu, too."""
Value = str | bool | Iterable[str] | None
_LINKED = "~"


def pick(
    label: str, options: Sequence[str], key: str, default: str | None = None, none: str = "any"
) -> str | None:
    """Return one of the options; None: nothing is picked, as at first where ``default`` is None.

    ``none`` is what then stands in the widget.
    """
    _say_unknown(label, key, options)
    _keep(key, options)
    default = next(iter(_linked(key, options)), default)
    picked = st.selectbox(
        label,
        options,
        index=options.index(default) if default in options else None,
        key=key,
        bind="query-params",
        format_func=visible,
        placeholder=none,
    )
    if key in _KEPT:
        st.session_state[f"{key}{_LINKED}"] = picked
    return picked


def picks(label: str, options: Sequence[str], key: str, default: Sequence[str] = ()) -> list[str]:
    """Return some of the options, at first those of ``default`` that there are.

    In an address they stand one by one, ``?row=a&row=b``, or with commas, ``?row=a,b``.
    """
    _spread(key, options)
    _say_unknown(label, key, options)
    return st.multiselect(
        label,
        options,
        default=_linked(key, options) or [name for name in default if name in options],
        key=key,
        bind="query-params",
        format_func=visible,
        placeholder="any",
    )


def words(label: str, key: str) -> str:
    """Return a text to look for, without outer spaces; empty: none."""
    linked = st.query_params.get(f"{key}{_LINKED}", "")
    found = st.text_input(label, linked, key=key, bind="query-params", placeholder="any")
    return (found or "").strip()


def flag(label: str, key: str) -> bool:
    """Return whether something is switched on; at first it isn't."""
    _say_unknown(label, key, ("true", "false"))
    linked = _linked(key, ("true",))
    return st.toggle(label, bool(linked), key=key, bind="query-params")


def part(labels: Sequence[str], key: str) -> str:
    """Return the part of a page that is open, at first the first; the others needn't be made."""
    _say_unknown("part", key, labels)
    return st.segmented_control(
        key,
        labels,
        default=next(iter(_linked(key, labels)), labels[0]),
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )


def page(count: int, key: str) -> int:
    """Return which of ``count`` pages (at least 1) is shown, from 1."""
    _say_unknown("page", key, [str(number + 1) for number in range(count)])
    return st.pagination(count, key=key, bind="query-params")


def asked(key: str) -> str | None:
    """Return what the address says of a key that no widget has."""
    return st.query_params.get(key) or st.query_params.get(f"{key}{_LINKED}")


def link(page: str, label: str, **state: Value) -> None:
    """Show a link to another page (the name of its file), in the state that is given.

    None is left out: the page opens with its own default there. A link to the page that it stands
    on changes the widgets but not the address: use a widget.
    """
    spelled = {f"{key}{_LINKED}": _spelled(v) for key, v in state.items() if v is not None}
    st.page_link(f"views/{page}.py", label=plain(label), query_params=spelled)


def _spelled(value: Value) -> str | list[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else list(value or ())


def _linked(key: str, options: Sequence[str]) -> list[str]:
    """Return what the link that led here asked for, as far as there is such a thing."""
    return [name for name in st.query_params.get_all(f"{key}{_LINKED}") if name in options]


def _keep(key: str, options: Sequence[str]) -> None:
    """Write what was picked on the page before into an address that says nothing of it."""
    before = st.session_state.get(f"{key}{_LINKED}")
    if key in _KEPT and before in options and asked(key) is None and key not in st.session_state:
        st.query_params[f"{key}{_LINKED}"] = before


def _spread(key: str, options: Sequence[str]) -> None:
    """Write ``a,b`` in the address as widgets read it, and begin again."""
    asked = st.query_params.get_all(key)
    if len(asked) == 1 and asked[0] not in options and "," in asked[0]:
        st.query_params[key] = asked[0].split(",")
        st.rerun()


def _say_unknown(label: str, key: str, options: Sequence[str]) -> None:
    given = st.query_params.get_all(key) or st.query_params.get_all(f"{key}{_LINKED}")
    unknown = [name for name in given if name not in options]
    if unknown and options:
        said = ", ".join(visible(name)[:80] for name in unknown[:3])
        st.text(f"The address asks for {label.lower()} {said}, which isn't here.")
