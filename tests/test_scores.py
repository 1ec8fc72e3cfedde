"""Rows that depend on all samples go through a run into its score layers."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from metric_scripts import LENGTHS, write_metric
from rich.console import Console
from toys import write_jsonl

from harness.evaluate import Overrides, prepare
from harness.metrics.outcomes import Text
from harness.metrics.ter import ter
from harness.scores import rows_of
from harness.spec import load_spec
from harness.stats.intervals import estimate
from harness.store import read_evidence

OUTCOMES = [Text(prediction=p, references=["a b"]) for p in ("a b", "a", "b a c")]


def test_rows_are_each_samples_own_unless_the_metric_says_otherwise():
    metric = ter("en")
    assert rows_of(metric, OUTCOMES) == [metric.statistics(outcome) for outcome in OUTCOMES]
    ranked = replace(metric, rows=lambda outcomes: [(float(i), 1.0) for i in range(len(outcomes))])
    assert rows_of(ranked, OUTCOMES) == [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]


@pytest.fixture
def evidence(tmp_path: Path, write_spec):
    rows = [{"source": f"note {i}", "target": "cough " * (1 + i % 5)} for i in range(30)]
    write_jsonl(tmp_path / "notes.jsonl", rows)
    write_metric(tmp_path / "scripts", "lengths", LENGTHS)
    entry = {
        "name": "notes",
        "kind": "generation",
        "capability": "domain",
        "data": "notes.jsonl",
        "options": {"metrics": ["evaluate:./scripts/lengths"]},
    }
    job = prepare(Overrides(allow_code=True).apply(load_spec(write_spec(tasks=[entry]))))
    summary = job.run(Console(file=StringIO()))
    return read_evidence(job.store, summary.run)


def test_a_metric_of_evaluate_is_stored_with_its_value_and_an_interval(evidence):
    for one in evidence:
        found = estimate(one.primary, one.clusters, np.random.default_rng(0))
        assert one.primary.info.name == "evaluate/lengths"
        assert found.value == pytest.approx(one.primary.rows[:, 0].mean())
        assert found.low < found.value < found.high
