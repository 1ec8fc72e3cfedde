"""Verdicts: what passes, what doesn't, and that missing evidence never does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cells import BITS, ROUGE, evidence, mean_rows, scores
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import SpecError
from harness.evidence import Evidence
from harness.gate.decide import decide
from harness.gate.policy import Policy, load_policy
from harness.records import Variant
from harness.results import RuleVerdict, Verdict

N = 3000


@pytest.fixture
def policy(tmp_path: Path) -> Any:
    def write(text: str = "rules: [{task: '*', margin: 2}]\n") -> Policy:
        path = tmp_path / "gate.yaml"
        path.write_text(text)
        return load_policy(path)

    return write


def cell(checkpoint: str, row: str, wrong: int, n: int = N, **changes: Any) -> Evidence:
    """Return a cell whose first ``wrong`` documents and every other one are wrong."""
    values = np.arange(n) % 2
    values[: 2 * wrong] = 0
    changes = {"row": row, "task": row, "cell": f"{checkpoint}-{row}"} | changes
    return evidence(checkpoint, values.astype(float).tolist(), **changes)


def judged(
    policy: Policy, before: dict[str, Evidence], after: dict[str, Evidence], **anchors: Any
) -> Verdict:
    return decide(policy, {"main": before, **anchors}, after, "dpo")


def only(found: Verdict) -> RuleVerdict:
    (rule,) = found.rules
    return rule


def test_the_same_answers_pass(policy: Any) -> None:
    found = judged(policy(), {"a": cell("sft", "a", 0)}, {"a": cell("dpo", "a", 0)})
    assert (found.decision, found.exit_code) == ("PASS", 0)
    assert only(found).estimate is not None


def test_a_loss_beyond_the_margin_regresses(policy: Any) -> None:
    found = judged(policy(), {"a": cell("sft", "a", 0)}, {"a": cell("dpo", "a", 100)})
    assert (found.decision, found.exit_code) == ("REGRESSED", 1)
    assert only(found).declined


def test_a_loss_within_the_margin_passes_and_is_called_a_decline(policy: Any) -> None:
    found = judged(policy(), {"a": cell("sft", "a", 0)}, {"a": cell("dpo", "a", 12)})
    assert found.decision == "PASS"
    assert only(found).declined


def test_near_the_margin_nothing_is_certain(policy: Any) -> None:
    found = judged(policy(), {"a": cell("sft", "a", 0)}, {"a": cell("dpo", "a", 57)})
    assert (found.decision, found.exit_code) == ("INCONCLUSIVE", 3)


@pytest.mark.parametrize(("means", "code"), [("fail", 3), ("warn", 0), ("pass", 0)])
def test_the_policy_says_what_inconclusive_means(policy: Any, means: str, code: int) -> None:
    text = f"inconclusive: {means}\nrules: [{{task: '*', margin: 2}}]\n"
    found = judged(policy(text), {"a": cell("sft", "a", 0)}, {"a": cell("dpo", "a", 57)})
    assert found.exit_code == code
    assert only(found).decision == "INCONCLUSIVE"


def test_evidence_on_one_side_only_never_passes(policy: Any) -> None:
    one = {"a": cell("sft", "a", 0)}
    two = {"a": cell("dpo", "a", 0), "b": cell("dpo", "b", 0)}
    for before, after in ((one, two), (two, one)):
        found = judged(policy(), before, after)
        assert (found.decision, found.exit_code) == ("INCOMPARABLE", 4)


def test_no_evidence_at_all_never_passes(policy: Any) -> None:
    assert judged(policy(), {}, {}).exit_code == 4
    assert judged(policy("rules: [{task: other}]\n"), {}, {}).exit_code == 4
    found = judged(
        policy("rules: [{task: other}]\n"),
        {"a": cell("sft", "a", 0)},
        {"a": cell("dpo", "a", 0)},
    )
    assert found.exit_code == 4
    assert found.unmatched == ("a",)


def test_too_little_coverage_never_passes(policy: Any) -> None:
    part = cell("dpo", "a", 0, n=1000, planned=N)
    found = judged(policy(), {"a": cell("sft", "a", 0)}, {"a": part})
    assert (found.decision, found.exit_code) == ("INCOMPARABLE", 4)
    assert "33.3 % of the documents, 100 % needed" in only(found).reasons
    enough = judged(
        policy("coverage: 0.3\nrules: [{task: a, margin: 4}]\n"),
        {"a": cell("sft", "a", 0)},
        {"a": part},
    )
    assert enough.decision == "PASS"


def test_a_certain_loss_counts_whatever_the_coverage(policy: Any) -> None:
    part = cell("dpo", "a", 200, n=1000, planned=N)
    assert judged(policy(), {"a": cell("sft", "a", 0)}, {"a": part}).exit_code == 1


def test_other_prompts_arent_judged_unless_the_policy_takes_them(policy: Any) -> None:
    chat = Variant(formulation="mcf", format="chat")
    hashes = tuple(f"other{i}" for i in range(N))
    asked = cell("dpo", "a", 0, variant=chat, request_hashes=hashes)
    before = {"a": cell("sft", "a", 0)}
    refused = judged(policy(), before, {"a": asked})
    assert refused.exit_code == 4
    assert "format differs" in only(refused).reasons[0]
    taken = judged(
        policy("accept: [format_differs]\nrules: [{task: a, margin: 2}]\n"), before, {"a": asked}
    )
    assert taken.decision == "PASS"
    assert "format_differs" in only(taken).reasons[0]


def test_a_margin_that_cant_be_seen_is_refused_with_the_number_it_takes(policy: Any) -> None:
    before, after = {"a": cell("sft", "a", 0, n=200)}, {"a": cell("dpo", "a", 0, n=200)}
    with pytest.raises(SpecError, match=r"the margin 2 pt is less than the 6\.81 pt that 200 can"):
        judged(policy(), before, after)
    text = "allow_underpowered: true\nrules: [{task: a, margin: 2}]\n"
    assert judged(policy(text), before, after).decision in ("PASS", "INCONCLUSIVE")


def test_holm_turns_a_failure_of_one_among_many_into_inconclusive(policy: Any) -> None:
    rows = [f"t{i}" for i in range(20)]
    before = {row: cell("sft", row, 0) for row in rows}
    after = {row: cell("dpo", row, 76 if row == "t3" else 0) for row in rows}
    alone = judged(policy(), {"t3": before["t3"]}, {"t3": after["t3"]})
    assert alone.decision == "REGRESSED"
    among = next(r for r in judged(policy(), before, after).rules if r.row == "t3")
    assert among.decision == "INCONCLUSIVE"
    assert "before correction for 20 tests" in among.reasons[0]


def test_a_pinned_anchor_catches_what_creeps(policy: Any) -> None:
    step = {"a": cell("dpo", "a", 90)}
    found = judged(policy(), {"a": cell("sft", "a", 85)}, step, v1={"a": cell("base", "a", 0)})
    by_reference = {rule.reference: rule.decision for rule in found.rules}
    assert by_reference == {"main": "PASS", "v1": "REGRESSED"}
    assert found.exit_code == 1


def test_a_group_is_judged_by_its_mean(policy: Any) -> None:
    text = "rules: [{group: general, margin: 2}]\n"
    before = {row: cell("sft", row, 0) for row in ("a", "b")}
    after = {"a": cell("dpo", "a", 30), "b": cell("dpo", "b", 0)}
    found = only(judged(policy(text), before, after))
    assert found.row == "group general"
    assert found.decision == "PASS"
    assert found.estimate is not None
    assert found.estimate.value == pytest.approx(-30 / N / 2)
    worse = {row: cell("dpo", row, 135) for row in ("a", "b")}
    assert only(judged(policy(text), before, worse)).decision == "REGRESSED"
    mixed = {"a": after["a"], "b": evidence("dpo", row="b", scores=scores(BITS, [[1, 1]] * 3))}
    assert judged(policy(text), before, mixed).exit_code == 4


def test_too_little_coverage_is_said_where_a_loss_isnt_certain_after_correction(
    policy: Any,
) -> None:
    rows = [f"t{i}" for i in range(20)]
    text = "inconclusive: pass\nrules: [{task: '*', margin: 4}]\n"
    before = {row: cell("sft", row, 0) for row in rows}
    after = {row: cell("dpo", row, 0) for row in rows}
    after["t3"] = cell("dpo", "t3", 54, n=1000, planned=N)
    alone = judged(policy(text), {"t3": before["t3"]}, {"t3": after["t3"]})
    assert alone.decision == "REGRESSED"
    found = judged(policy(text), before, after)
    assert (found.decision, found.exit_code) == ("INCOMPARABLE", 4)
    reasons = next(rule for rule in found.rules if rule.row == "t3").reasons
    assert reasons[0] == "33.3 % of the documents, 100 % needed"


SEEN = "left out as samples of the tuning data: seen; name one to judge it"


@pytest.mark.parametrize("rule", ["{task: '*', margin: 2}", "{group: general, margin: 2}"])
def test_a_sample_of_the_tuning_data_is_judged_only_by_name(policy: Any, rule: str) -> None:
    sides = [
        {"a": cell(name, "a", 0), "seen": cell(name, "seen", wrong, seen_of="a")}
        for name, wrong in (("sft", 0), ("dpo", 500))
    ]
    found = judged(policy(f"rules: [{rule}]\n"), *sides)
    assert found.decision == "PASS"
    assert found.reasons == (SEEN,)
    assert found.unmatched == ()
    named = judged(policy(f"rules: [{{task: seen, margin: 2}}, {rule}]\n"), *sides)
    assert named.decision == "REGRESSED"
    assert named.reasons == ()


def test_only_samples_of_the_tuning_data_are_no_evidence(policy: Any) -> None:
    sides = [{"seen": cell(name, "seen", 0, seen_of="a")} for name in ("sft", "dpo")]
    found = judged(policy(), *sides)
    assert found.exit_code == 4
    assert SEEN in found.reasons


def test_what_cant_be_compared_names_its_metric_and_margin(policy: Any) -> None:
    found = only(judged(policy(), {"a": cell("sft", "a", 0)}, {}))
    assert (found.metric, found.margin, found.estimate) == ("accuracy", 0.02, None)
    assert only(judged(policy("rules: [{task: b}]\n"), {}, {})).margin == 0.0


def test_texts_that_differ_from_each_other_dont_make_a_margin_invisible(policy: Any) -> None:
    rng = np.random.default_rng(0)
    texts = rng.uniform(50, 150, 80)
    sides = []
    for name in ("sft", "dpo"):
        rows = np.column_stack([texts + rng.normal(0, 1, 80), np.full(80, 100.0)])
        cells = evidence(name, row="wiki", task="wiki", cell=name, scores=scores(BITS, rows))
        sides.append({"wiki": cells})
    rule = only(judged(policy("rules: [{task: wiki, margin: 0.02}]\n"), *sides))
    assert rule.decision == "PASS"
    assert rule.detectable is not None
    assert rule.detectable < 0.01
    with pytest.raises(SpecError, match="less than the"):
        judged(policy("rules: [{task: wiki, margin: 0.001}]\n"), *sides)


def test_a_rule_that_has_nothing_left_to_say_says_nothing(policy: Any) -> None:
    text = "rules: [{task: 'a*', margin: 2}, {task: '*', margin: 2}]\n"
    sides = [{"a": cell(name, "a", 0)} for name in ("sft", "dpo")]
    assert len(judged(policy(text), *sides).rules) == 1
    missing = judged(policy("rules: [{task: 'a*', margin: 2}, {task: b}]\n"), *sides)
    assert missing.exit_code == 4


def test_several_ways_to_ask_one_task_are_no_more_evidence_than_one(policy: Any) -> None:
    text = "allow_underpowered: true\nrules: [{group: general, margin: 2}]\n"

    def width(rows: dict[str, str]) -> float:
        before = {row: cell("sft", row, 0, task=task) for row, task in rows.items()}
        after = {row: cell("dpo", row, 30, task=task) for row, task in rows.items()}
        estimate = only(judged(policy(text), before, after)).estimate
        assert estimate is not None
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.high - estimate.low

    alone = width({"a": "a"})
    assert width({"a": "a", "a:chat": "a"}) == pytest.approx(alone)
    assert width({"a": "a", "b": "b"}) == pytest.approx(alone / 2**0.5)


def test_drift_is_no_part_of_a_groups_mean(policy: Any) -> None:
    text = "rules: [{group: general, margin: 2}]\n"
    bits = scores(BITS, np.column_stack([np.arange(1.0, 31.0), np.full(30, 9.0)]))
    sides = [
        {"a": cell(name, "a", 0), "drift": evidence(name, row="drift", scores=bits)}
        for name in ("sft", "dpo")
    ]
    found = only(judged(policy(text), *sides))
    assert found.decision == "PASS"
    assert found.reasons == ("without drift: no ceiling",)


def test_one_margin_for_rows_in_different_units_is_refused(policy: Any) -> None:
    bits = scores(BITS, np.column_stack([np.arange(1.0, 31.0), np.full(30, 9.0)]))
    sides = [
        {"a": cell(name, "a", 0), "drift": evidence(name, row="drift", scores=bits)}
        for name in ("sft", "dpo")
    ]
    with pytest.raises(SpecError, match="different units; write a rule for each"):
        judged(policy("allow_underpowered: true\nrules: [{task: '*', margin: 2}]\n"), *sides)
    by_unit = "allow_underpowered: true\nrules: [{task: '*', margin: {'%': 2, bits/byte: 0.1}}]\n"
    found = judged(policy(by_unit), *sides)
    assert [rule.margin for rule in found.rules] == [0.02, 0.1]


def test_a_margin_of_the_whole_range_is_refused(policy: Any) -> None:
    sides = [{"a": cell(name, "a", 0)} for name in ("sft", "dpo")]
    with pytest.raises(SpecError, match="allows any loss"):
        judged(policy("rules: [{task: a, margin: 100}]\n"), *sides)


def test_all_margins_that_cant_be_seen_are_counted(policy: Any) -> None:
    sides = [{r: cell(name, r, 0, n=200) for r in ("a", "b", "c")} for name in ("sft", "dpo")]
    with pytest.raises(SpecError, match=r"task \*: a: .*; so for 2 more, see `aligntax plan-gate`"):
        judged(policy(), *sides)


def test_a_continuous_metric_without_variance_is_inconclusive(policy: Any) -> None:
    same = scores(ROUGE, mean_rows([0.5] * 40))
    text = "allow_underpowered: true\nrules: [{task: a, margin: 2}]\n"
    sides = [{"a": evidence(name, row="a", scores=same)} for name in ("sft", "dpo")]
    assert only(judged(policy(text), *sides)).decision == "INCONCLUSIVE"


@given(st.permutations(range(60)))
def test_the_order_of_the_evidence_changes_nothing(order: list[int]) -> None:
    policy = replace(load_policy(None), rules=(replace(load_policy(None).rules[0], margin=30.0),))
    before, after = cell("sft", "a", 0, n=60), cell("dpo", "a", 10, n=60)
    moved = replace(
        after,
        documents=tuple(after.documents[i] for i in order),
        document_hashes=tuple(after.document_hashes[i] for i in order),
        request_hashes=tuple(after.request_hashes[i] for i in order),
        metrics=tuple(replace(s, rows=s.rows[order]) for s in after.metrics),
    )
    assert judged(policy, {"a": before}, {"a": moved}) == judged(
        policy, {"a": before}, {"a": after}
    )
