"""The word diff keeps the longest common part, and both texts can be read out of it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.differences import LONGEST, changes, words

TEXTS = st.text(alphabet="ab c,慢性胃", max_size=25)


def common(old: list[str], new: list[str]) -> int:
    """Return the length of the longest common subsequence by the textbook's table."""
    table = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, a in enumerate(old):
        for j, b in enumerate(new):
            best = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else best
    return table[-1][-1]


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_and_as_much_as_possible_is_kept(old: str, new: str) -> None:
    pieces = changes(old, new)
    assert "".join(p.text for p in pieces if p.kind != "removed") == new
    assert "".join(p.text for p in pieces if p.kind != "added") == old
    kept = [word for p in pieces if p.kind == "same" for word in words(p.text)]
    assert len(kept) == common(words(old), words(new))


@given(st.text())
def test_words_are_the_whole_text(text: str) -> None:
    assert "".join(words(text)) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("no change.", ["no", " ", "change", "."]),
        ("慢性胃炎", ["慢", "性", "胃", "炎"]),
        ("PPI治疗", ["PPI", "治", "疗"]),
    ],
)
def test_chinese_is_cut_by_character_and_english_by_word(text: str, parts: list[str]) -> None:
    assert words(text) == parts


def test_a_changed_word_is_one_removed_and_one_added_piece() -> None:
    kinds = [(p.kind, p.text) for p in changes("take two pills", "take ten pills")]
    assert kinds == [
        ("same", "take "),
        ("removed", "two"),
        ("added", "ten"),
        ("same", " pills"),
    ]


def test_hostile_length_costs_no_time_and_loses_no_text() -> None:
    old, new = "a b " * 100_000, "b a " * 100_000
    began = time.process_time()
    pieces = changes(old, new)
    assert time.process_time() - began < 2
    assert "".join(p.text for p in pieces if p.kind != "removed") == new
    assert len(words(new)) > LONGEST
