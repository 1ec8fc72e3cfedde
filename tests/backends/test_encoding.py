"""The seam and the windows, on a tokenizer of characters."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

from harness.backends.encoding import Encoder, UnencodableError, rolling_windows


class Characters:
    """Each character is its code point; BOS is 1, EOS is 2."""

    bos_token = "\x01"

    def __init__(self, bos: int | None = 1, eos: int | None = 2, *, adds: bool = True) -> None:
        self.bos_token_id, self.eos_token_id, self._adds = bos, eos, adds

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        start = [self.bos_token_id] if self._adds and add_special_tokens else []
        return [token for token in start if token is not None] + [ord(c) for c in text]


def encoder(policy: Any = "auto", max_length: int = 10, **tokenizer: Any) -> Encoder:
    return Encoder(Characters(**tokenizer), policy, max_length)


def text(tokens: tuple[int, ...]) -> str:
    return "".join(chr(token) for token in tokens)


@given(st.integers(0, 60), st.integers(1, 20))
def test_windows_are_lm_evals_made_disjoint(count: int, size: int) -> None:
    tokens = list(range(1, count + 1))
    theirs = [
        (tuple(before), tuple(after))
        for before, after in map(
            make_disjoint_window, get_rolling_token_windows(tokens, 0, size, 1)
        )
    ]
    ours = [(span.tokens[: span.start], span.scored) for span in rolling_windows(tokens, 0, size)]
    assert ours == theirs


@given(st.integers(1, 60), st.integers(1, 20))
def test_windows_score_each_token_once_and_read_no_more_than_allowed(count: int, size: int) -> None:
    spans = list(rolling_windows(list(range(1, count + 1)), 0, size))
    assert [token for span in spans for token in span.scored] == list(range(1, count + 1))
    assert all(span.start > 0 and len(span.fed) <= size for span in spans)


def test_blanks_at_the_seam_belong_to_the_continuation() -> None:
    span = encoder().pair("ab \n", "c")
    assert (text(span.fed), text(span.scored)) == ("\x01ab \n", " \nc")


def test_an_empty_or_blank_context_is_bos_or_else_eos() -> None:
    assert encoder().pair("", "abc").tokens == (1, 97, 98, 99)
    assert encoder().pair("  ", "a").tokens == (1, 32, 32, 97)
    assert encoder("never").pair("", "a").tokens == (1, 97)
    assert encoder(bos=None, adds=False).pair("", "a").tokens == (2, 97)
    assert encoder().pair("", "\x01abc").tokens == (1, 97, 98, 99)
    with pytest.raises(UnencodableError, match="neither"):
        encoder(bos=None, eos=None, adds=False).pair("", "a")


def test_too_long_a_context_loses_its_start() -> None:
    span = encoder(max_length=4).pair("abcdefgh", "ij")
    assert (text(span.tokens), text(span.scored)) == ("fghij", "ij")
    assert len(span.fed) == 4


def test_a_continuation_may_fill_the_window_and_no_more() -> None:
    assert len(encoder(max_length=4).pair("x", "abcd").scored) == 4
    with pytest.raises(UnencodableError, match="5 tokens, more than max_length 4"):
        encoder(max_length=4).pair("x", "abcde")


@pytest.mark.parametrize(
    ("policy", "adds", "begins"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("always", False, True),
        ("never", True, False),
    ],
)
def test_the_policy_decides_on_bos(policy: str, adds: bool, begins: bool) -> None:
    tokens = encoder(policy, adds=adds).text("ab")
    assert tokens == ([1, 97, 98] if begins else [97, 98])
    assert encoder(policy, adds=adds).text("\x01ab") == [1, 97, 98]


def test_a_prompt_leaves_room_for_the_answer() -> None:
    assert text(tuple(encoder(max_length=6).prompt("abcdef", 4))) == "ef"
    assert encoder(max_length=6).prompt("", 4) == [1]


def test_what_loses_its_beginning_is_counted() -> None:
    short = encoder(max_length=10)
    short.pair("fits", " a")
    short.prompt("fits", 4)
    assert short.cut == 0
    short.pair("this is too long", " a")
    short.prompt("this is too long", 4)
    assert short.cut == 2
