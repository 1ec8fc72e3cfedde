"""Perplexity by domain, paired by document; calibration beside accuracy."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cells import ACCURACY, BITS, evidence, mean_rows, scores

from harness.analysis.drift import calibration_drift, perplexity_drift
from harness.analysis.shifts import shift
from harness.evidence import Evidence


def text(name: str, row: str, bits: Any, **changes: Any) -> Evidence:
    rows = [[each, 100.0] for each in bits]
    return evidence(name, row=row, task=row, scores=scores(BITS, rows), **changes)


def test_bits_per_byte_drift_by_document_and_average_by_domain() -> None:
    rng = np.random.default_rng(3)
    before = {row: rng.uniform(50, 150, 60) for row in ("a", "b", "c")}
    rows = []
    for row, language in (("a", "en"), ("b", "en"), ("c", "zh")):
        moved = before[row] + rng.normal({"a": 2, "b": 4, "c": 0}[row], 1, 60)
        sides = [
            text(who, row, bits, language=language)
            for who, bits in (("base", before[row]), ("sft", moved))
        ]
        rows.append(shift(sides[0], sides[1], 0))
    groups = {group.language: group for group in perplexity_drift(rows)}
    assert groups["en"].rows == ("a", "b")
    assert groups["en"].mean.value == pytest.approx(0.03, abs=0.003)
    assert groups["en"].mean.low is not None
    assert groups["en"].mean.low > 0.02  # paired: texts differ far more than checkpoints
    assert groups["en"].mean.n == 2
    assert groups["zh"].mean.value == pytest.approx(0, abs=0.005)


def test_a_text_without_a_partner_is_in_no_group_and_scores_are_none() -> None:
    alone = shift(text("base", "a", [9, 8]), text("sft", "a", [9, 8], task_version=2), 0)
    quiz = shift(evidence("base", [1, 0]), evidence("sft", [1, 1]), 0)
    assert perplexity_drift([alone, quiz]) == ()


def test_calibration_errors_are_compared_by_their_own_metric() -> None:
    brier = replace(ACCURACY, name="brier", signature="brier", higher_is_better=False, unit="")
    rng = np.random.default_rng(5)
    sides = []
    for name, error in (("sft", 0.2), ("dpo", 0.6)):
        cell = evidence(name, [1.0, 0.0] * 40)
        rows = mean_rows(rng.normal(error, 0.05, 80).tolist())
        sides.append({"quiz": replace(cell, metrics=(*cell.metrics, scores(brier, rows)))})
    (found,) = calibration_drift(sides[0], sides[1], 0, 0.95)
    assert (found.metric, found.change.wording) == ("brier", "lost")
    assert found.change.difference is not None
    assert found.change.difference.estimate.value == pytest.approx(0.4, abs=0.03)
