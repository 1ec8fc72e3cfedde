"""Measures of continual learning on worked matrices; denominators as each paper has them."""

import numpy as np
import pytest

from harness.stats.continual import (
    average_score,
    backward_transfer,
    forgetting,
    forward_transfer,
    mean_forgetting,
    trace_backward_transfer,
)

NAN = float("nan")
R = np.array([[0.60, 0.10, 0.05], [0.65, 0.40, 0.10], [0.62, 0.30, 0.50]])


def test_the_three_stage_example_by_hand() -> None:
    fallen = (0.62 - 0.60) + (0.30 - 0.40)
    assert backward_transfer(R) == pytest.approx(fallen / 2)
    assert trace_backward_transfer(R) == pytest.approx(fallen / 3)
    assert average_score(R) == pytest.approx((0.62 + 0.30 + 0.50) / 3)
    assert forward_transfer(R, np.array([0.0, 0.02, 0.03])) == pytest.approx((0.08 + 0.07) / 2)
    assert forgetting(R) == pytest.approx([0.03, 0.10, -0.40])
    assert mean_forgetting(R) == pytest.approx((0.03 + 0.10) / 2)


def test_anchored_and_best_readings_differ_in_sign() -> None:
    """Base 60, SFT 65, aligned 62: two gained on the base, three lost from the best."""
    scores = np.array([[60.0], [65.0], [62.0]])
    assert scores[-1, 0] - scores[0, 0] == 2
    assert forgetting(scores)[0] == 3


def test_a_missing_cell_is_never_filled_in() -> None:
    holed = R.copy()
    holed[2, 0] = NAN
    for measure in (backward_transfer, trace_backward_transfer, average_score, mean_forgetting):
        assert np.isnan(measure(holed))


def test_one_stage_transfers_nothing() -> None:
    assert np.isnan(backward_transfer(R[:1, :1]))
    with pytest.raises(ValueError, match="square"):
        backward_transfer(R[:2])
