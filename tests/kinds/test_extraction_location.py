import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.kinds.extraction.location import locate


@pytest.mark.parametrize(
    ("text", "mentions", "found"),
    [
        ("flu and flu", ["flu", "flu"], [(0, 3), (8, 11)]),
        ("influenza or flu", ["flu"], [(13, 16)]),  # not a part of a word
        ("DMD, not DM", ["DM"], [(9, 11)]),
        ("breast cancer is a cancer", ["breast cancer", "cancer"], [(0, 13), (19, 25)]),
        (
            "breast cancer or cancer in a rat",
            ["breast cancer", "rat", "cancer"],
            [(0, 13), (29, 32), (17, 23)],
        ),
        ("Aids for AIDS", ["AIDS"], [(9, 13)]),  # the same spelling goes first
        ("Aids for AIDS", ["aids"], [(0, 4)]),
        ("A b A c A", ["b", "A"], [(2, 3), (4, 5)]),  # behind the one before
        ("A b A c A", ["c", "A", "A", "A"], [(6, 7), (8, 9), (0, 1), (4, 5)]),
        ("ataxia - telangiectasia", ["ataxia-telangiectasia"], [(0, 23)]),
        ("头痛，又头痛", ["头痛", "头痛"], [(0, 2), (4, 6)]),
        ("asthma, eczema", ["asthma, eczema"], [(0, 14)]),  # a whole before its parts
        ("eczema; asthma", ["asthma and eczema"], [(8, 14), (0, 6)]),
        ("flu", ["flu."], [(0, 3)]),
        ("flu .", ["flu."], [(0, 3)]),
        ("the flu.", ["Flu."], [(4, 7)]),
        ("the flu.", ["flu."], [(4, 8)]),  # copied to the letter
        ("x", ["", "   ", "."], []),
    ],
)
def test_listed_texts_are_located(text, mentions, found):
    spans, _ = locate(text, [(0, mention) for mention in mentions])
    assert [span[:2] for span in spans] == found


def test_entities_of_another_type_do_not_take_an_occurrence():
    spans, elsewhere = locate("Lithium level", [(0, "Lithium level"), (1, "Lithium")])
    assert (spans, elsewhere) == ([(0, 13, 0), (0, 7, 1)], [])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 2), st.text(max_size=8))))
def test_located_spans_are_distinct_and_within_the_text(text, mentions):
    spans, elsewhere = locate(text, mentions)
    assert len(set(spans)) == len(spans)
    assert all(0 <= start < end <= len(text) for start, end, _ in spans)
    assert len(spans) + len(elsewhere) >= len(mentions)
