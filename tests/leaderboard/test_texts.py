"""Texts of documents and models are shown, never obeyed."""

import re

from leaderboard.texts import LONGEST, compared_text, plain_text, whole

HOSTILE = (
    "<script>alert(1)</script>\n![x](http://evil.example/x.png) [a](javascript:alert(1))\n"
    "\x1b[31mred\x1b[0m \u202egnirts\u2066 \x00 \ud800 <img src=x onerror=alert(1)>"
)


def tags(html: str) -> set[str]:
    return set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", html))


def test_markup_control_and_direction_characters_are_spelled_out() -> None:
    for html in (plain_text(HOSTILE).html, compared_text("red herring", HOSTILE).html):
        assert tags(html) <= {"div", "ins", "del"}
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "\\u202e" in html
        assert not set(html) & {"\x1b", "\u202e", "\u2066", "\x00", "\ud800"}
        html.encode()


def test_a_long_text_is_cut_in_the_middle_and_says_so() -> None:
    text = "begin " + "x" * 1_000_000 + " end"
    shown = plain_text(text)
    assert shown.left_out == len(text) - LONGEST
    assert f"{shown.left_out:,} characters are left out" in shown.html
    assert "begin " in shown.html
    assert " end" in shown.html
    assert len(shown.html) < 2 * LONGEST


def test_marks_stand_only_where_texts_have_something_in_common() -> None:
    alike = compared_text("rest at home today", "rest in bed today").html
    assert tags(alike) == {"div", "ins", "del"}
    assert tags(compared_text("rest at home", "chronic gastritis").html) == {"div"}


def test_the_whole_text_can_be_written_whatever_is_in_it() -> None:
    assert whole("a\ud800b") == b"a\\ud800b"


def test_nothing_is_said_to_be_nothing() -> None:
    assert "(nothing)" in plain_text("").html
