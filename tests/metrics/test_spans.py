"""Span scores against seqeval's strict mode, and against the best pairing there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2, Entities

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Spans
from harness.metrics.spans import span_counts, span_metrics, tagged_spans

MEASURES = ("precision", "recall", "f1")
TYPES = ("Disease", "药物", "symptom")
TAGS = ("O", *(f"{prefix}-{name}" for prefix in "BI" for name in TYPES))


def values(outcomes, types=TYPES):
    found = {}
    for metric in span_metrics(types, "test"):
        rows = np.array([metric.statistics(outcome) for outcome in outcomes])
        assert rows.shape == (len(outcomes), len(metric.info.columns))
        (found[metric.info.name],) = AGGREGATES[metric.info.aggregate](rows.sum(axis=0)[None])
    return found


def spans(gold, predicted, elsewhere=(), size=3):
    return Spans(gold=gold, predicted=predicted, elsewhere=elsewhere, size=size)


def of_tags(gold, predicted):
    numbered = (
        [(start, end, TYPES.index(name)) for start, end, name in tagged_spans(tags)]
        for tags in (gold, predicted)
    )
    return spans(*numbered)


@st.composite
def tagged(draw):
    """Draw documents with gold and predicted tags; predictions are often gold with a few errors."""
    documents = []
    for _ in range(draw(st.integers(1, 6))):
        gold = draw(st.lists(st.sampled_from(TAGS), min_size=1, max_size=12))
        wrong = [draw(st.sampled_from(TAGS)) for _ in gold]
        kept = draw(st.lists(st.booleans(), min_size=len(gold), max_size=len(gold)))
        documents.append((gold, [g if k else w for g, w, k in zip(gold, wrong, kept, strict=True)]))
    return documents


@settings(max_examples=300)
@given(st.lists(st.sampled_from(TAGS), min_size=1, max_size=15))
def test_tagged_entities_are_seqevals(tags):
    theirs = [(e.start, e.end, e.tag) for e in Entities([tags], IOB2).entities[0]]
    assert tagged_spans(tags) == theirs


@settings(max_examples=300, deadline=None)
@given(tagged())
def test_strict_scores_equal_seqevals_strict_mode(documents):
    ours = values([of_tags(gold, predicted) for gold, predicted in documents])
    sides = [list(side) for side in zip(*documents, strict=True)]
    named = sorted({name for side in sides for tags in side for *_, name in tagged_spans(tags)})
    some_gold = any(tagged_spans(tags) for tags in sides[0])

    def theirs(average):
        return precision_recall_fscore_support(
            *sides, average=average, scheme=IOB2, zero_division=0
        )

    if some_gold:
        for index, measure in enumerate(MEASURES):
            assert ours[f"strict_micro_{measure}"] == pytest.approx(theirs("micro")[index])
            # seqeval's mean is over the types that occur, ours over all of the task's
            mean = theirs("macro")[index] * len(named) / len(TYPES)
            assert ours[f"strict_macro_{measure}"] == pytest.approx(mean)
    else:
        assert np.isnan(ours["strict_micro_f1"])
    if named:
        each = theirs(None)
        for index, measure in enumerate(MEASURES):
            expected = {
                f"strict_{measure}[{n}]": v for n, v in zip(named, each[index], strict=True)
            }
            assert {name: ours[name] for name in expected} == pytest.approx(expected)


def test_an_entity_that_begins_with_an_inside_tag_is_none():
    """seqeval's default mode, conlleval's, scores it 1."""
    outcome = of_tags(["B-Disease", "I-Disease"], ["I-Disease", "I-Disease"])
    assert values([outcome])["strict_micro_f1"] == 0.0


@st.composite
def flat(draw):
    """Draw spans of one type that don't overlap, for gold and for predicted."""
    sides = []
    for _ in range(2):
        edges = sorted(draw(st.sets(st.integers(0, 24), max_size=14)))
        sides.append([(a, b, 0) for a, b in zip(edges[::2], edges[1::2], strict=False)])
    return sides


@settings(max_examples=300, deadline=None)
@given(flat(), st.sampled_from([("partial", 0.5), ("type", 1.0)]))
def test_no_other_pairing_gives_more_credit(sides, how):
    match, half = how
    gold, predicted = sides

    def credit(g, p):
        return 1.0 if g == p else half * (max(g[0], p[0]) < min(g[1], p[1]))

    matrix = np.array([[credit(g, p) for p in predicted] for g in gold]).reshape(
        len(gold), len(predicted)
    )
    best = matrix[linear_sum_assignment(matrix, maximize=True)].sum()
    assert span_counts(match, spans(gold, predicted, size=1))[0] == pytest.approx(best)


def test_the_four_ways_of_matching_by_hand():
    # gold: "chest pain" symptom, "aspirin" drug, "flu" disease
    gold = [(0, 10, 2), (20, 27, 1), (30, 33, 0)]
    # "pain" symptom (overlap), "aspirin" disease (wrong type), "flu" disease, one not in the text
    predicted = [(6, 10, 2), (20, 27, 0), (30, 33, 0)]
    found = values([spans(gold, predicted, elsewhere=[1])])
    assert found["strict_micro_precision"] == pytest.approx(1 / 4)
    assert found["strict_micro_recall"] == pytest.approx(1 / 3)
    assert found["exact_micro_precision"] == pytest.approx(2 / 4)
    assert found["exact_micro_recall"] == pytest.approx(2 / 3)
    assert found["partial_micro_precision"] == pytest.approx(1.5 / 4)
    assert found["partial_micro_recall"] == pytest.approx(1.5 / 3)
    assert found["type_micro_f1"] == pytest.approx(4 / 7)
    assert found["strict_macro_recall"] == pytest.approx((1 + 0 + 0) / 3)
    assert found["strict_precision[Disease]"] == pytest.approx(1 / 2)
    assert found["strict_precision[药物]"] == 0.0


def test_one_long_prediction_matches_only_one_entity():
    assert span_counts("type", spans([(0, 3, 0), (5, 8, 0)], [(0, 8, 0)], size=1)) == [1, 1, 2]


def test_neighbours_that_only_touch_do_not_overlap():
    assert span_counts("partial", spans([(0, 3, 0)], [(3, 5, 0)], size=1)) == [0, 1, 1]


def test_a_document_without_entities_adds_nothing():
    empty = spans([], [])
    one = spans([(0, 3, 0)], [(0, 3, 0)])
    assert values([one, empty]) == values([one])


def test_without_any_gold_entity_there_is_no_evidence():
    assert np.isnan(values([spans([], [(0, 3, 0)])])["strict_micro_f1"])


def test_strict_micro_f1_is_primary_and_one_type_needs_no_macro():
    several = [metric.info.name for metric in span_metrics(TYPES, "test")]
    assert several[0] == "strict_micro_f1"
    one = [metric.info.name for metric in span_metrics(("Disease",), "test")]
    assert one[0] == "strict_micro_f1"
    assert not [name for name in one if "macro" in name or "[" in name]


def test_signatures_tell_ways_of_matching_types_and_location_apart():
    found = [m.info.signature for t in (TYPES, TYPES[:2]) for m in span_metrics(t, "test")]
    found += [metric.info.signature for metric in span_metrics(TYPES, "other")]
    assert len(set(found)) == len(found)
    assert found[0].startswith("strict_micro_f1|types:3:")
    assert "|match:strict|located_by:test|zero_division:0|" in found[0]
