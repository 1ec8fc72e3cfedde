from itertools import combinations
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.kinds.multiple_choice.letter_sets import exact_logprobs, letter_sets


def test_five_choices_have_31_sets():
    sets = letter_sets(5)
    assert len(set(sets)) == len(sets) == 31
    assert (sets[0], sets[5], sets[-1]) == ((0,), (0, 1), (0, 1, 2, 3, 4))


@settings(max_examples=200)
@given(st.integers(2, 5), st.data())
def test_the_probability_of_stopping_is_recovered(count, data):
    """A model that says each set with a known probability gives prefixes their sums."""
    sets = letter_sets(count)
    weights = data.draw(st.lists(st.floats(0.001, 1), min_size=len(sets), max_size=len(sets)))
    share = {s: w / (sum(weights) * 1.1) for s, w in zip(sets, weights, strict=True)}
    prefixes = [log(sum(p for s, p in share.items() if s[: len(one)] == one)) for one in sets]
    exact = exact_logprobs(prefixes, count)
    assert [exp(value) for value in exact] == pytest.approx(list(share.values()), abs=1e-12)


def test_the_longer_answer_can_win_though_its_beginning_is_always_likelier():
    sets = letter_sets(3)
    likely = {(0,): 0.9, (0, 1): 0.85, (0, 1, 2): 0.05, (1,): 0.05}
    logprobs = [log(likely.get(s, 0.001)) for s in sets]
    assert sets[int(np.argmax(logprobs))] == (0,)
    assert sets[int(np.argmax(exact_logprobs(logprobs, 3)))] == (0, 1)


def test_sets_that_leave_nothing_are_impossible_not_an_error():
    logprobs = [0.0] * len(list(combinations(range(2), 1))) + [0.0]
    assert exact_logprobs(logprobs, 2) == [-np.inf, 0.0, 0.0]
