"""Golden vector: statistics.md, section 3.6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.corrections import benjamini_hochberg, holm

P = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
many = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_holm_has_the_golden_vector() -> None:
    expected = [0.01, 0.072, 0.312, 0.312, 0.312, 0.312, 0.312, 0.615, 0.615, 0.615]
    assert holm(P) == pytest.approx(expected)


def test_benjamini_hochberg_has_the_golden_vector() -> None:
    expected = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.105714, 0.216, 0.216, 0.216]
    assert benjamini_hochberg(P) == pytest.approx(expected, abs=6e-7)


@given(many, st.randoms(use_true_random=False))
def test_corrections_follow_the_order_given(p: list[float], random) -> None:
    order = list(range(len(p)))
    random.shuffle(order)
    shuffled = [p[i] for i in order]
    assert holm(shuffled) == pytest.approx(holm(p)[order])
    assert benjamini_hochberg(shuffled) == pytest.approx(benjamini_hochberg(p)[order])


@given(many)
def test_corrections_never_make_a_p_value_smaller(p: list[float]) -> None:
    listed, blocked = benjamini_hochberg(p), holm(p)
    assert (listed >= np.asarray(p) - 1e-12).all()
    assert (blocked >= listed - 1e-12).all()
    assert blocked.max() <= 1


def test_no_tests_need_no_correction() -> None:
    assert len(holm([])) == len(benjamini_hochberg([])) == 0
