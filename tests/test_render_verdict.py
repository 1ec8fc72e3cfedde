"""One verdict, five renderings that say the same and let nothing of strangers through."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from math import log
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.records import Estimate
from harness.render.verdict import (
    verdict_annotations,
    verdict_html,
    verdict_json,
    verdict_junit,
    verdict_markdown,
    verdict_text,
)
from harness.results import RuleVerdict, Stopped, Verdict

RULE = RuleVerdict(
    rule="task *",
    row="medical_qa",
    capability="domain",
    reference="sft",
    metric="accuracy",
    unit="%",
    margin=0.02,
    alpha=0.05,
    decision="PASS",
    estimate=Estimate(
        value=-0.003, low=-0.0051, high=-0.001, n=3000, method="Tango score", confidence=0.9
    ),
    p_pass=0.001,
    p_regressed=0.999,
    adjusted=0.999,
)


def verdict(*rules: RuleVerdict, **changes: Any) -> Verdict:
    given: dict[str, Any] = {
        "decision": rules[0].decision if rules else "INCOMPARABLE",
        "exit_code": 0,
        "baseline": "sft",
        "candidate": "dpo",
        "policy": "gate.yaml",
        "policy_hash": "abc",
        "rules": rules,
        "alpha": 0.05,
    }
    return Verdict(**(given | changes))


def test_every_rendering_says_the_decision_and_the_difference() -> None:
    found = verdict(replace(RULE, decision="REGRESSED", reasons=("so",)))
    texts = [verdict_text(found), verdict_markdown(found), verdict_html(found)]
    for text in texts:
        assert "REGRESSED" in text
        assert "−0.30" in text
        assert "medical_qa" in text
    assert json.loads(verdict_json(found))["rules"][0]["decision"] == "REGRESSED"


@pytest.mark.parametrize(
    ("decision", "means", "counts"),
    [
        ("PASS", "fail", ("0", "0", "0")),
        ("REGRESSED", "fail", ("1", "0", "0")),
        ("INCONCLUSIVE", "fail", ("1", "0", "0")),
        ("INCONCLUSIVE", "warn", ("0", "0", "1")),
        ("INCONCLUSIVE", "pass", ("0", "0", "0")),
        ("INCOMPARABLE", "fail", ("0", "1", "0")),
    ],
)
def test_junit_counts_what_fails_the_build(decision: Any, means: Any, counts: Any) -> None:
    rule = replace(RULE, decision=decision, inconclusive=means)
    suite = ElementTree.fromstring(verdict_junit(verdict(rule)))
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == counts
    assert suite.get("tests") == "1"


def test_a_verdict_on_nothing_is_an_error_everywhere() -> None:
    found = verdict(reasons=("no rule matches any evidence",))
    suite = ElementTree.fromstring(verdict_junit(found))
    assert suite.get("errors") == "1"
    assert "no rule matches" in verdict_text(found)
    assert verdict_annotations(found)[0].startswith("::error title=INCOMPARABLE::")


def test_annotations_are_one_line_commands() -> None:
    rule = replace(RULE, decision="REGRESSED", row="a:b,c\nd", reasons=("50 %\n::set-env",))
    (line,) = verdict_annotations(verdict(rule))
    assert line.startswith("::error title=REGRESSED%3A a%3Ab%2Cc%0Ad::")
    assert "\n" not in line
    assert "50 %25%0A::set-env" in line


def test_names_of_strangers_are_text_and_nothing_else() -> None:
    evil = "<script>alert(1)</script>![x](http://evil)|\x1b[31m\u202e"
    found = verdict(replace(RULE, row=evil, reasons=(evil,)), candidate=evil)
    page = verdict_html(found)
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            tags.append(tag)

    Tags().feed(page)
    assert "script" not in tags
    assert "http" not in verdict_html(verdict(RULE))
    for text in (page, verdict_text(found), verdict_markdown(found), verdict_junit(found)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "![x]" not in verdict_markdown(found)
    ElementTree.fromstring(verdict_junit(found))


def test_a_sequential_stop_says_after_how_many() -> None:
    stopped = Stopped(
        n=240,
        of=10_000,
        target="distribution",
        ln_passing=-2.0,
        ln_failing=3.3,
        certified=True,
        order="0" * 64,
    )
    found = verdict(replace(RULE, decision="REGRESSED", stopped=stopped))
    for text in (verdict_text(found), verdict_markdown(found), verdict_html(found)):
        assert "certain after 240 of 10,000 documents" in text
        assert "e pass" in text
        assert "p pass" not in text
        assert "Holm" not in text
        assert "all documents that might have been asked" in text
    assert "0.135" in verdict_text(found)  # e^-2
    assert "27.1" in verdict_text(found)  # e^3.3


def test_a_sequential_verdict_says_what_its_e_values_had_to_reach() -> None:
    stopped = Stopped(
        n=120,
        of=400,
        target="benchmark",
        ln_passing=-9.0,
        ln_failing=4.7,
        certified=True,
        order="0" * 64,
        ln_needed=log(20),
        tests=3,
    )
    text = verdict_text(verdict(replace(RULE, decision="REGRESSED", stopped=stopped)))
    assert "A PASS takes e ≥ 20 for every rule, REGRESSED 3 times as much, e ≥ 60: one" in text
    assert "Sequential, about these documents alone (target benchmark)" in text
    assert "< .01" in text
    alone = verdict_text(verdict(replace(RULE, stopped=replace(stopped, tests=1))))
    assert "A PASS takes e ≥ 20 for every rule, REGRESSED as much." in alone


def test_a_look_at_all_documents_is_told_from_certainty_before() -> None:
    stopped = Stopped(
        n=400,
        of=400,
        target="distribution",
        ln_passing=1.0,
        ln_failing=-4.0,
        certified=False,
        order="0" * 64,
    )
    passed = replace(RULE, stopped=stopped, p_pass=0.004)
    assert "by the look at all 400 documents, p = .004" in verdict_text(verdict(passed))
    open_ = replace(passed, decision="INCONCLUSIVE")
    assert "not certain after 400 of 400 documents" in verdict_text(verdict(open_))


def test_a_rule_without_evidence_has_no_margin_and_no_method_is_explained() -> None:
    rule = replace(
        RULE,
        decision="INCOMPARABLE",
        metric="",
        margin=0.0,
        estimate=None,
        p_pass=None,
        p_regressed=None,
        adjusted=None,
        reasons=("no evidence of it",),
    )
    text = verdict_text(verdict(rule))
    assert " 0 " not in text
    assert "p pass: of being worse" not in text
    assert verdict_annotations(verdict(rule)) == [
        "::error title=INCOMPARABLE%3A medical_qa::medical_qa against sft; no evidence of it"
    ]


def test_both_p_values_stand_in_the_table() -> None:
    rule = replace(RULE, decision="INCONCLUSIVE", p_pass=0.98, p_regressed=0.02, adjusted=0.12)
    text = verdict_text(verdict(rule))
    assert "p = .980" in text
    assert "p = .120" in text


def test_what_decides_the_verdict_stands_on_top() -> None:
    decisions: list[Any] = ["PASS", "INCONCLUSIVE", "INCOMPARABLE", "REGRESSED"]
    found = verdict(*(replace(RULE, row=f"row {d}", decision=d) for d in decisions))
    for text in (verdict_text(found), verdict_markdown(found), verdict_html(found)):
        places = [text.index(f"row {decision}") for decision in decisions]
        assert places == sorted(places, reverse=True)
