from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Ranking
from harness.metrics.preference import agreement, preference_metrics
from harness.records import Document

METRICS = {m.info.name: m for m in preference_metrics()}
NORM, SUM, MARGIN = (METRICS[name] for name in ("preferred_norm", "preferred", "margin"))
LONGER, SHORTER = METRICS["preferred_when_longer"], METRICS["preferred_when_shorter"]


def pair(chosen, rejected, characters, ranks=(1, 2)):
    return Ranking(logprobs=(chosen, rejected), characters=characters, ranks=ranks)


# A good long response against a bad short one: less likely as a whole, likelier per character.
LONG = pair(-60.0, -20.0, (60, 10))
SHORT = pair(-20.0, -60.0, (10, 60))
TIE = pair(-12.0, -12.0, (6, 6))
LISTED = Ranking(logprobs=(-4.0, -6.0, -8.0), characters=(2, 2, 2), ranks=(1, 3, 2))


def corpus(metric, outcomes):
    sums = np.array([[metric.statistics(outcome) for outcome in outcomes]]).sum(axis=1)
    (value,) = AGGREGATES[metric.info.aggregate](sums)
    return value


def test_accuracy_per_character_comes_first():
    assert next(iter(METRICS)) == "preferred_norm"


def test_the_sum_prefers_the_short_response_and_the_norm_does_not():
    assert (NORM.statistics(LONG), SUM.statistics(LONG)) == ((1.0, 1.0), (0.0, 1.0))
    assert (NORM.statistics(SHORT), SUM.statistics(SHORT)) == ((0.0, 1.0), (1.0, 1.0))


def test_a_tie_of_the_model_counts_one_half():
    assert NORM.statistics(TIE) == SUM.statistics(TIE) == (0.5, 1.0)


def test_the_margin_is_in_nats_per_character():
    assert MARGIN.statistics(LONG) == (1.0, 1.0)
    assert MARGIN.statistics(SHORT) == (-1.0, 1.0)
    assert METRICS["margin_sum"].statistics(LONG) == (-40.0, 1.0)
    assert MARGIN.info.unit == METRICS["margin_sum"].info.unit == "nats"


def test_values_over_three_pairs():
    found = [corpus(metric, (LONG, LONG, TIE)) for metric in (NORM, SUM, MARGIN)]
    assert found == pytest.approx([2.5 / 3, 0.5 / 3, 2 / 3])


def test_a_list_is_the_mean_of_its_pairs_worked_by_hand():
    # Per character -2, -3, -4; 1 before 3 and 1 before 2 are right, 2 before 3 is wrong.
    assert NORM.statistics(LISTED) == pytest.approx((2 / 3, 1.0))
    assert MARGIN.statistics(LISTED) == pytest.approx(((1 + 2 - 1) / 3, 1.0))
    assert METRICS["tau_norm"].statistics(LISTED) == pytest.approx((1 / 3, 1.0))


def test_a_list_weighs_as_much_as_a_pair():
    assert corpus(NORM, (LISTED, SHORT)) == pytest.approx((2 / 3 + 0) / 2)


def test_what_people_tied_on_counts_in_no_metric_but_agreement():
    tied = pair(-1.0, -9.0, (1, 1), ranks=(1, 1))
    assert {metric.statistics(tied) for metric in METRICS.values()} == {(0.0, 0.0)}
    assert agreement(0.0).statistics(tied) == (0.0, 1.0)
    assert agreement(8.0).statistics(tied) == (1.0, 1.0)
    assert corpus(NORM, (LONG, tied)) == 1.0


def test_agreement_worked_by_hand():
    # Differences per character 1, 2 and 1 in size: a margin of 1 ties two of three pairs.
    assert agreement(0.0).statistics(LISTED) == pytest.approx((2 / 3, 1.0))
    assert agreement(1.0).statistics(LISTED) == pytest.approx((1 / 3, 1.0))
    assert agreement(1.0).statistics(replace(LISTED, ranks=(1, 1, 2))) == pytest.approx((2 / 3, 1))


def test_guessing_without_ties_agrees_with_half_of_the_untied_pairs():
    chance = agreement(0.1).chance
    documents = [Document(id="a", fields={"ranks": ranks}) for ranks in ([1, 2], [1, 1], [1, 1, 2])]
    assert [chance(document) for document in documents] == pytest.approx([0.5, 0.0, 1 / 3])
    assert chance(Document(id="a", fields={"chosen": "x", "rejected": "y"})) == 0.5


def test_accuracy_is_split_by_which_side_is_longer():
    assert (LONGER.statistics(LONG), SHORTER.statistics(LONG)) == ((1.0, 1.0), (0.0, 0.0))
    assert (LONGER.statistics(SHORT), SHORTER.statistics(SHORT)) == ((0.0, 0.0), (0.0, 1.0))
    assert LONGER.statistics(TIE) == SHORTER.statistics(TIE) == (0.0, 0.0)


def test_a_model_that_follows_length_is_right_only_where_the_better_is_longer():
    wordy = [pair(-float(b), -float(a), (a, b)) for a, b in ((60, 10), (10, 60), (30, 20))]
    assert (corpus(LONGER, wordy), corpus(SHORTER, wordy)) == (1.0, 0.0)


RANKINGS = st.integers(2, 6).flatmap(
    lambda n: st.builds(
        Ranking,
        logprobs=st.lists(st.integers(-40, -1).map(float), min_size=n, max_size=n),
        characters=st.lists(st.integers(1, 40), min_size=n, max_size=n),
        ranks=st.lists(st.integers(0, 3), min_size=n, max_size=n),
    )
)


@given(RANKINGS)
def test_turning_the_ranks_round_mirrors_every_metric(ranking):
    turned = replace(ranking, ranks=[-rank for rank in ranking.ranks])
    for name, metric in METRICS.items():
        if name in ("preferred_norm", "preferred"):
            (one, n), (other, _) = metric.statistics(ranking), metric.statistics(turned)
            assert one + other == pytest.approx(n)
        elif "when" not in name:
            one, other = metric.statistics(ranking), metric.statistics(turned)
            assert (one[0], one[1]) == pytest.approx((-other[0], other[1]))


@given(RANKINGS)
def test_tau_of_a_pair_is_twice_the_accuracy_less_one(ranking):
    two = Ranking(
        logprobs=ranking.logprobs[:2], characters=ranking.characters[:2], ranks=ranking.ranks[:2]
    )
    (tau, n), (accuracy, _) = METRICS["tau_norm"].statistics(two), NORM.statistics(two)
    assert tau == 2 * accuracy - n


def test_guessing_scores_one_half_of_a_known_best():
    assert [(m.info.chance, m.info.ceiling) for m in (NORM, SUM)] == [(0.5, 1.0)] * 2
    assert MARGIN.info.ceiling is None


def test_signatures_state_length_reference_and_ties():
    assert NORM.info.signature == (
        "preferred_norm|norm:characters|reference:none|ties:half|lists:mean_of_pairs|version:1"
    )
    assert SUM.info.signature == (
        "preferred|norm:none|reference:none|ties:half|lists:mean_of_pairs|version:1"
    )
    assert len({m.info.signature for m in METRICS.values()}) == len(METRICS)
