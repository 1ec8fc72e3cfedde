"""Files that were asked for, and those that GitHub's runner reads."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.gate.outputs import SUMMARY_BYTES, Outputs, tell_github, write_outputs
from harness.results import RuleVerdict, Verdict

RULE = RuleVerdict(
    rule="task *",
    row="quiz",
    capability="general",
    reference="sft",
    metric="acc",
    unit="%",
    margin=0.02,
    alpha=0.05,
    decision="INCOMPARABLE",
    reasons=("no evidence of it",),
)


def verdict(rules: int = 1) -> Verdict:
    return Verdict(
        decision="INCOMPARABLE",
        exit_code=4,
        baseline="sft",
        candidate="dpo",
        policy="gate.yaml",
        policy_hash="0" * 64,
        rules=tuple(replace(RULE, row=f"quiz_{i}") for i in range(rules)),
        alpha=0.05,
    )


def test_outside_github_nothing_is_written(tmp_path: Path) -> None:
    tell_github(verdict(), None, {})
    tell_github(verdict(), None, {"GITHUB_STEP_SUMMARY": "", "GITHUB_OUTPUT": ""})
    assert [*tmp_path.iterdir()] == []


def test_a_summary_stays_within_githubs_limit_and_says_that_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    for _ in range(4):
        tell_github(verdict(6000), None, {"GITHUB_STEP_SUMMARY": str(path)})
    text = path.read_text()
    assert SUMMARY_BYTES - 2000 < path.stat().st_size <= SUMMARY_BYTES
    assert text.endswith("a step's summary may have 1 MiB._\n")


def test_what_a_step_hands_on_cant_be_forged_by_a_path(tmp_path: Path) -> None:
    path = tmp_path / "output"
    tell_github(verdict(), Path("a\nverdict=PASS"), {"GITHUB_OUTPUT": str(path)})
    assert path.read_text().splitlines() == ["verdict=INCOMPARABLE", "report-path=a verdict=PASS"]


def test_of_several_files_those_that_can_be_written_are(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outputs = Outputs(
        html=tmp_path / "file" / "x.html",
        markdown=tmp_path / "deep" / "er" / "x.md",
        json=tmp_path / "x.json",
    )
    with pytest.raises(StoreError, match="can't be written"):
        write_outputs(verdict(), outputs)
    assert (tmp_path / "deep" / "er" / "x.md").exists()
    assert (tmp_path / "x.json").exists()
