"""Curves over an attribute: order, trend, peak, and whether the end is worse than it."""

from typing import Any

import numpy as np
import pytest
from cells import BITS, evidence, scores

from harness.analysis.curves import Marked, curves

N = 500


def marked(name: str, share: float, **attributes: Any) -> Marked:
    values = (np.arange(N) < share * N).astype(float).tolist()
    cell = evidence(name, values, cell=f"{name}-key")
    return Marked(name=name, attributes=attributes, rows={"quiz": cell})


def run(*shares: float) -> list[Marked]:
    return [marked(f"c{i}", share, step=100 * i) for i, share in enumerate(shares)]


def test_points_stand_in_the_order_of_the_attribute() -> None:
    given = run(0.30, 0.40, 0.50, 0.60)
    (curve,) = curves([given[i] for i in (2, 0, 3, 1)], 0)
    assert [point.checkpoint for point in curve.points] == ["c0", "c1", "c2", "c3"]
    assert [point.at for point in curve.points] == [0, 100, 200, 300]
    assert curve.rho == pytest.approx(1)
    assert curve.p == pytest.approx(2 / 24)
    assert (curve.peak, curve.fall, curve.worse) == ("c3", None, False)


def test_an_end_below_the_peak_beyond_its_interval_is_worse() -> None:
    (curve,) = curves(run(0.40, 0.60, 0.45), 0)
    assert curve.peak == "c1"
    assert curve.worse
    assert curve.fall is not None
    assert curve.fall.value == pytest.approx(-0.15)
    assert curve.fall.confidence == pytest.approx(1 - 0.05 / 2)


def test_an_end_a_little_below_the_peak_isnt_called_worse() -> None:
    (curve,) = curves(run(0.40, 0.602, 0.600), 0)
    assert (curve.peak, curve.worse) == ("c1", False)


def test_lower_is_better_for_bits_per_byte() -> None:
    rng = np.random.default_rng(2)
    base = rng.uniform(80, 120, 60)
    given = []
    for i, more in enumerate((20.0, 0.0, 30.0)):
        rows = np.column_stack([base + more + rng.normal(0, 1, 60), np.full(60, 100.0)])
        cell = evidence(f"c{i}", row="text", task="text", cell=f"c{i}", scores=scores(BITS, rows))
        given.append(Marked(name=f"c{i}", attributes={"train_tokens": i}, rows={"text": cell}))
    (curve,) = curves(given, 0)
    assert (curve.peak, curve.worse) == ("c1", True)


@pytest.mark.parametrize("attribute", [True, "many", None, float("nan")])
def test_only_numbers_make_a_curve(attribute: Any) -> None:
    assert curves([marked(f"c{i}", 0.5, step=attribute) for i in range(4)], 0) == ()


def test_two_points_or_one_value_for_all_make_no_curve() -> None:
    assert curves(run(0.4, 0.5), 0) == ()
    assert curves([marked(f"c{i}", 0.1 * i, params=7) for i in range(4)], 0) == ()


def test_points_are_over_the_documents_that_all_share() -> None:
    given = run(0.5, 0.5, 0.5)
    short = evidence("c3", [1.0] * 100, cell="c3-key")
    given.append(Marked(name="c3", attributes={"step": 300}, rows={"quiz": short}))
    (curve,) = curves(given, 0)
    assert [point.estimate.n for point in curve.points] == [100] * 4
    assert [point.estimate.value for point in curve.points] == [1.0] * 4
    assert curve.rho is None
    assert [reason.code for reason in curve.qualified] == ["coverage"]


def test_what_doesnt_compare_with_the_last_is_no_point() -> None:
    given = run(0.4, 0.5, 0.6, 0.7)
    cell = evidence("c0", [1.0] * N, cell="c0-key", task_version=9)
    given[0] = Marked(name="c0", attributes={"step": 0}, rows={"quiz": cell})
    (curve,) = curves(given, 0)
    assert [point.checkpoint for point in curve.points] == ["c1", "c2", "c3"]
