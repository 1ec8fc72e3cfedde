"""Reliability diagrams are made of the bins of the calibration error."""

import numpy as np
import pytest
from cells import evidence, scores

from harness.analysis.reliability import reliability
from harness.evidence import Evidence
from harness.metrics.calibration import ece_row
from harness.metrics.metric import MetricInfo
from harness.stats.bootstrap import value_of

INFO = MetricInfo(name="ece", signature="ece|v1", columns=tuple("x" * 45), aggregate="ece")
ANSWERS = [(0.95, 1.0), (0.97, 0.0), (0.41, 1.0), (0.3, 0.0)]


def cell(name: str, answers: list[tuple[float, float]]) -> Evidence:
    made = evidence(name, [hit for _, hit in answers])
    binned = scores(INFO, [ece_row(*answer) for answer in answers])
    object.__setattr__(made, "metrics", (*made.metrics, binned))
    return made


def test_the_bins_give_the_calibration_error_back() -> None:
    found = reliability([cell("base", ANSWERS)])
    gaps = [each.accuracy.n * abs(each.accuracy.value - each.confidence) for each in found]
    rows = np.array([ece_row(*answer) for answer in ANSWERS])
    assert sum(gaps) / len(ANSWERS) == pytest.approx(value_of(INFO, rows))
    assert sum(each.accuracy.n for each in found) == len(ANSWERS)
    assert all(each.low < each.confidence <= each.high for each in found)


def test_checkpoints_are_shown_over_the_documents_they_share() -> None:
    found = reliability([cell("base", ANSWERS), cell("sft", ANSWERS[:2])])
    assert {each.checkpoint: each.accuracy.n for each in found} == {"base": 2, "sft": 2}
    assert found[0].accuracy.low is not None


def test_a_row_without_probabilities_has_no_diagram() -> None:
    assert reliability([evidence("base", [1, 0])]) == []
