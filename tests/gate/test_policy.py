"""gate.yaml: defaults, units, and mistakes named with file, line and key."""

from pathlib import Path

import pytest

from harness.errors import SpecError
from harness.gate.policy import load_policy


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gate.yaml"
    path.write_text(text)
    return path


def test_a_rule_takes_what_it_doesnt_say_from_the_top(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "alpha: 0.01\ncoverage: 0.9\ninconclusive: warn\nanchor: v1\n"
        "rules:\n  - {task: 'medical_*', margin: 2}\n"
        "  - {group: general, margin: 1, alpha: 0.1, coverage: 1.0}\n",
    )
    policy = load_policy(path)
    first, second = policy.rules
    assert (first.alpha, first.coverage, first.inconclusive) == (0.01, 0.9, "warn")
    assert (second.alpha, second.coverage) == (0.1, 1.0)
    assert policy.anchor == "v1"
    assert first.matches("medical_qa_en:mcf", "medical_qa_en")
    assert not second.matches("medical_qa_en", "medical_qa_en")


def test_margins_are_written_as_units_are_shown(tmp_path: Path) -> None:
    rule = load_policy(write(tmp_path, "rules: [{task: a, margin: 2}]\n")).rules[0]
    assert rule.own_margin("%") == pytest.approx(0.02)
    assert rule.own_margin("points") == 2
    assert load_policy(None).rules[0].own_margin("bits/byte") == 0.02


def test_a_policys_hash_is_that_of_what_it_decides(tmp_path: Path) -> None:
    one = load_policy(write(tmp_path, "rules: [{task: a, margin: 2}]\n"))
    same = load_policy(write(tmp_path, "# a comment\nrules:\n  - task: a\n    margin: 2.0\n"))
    other = load_policy(write(tmp_path, "rules: [{task: a, margin: 2.5}]\n"))
    assert one.hash == same.hash != other.hash


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [{task: a, group: general, margin: 1}]\n", "either `task`"),
        ("rules: [{task: a, margin: -1}]\n", "margin"),
        ("rules: [{task: a, margin: .inf}]\n", "margin"),
        ("rules: [{task: a, margin: {percent: 2}}]\n", "margin"),
        ("rules: []\n", "rules"),
        ("rules: [{task: a, marign: 1}]\n", "margin"),
        ("alpha: 0.7\nrules: [{task: a}]\n", "alpha"),
        ("- task: a\n", "mapping"),
    ],
)
def test_mistakes_are_one_line_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SpecError, match=r"gate\.yaml") as caught:
        load_policy(write(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
