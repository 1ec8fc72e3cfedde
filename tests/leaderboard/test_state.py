"""A page's address is its state: it is read, kept to what there is, and handed to other pages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ONE = """
import streamlit as st
from leaderboard import state

family = state.pick("Family", ["x", "y"], "family", "x")
checkpoint = state.pick("Checkpoint", {"x": ["a", "b"], "y": ["b", "c"]}[family], "checkpoint")
rows = state.picks("Rows", ["r1", "r2", "r:3"], "row", ["r1", "gone"])
text = state.words("Text", "text")
flag = state.flag("Flag", "flag")
part = state.part(["A", "B"], "part")
st.json([family, checkpoint, rows, text, flag, part, state.page(5, "page")])
state.link("two", "to `two`", family="y", row=["r1", "r2"], flag=True, checkpoint=None)
"""
APP = """
import streamlit as st
st.navigation([st.Page("views/one.py", default=True), st.Page("views/two.py")]).run()
"""


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., AppTest]:
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "one.py").write_text(ONE)
    (tmp_path / "views" / "two.py").write_text("import streamlit as st\nst.title('two')")
    (tmp_path / "app.py").write_text(APP)

    def run(**query: str | list[str]) -> AppTest:
        app = AppTest.from_file(tmp_path / "app.py", default_timeout=30)
        app.query_params.update(query)
        app.run()
        assert not app.exception, app.exception[0].stack_trace
        return app

    return run


def values(app: AppTest) -> list[object]:
    import json

    found: list[object] = json.loads(app.json[0].value)
    return found


def test_without_an_address_defaults_hold(opened: Callable[..., AppTest]) -> None:
    assert values(opened()) == ["x", None, ["r1"], "", False, "A", 1]


def test_an_address_reproduces_the_view(opened: Callable[..., AppTest]) -> None:
    app = opened(
        family="y", checkpoint="c", row=["r2", "r:3"], text=" é ", flag="true", part="B", page="3"
    )
    assert values(app) == ["y", "c", ["r2", "r:3"], "é", True, "B", 3]
    assert not app.text


def test_several_values_may_stand_with_commas(opened: Callable[..., AppTest]) -> None:
    assert values(opened(row="r2,r:3"))[2] == ["r2", "r:3"]


def test_what_is_not_here_is_said_and_the_default_taken(opened: Callable[..., AppTest]) -> None:
    app = opened(checkpoint="zz\x1b", row="nine", flag="maybe", page="9")
    assert values(app) == ["x", None, ["r1"], "", False, "A", 1]
    said = [line.value for line in app.text]
    assert said[0] == "The address asks for checkpoint zz␛, which isn't here."
    assert any("nine" in line for line in said)
    assert any("maybe" in line for line in said)


def test_a_choice_that_the_family_lacks_is_dropped(opened: Callable[..., AppTest]) -> None:
    app = opened(family="y", checkpoint="c")
    app.selectbox(key="family").set_value("x").run()
    assert values(app)[:2] == ["x", None]


def test_a_link_carries_state_and_its_label_is_plain(opened: Callable[..., AppTest]) -> None:
    (link,) = opened().get("page_link")
    assert link.proto.query_string == "family~=y&row~=r1&row~=r2&flag~=true"
    assert link.proto.label == "to &#96;two&#96;"


def test_what_a_link_asked_for_is_where_widgets_begin(opened: Callable[..., AppTest]) -> None:
    linked = {"family~": "y", "checkpoint~": "c", "row~": ["r2"], "text~": "é", "flag~": "true"}
    app = opened(**linked, **{"part~": "B"})
    assert values(app) == ["y", "c", ["r2"], "é", True, "B", 1]
    app.selectbox(key="checkpoint").set_value("b").run()
    assert values(app)[:2] == ["y", "b"]
    assert any("nine" in line.value for line in opened(**{"row~": "nine"}).text)


def test_a_page_begins_with_what_the_link_to_it_said(opened: Callable[..., AppTest]) -> None:
    linked = {"family": "y", "checkpoint": "c", "row": ["r2", "r:3"], "flag": "true", "part": "B"}
    app = opened(**{f"{key}~": value for key, value in linked.items()})
    assert values(app) == ["y", "c", ["r2", "r:3"], "", True, "B", 1]


def test_an_address_beats_the_link_that_led_there(opened: Callable[..., AppTest]) -> None:
    assert values(opened(**{"family~": "y", "family": "x", "row~": "nine"}))[0] == "x"


def test_the_family_goes_along_in_the_menu(
    opened: Callable[..., AppTest],
) -> None:
    app = opened(family="y")
    app.query_params.clear()
    app.switch_page("views/two.py").run()
    app.switch_page("views/one.py").run()
    assert values(app)[0] == "y"
