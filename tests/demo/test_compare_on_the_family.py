"""The bundled family through ``compare``: real weights, real answers, the numbers of analysis."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.comparison import comparison
from harness.render.headline import headline
from harness.render.numbers import difference_text
from harness.results import Comparison
from harness.store import Store

TASKS = "perplexity_general_en,medical_facts_en,medical_qa_en,note_summary_en,preference_en"
NAMES = ["base", "sft", "aligned"]
pytestmark = pytest.mark.slow


def aligntax(*arguments: object) -> str:
    command = [sys.executable, "-m", "harness", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("family") / "store"
    aligntax("demo", "--store", folder, "--tasks", TASKS, "--limit", 24)
    return folder


@pytest.fixture(scope="module")
def found(store: Path) -> Comparison:
    return comparison(Store(store), NAMES)


@pytest.fixture(scope="module")
def printed(store: Path) -> str:
    return aligntax("compare", *NAMES, "--store", store)


def test_the_numbers_on_screen_are_those_of_the_analysis(found: Comparison, printed: str) -> None:
    for against in found.against:
        assert headline(against) in printed
        for shift in against.rows:
            line = next(x for x in printed.splitlines() if x.startswith(shift.row))
            assert difference_text(shift.change.difference, shift.unit, with_unit=False) in line
    assert len(printed.splitlines()) < 150


def test_the_json_holds_what_the_screen_rounds(store: Path, found: Comparison) -> None:
    whole: dict[str, Any] = json.loads(aligntax("compare", *NAMES, "--json", "--store", store))
    for said, against in zip(whole["against"], found.against, strict=True):
        values = [row["change"]["difference"]["estimate"]["value"] for row in said["rows"]]
        assert values == [
            shift.change.difference.estimate.value
            for shift in against.rows
            if shift.change.difference
        ]


def test_every_split_of_real_answers_sums_to_its_change(found: Comparison) -> None:
    splits = [split for against in found.against for split in against.formats]
    assert {split.task for split in splits} >= {"medical_facts_en", "medical_qa_en"}
    for split in splits:
        parts = sum(term.estimate.value for term in split.terms)
        assert parts == pytest.approx(split.total.value, abs=1e-12)


def test_flips_are_the_change_of_accuracy(found: Comparison) -> None:
    changes = {shift.row: shift.change.difference for shift in found.against[-1].rows}
    assert found.trajectories
    for followed in found.trajectories:
        flips = followed.flips[-1]
        assert (flips.reference, flips.candidate) == ("base", "aligned")
        difference = changes[followed.row]
        assert difference is not None
        moved = flips.gained.value - flips.lost.value
        assert moved == pytest.approx(difference.estimate.value)
        assert sum(followed.fates.values()) == len(followed.items) == 24


def test_net_is_gain_minus_tax_on_real_evidence(found: Comparison) -> None:
    for against in found.against:
        assert against.tax.groups
        for group in against.tax.groups.values():
            assert group.net.value == pytest.approx(group.gain - group.tax, abs=1e-12)
            assert group.net.n == len(group.tasks)


def test_general_text_became_less_likely_and_answers_changed_their_length(
    found: Comparison,
) -> None:
    sft = found.against[0]
    (general,) = (group for group in sft.drift if group.capability == "general")
    assert general.mean.low is not None
    assert general.mean.low > 0
    lengths = {s.row for s in sft.behaviour if s.metric == "answer_tokens"}
    assert "note_summary_en:chat" in lengths
    assert {s.metric for s in sft.calibration} == {"ece", "brier"}
