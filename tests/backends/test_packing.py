"""Packs and their rows, without a model: everything once, and each token sees its own sequence."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.backends.encoding import Span
from harness.backends.layout import Layout, lay_out
from harness.backends.packing import Pack, packs, readings
from harness.backends.prefix import common, common_prefix

BEGINNING = tuple(range(100, 140))
tokens = st.lists(st.integers(0, 2), min_size=2, max_size=12).map(tuple)


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Spans that often share beginnings, repeat, or continue one another."""
    found: list[Span] = []
    for _ in range(draw(st.integers(1, 14))):
        text = draw(st.sampled_from([(), BEGINNING[:20], BEGINNING])) + draw(tokens)
        if found and draw(st.booleans()):
            before = draw(st.sampled_from(found)).tokens
            text = before[: draw(st.integers(1, len(before)))] + draw(tokens)
        found.append(Span(text, draw(st.integers(1, len(text) - 1))))
    return found


def rows(asked: list[Span], budget: int, block: int) -> list[tuple[Pack, Layout]]:
    return [(pack, lay_out(pack, asked, block)) for pack in packs(readings(asked), budget)]


@given(tokens, tokens)
def test_common_counts_what_both_begin_with(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    shared = common(one, other)
    assert one[:shared] == other[:shared]
    assert one[shared : shared + 1] != other[shared : shared + 1] or shared == len(one)


@given(st.lists(tokens))
def test_a_common_prefix_is_the_longest_that_all_have(found: list[tuple[int, ...]]) -> None:
    shared = common_prefix(found)
    assert len({each[:shared] for each in found}) <= 1
    longer = {each[: shared + 1] for each in found}
    assert not found or len(longer) > 1 or shared == min(map(len, found))


@given(spans(), st.integers(1, 60))
def test_packs_hold_every_span_once_and_keep_to_the_budget(asked: list[Span], budget: int) -> None:
    found = list(packs(readings(asked), budget))
    members = [m for pack in found for reading in pack.readings for m in reading.members]
    assert sorted(members) == list(range(len(asked)))
    for pack in found:
        assert pack.size <= budget or len(pack.readings) == 1


@given(spans(), st.integers(1, 60))
def test_a_prefix_is_what_all_begin_with_and_none_is_scored_in_it(
    asked: list[Span], budget: int
) -> None:
    for pack in packs(readings(asked), budget):
        for reading in pack.readings:
            assert reading.fed[: len(pack.prefix)] == pack.prefix
            assert reading.first > len(pack.prefix)


def test_a_shared_beginning_is_kept_and_the_groups_behind_it_extend_it() -> None:
    groups = [BEGINNING + (group,) * 20 for group in range(3)]
    asked = [Span((*g, choice, choice, 7), len(g)) for g in groups for choice in range(30)]
    found = list(packs(readings(asked), budget=20))
    assert {pack.prefix[: len(BEGINNING)] for pack in found} == {BEGINNING}
    assert {pack.prefix for pack in found} == {g[:-1] for g in groups}
    whole = list(packs(readings(asked), budget=1000))
    assert [(pack.prefix, pack.size) for pack in whole] == [((), 40 + 3 * (20 + 30 * 2))]


def test_a_short_beginning_is_repeated_rather_than_kept() -> None:
    asked = [Span((1, 2, 3, k, *range(20)), 4) for k in range(40)]
    assert {pack.prefix for pack in packs(readings(asked), budget=100)} == {()}


@settings(max_examples=100)
@given(spans(), st.integers(1, 60), st.integers(1, 9))
def test_each_token_sees_its_own_sequence_and_nothing_else(
    asked: list[Span], budget: int, block: int
) -> None:
    for pack, row in rows(asked, budget, block):
        assert [b.begin for b in row.blocks] == [0, *(b.end for b in row.blocks)][:-1]
        assert row.blocks[-1].end == len(row.tokens) == pack.size
        sequences = {reading.fed[:k] for reading in pack.readings for k in range(len(reading.fed))}
        for each in row.blocks:
            assert each.end - each.begin <= block
            assert all(a < b < c for (a, b), (c, _) in pairwise(each.keys))
            inside = {place for a, b in each.keys for place in range(a, b)}
            for part in each.parts:
                for place in range(part.begin, part.end):
                    seen = [p for a, b in part.before for p in range(a, b)]
                    seen += range(part.begin, place)
                    assert {*seen, place} <= inside
                    assert [row.positions[p] for p in seen] == list(
                        range(len(pack.prefix), row.positions[place])
                    )
                    before = pack.prefix + tuple(row.tokens[p] for p in seen)
                    assert before in sequences


@given(spans(), st.integers(1, 60))
def test_targets_are_the_scored_tokens_where_they_are_predicted(
    asked: list[Span], budget: int
) -> None:
    for _, row in rows(asked, budget, 8):
        assert len(set(row.picked)) == len(row.picked)
        targets = iter(row.targets)
        for member, count in row.owners:
            span = asked[member]
            own = [next(targets) for _ in range(count)]
            assert [token for _, token in own] == list(span.scored)
            places = [row.picked[index] for index, _ in own]
            assert [row.positions[p] for p in places] == list(
                range(span.start - 1, len(span.tokens) - 1)
            )
            assert tuple(row.tokens[p] for p in places) == span.tokens[span.start - 1 : -1]


@given(spans(), st.integers(1, 60))
def test_a_row_holds_no_token_of_the_trie_twice(asked: list[Span], budget: int) -> None:
    for pack, row in rows(asked, budget, 8):
        nodes = {
            reading.fed[:end]
            for reading in pack.readings
            for end in range(len(pack.prefix) + 1, len(reading.fed) + 1)
        }
        assert len(row.tokens) == len(nodes)
