"""Any metric of a row between two checkpoints, in its own scale and with the proper word."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cells import ACCURACY, evidence, mean_rows, scores, stated

from harness.analysis.change import change
from harness.analysis.shifts import corrected, shift, shifts
from harness.evidence import Evidence
from harness.stats.corrections import benjamini_hochberg

N = 200


def cell(name: str, share: float, **changes: Any) -> Evidence:
    return evidence(name, (np.arange(N) < share * N).astype(float).tolist(), **changes)


def with_metric(made: Evidence, name: str, values: Any, **info: Any) -> Evidence:
    metric = replace(ACCURACY, **({"name": name, "signature": name, "chance": 0.0} | info))
    return replace(made, metrics=(*made.metrics, scores(metric, mean_rows(values))))


def test_the_primary_metrics_shift_is_the_stage_tables_change() -> None:
    before, after = cell("sft", 0.6), cell("dpo", 0.5)
    found = shift(before, after, 3)
    assert found.change == change(before, after, 3)
    assert found.change.wording == "lost"
    assert found.before is not None
    assert found.after is not None
    assert (found.before.value, found.after.value) == pytest.approx((0.6, 0.5))


def test_ends_are_over_the_documents_that_both_have() -> None:
    before, after = cell("sft", 0.5), evidence("dpo", [1.0] * 20, planned=N)
    found = shift(before, after, 0)
    assert found.before is not None
    assert (found.before.value, found.before.n) == (1.0, 20)
    assert found.change.wording == "no clear change"


def test_a_secondary_metric_is_judged_by_its_own_direction() -> None:
    sides = [
        with_metric(cell(name, 0.5), "empty", [share] * N + [], higher_is_better=False)
        for name, share in (("sft", 0.0), ("dpo", 1.0))
    ]
    (found,) = shifts({"quiz": sides[0]}, {"quiz": sides[1]}, ["empty", "absent"], 0)
    assert (found.metric, found.change.wording) == ("empty", "lost")
    assert found.higher_is_better is False


def test_longer_answers_are_neither_better_nor_worse() -> None:
    rng = np.random.default_rng(0)
    sides = [
        with_metric(cell(name, 0.5), "answer_tokens", rng.normal(mean, 1, N), unit="", ceiling=None)
        for name, mean in (("sft", 10), ("dpo", 20))
    ]
    (found,) = shifts({"quiz": sides[0]}, {"quiz": sides[1]}, ["answer_tokens"], 0)
    assert (found.change.wording, found.higher_is_better) == ("changed", None)


def test_what_doesnt_compare_says_why_and_secondary_metrics_stay_away() -> None:
    before, after = cell("sft", 0.5), cell("dpo", 0.5, task_version=2)
    found = shift(before, after, 0)
    assert found.change.wording == "not comparable"
    assert found.change.missing == "task version differs 1, 2"
    assert found.before is None
    sides = [with_metric(side, "ece", [0.1] * N) for side in (before, after)]
    assert shifts({"quiz": sides[0]}, {"quiz": sides[1]}, ["ece"], 0) == ()


def test_p_values_are_corrected_for_how_many_rows_there_are() -> None:
    found = [shift(cell("sft", 0.6), cell("dpo", share), 0) for share in (0.5, 0.58, 0.6)]
    found.append(shift(cell("sft", 0.5), cell("dpo", 0.5, task_version=2), 0))
    made = corrected(found)
    p = [f.change.difference.p for f in found[:3] if f.change.difference]
    adjusted = [f.adjusted for f in made[:3]]
    assert adjusted == pytest.approx(benjamini_hochberg([each or 0 for each in p]).tolist())
    assert made[3].adjusted is None


def test_a_number_without_records_changed_and_never_lost() -> None:
    found = shift(stated("sft", "a", 0.9, 0.01, n=500), stated("dpo", "a", 0.5, 0.01, n=500), 0)
    assert found.change.wording == "changed"
    assert found.change.difference is not None
    assert found.change.difference.test == "unpaired standard error only"
    assert found.before is not None
    assert found.before.method == "as stated, normal"
