"""The history of gates: margins of the newest verdict, and what stopping early spared."""

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.history import by_rule, judgements, margins
from harness.records import Estimate
from harness.results import RuleVerdict, Stopped, Verdict
from harness.store.verdicts import StoredVerdict, UsedCell, UsedSide


def rule(row: str = "quiz", stopped: tuple[int, int] | None = None, **changes: Any) -> RuleVerdict:
    made = RuleVerdict(
        rule="task quiz", row=row, capability="general", reference="sft", metric="acc", unit="%",
        margin=0.02, alpha=0.05, decision="PASS",
        estimate=Estimate(value=0.0, low=-0.01, high=0.01, n=9, method="m"),
    )  # fmt: skip
    if stopped is not None:
        ended = Stopped(
            n=stopped[0], of=stopped[1], target="benchmark", ln_passing=3.0, ln_failing=-3.0,
            certified=True, order="o",
        )  # fmt: skip
        made = replace(made, stopped=ended)
    return replace(made, **changes)


def stored(name: str, *rules: RuleVerdict, **sides: str) -> StoredVerdict:
    verdict = Verdict(
        decision="PASS", exit_code=0, baseline="sft", candidate="dpo", policy="gate.yaml",
        policy_hash="h", rules=rules, alpha=0.05,
    )  # fmt: skip
    weights = {"sft": "sft-weights", "fam:dpo": "dpo-weights"} | sides
    used = tuple(
        UsedSide(
            name=side,
            family="fam",
            checkpoint=side.rpartition(":")[2],
            fingerprint=weight,
            cells=tuple(
                UsedCell(key=f"{side}-{row}", row=row, layers=(), plans=())
                for row in dict.fromkeys(r.row for r in rules)
            ),
        )
        for side, weight in weights.items()
    )
    return StoredVerdict(name=name, time=f"2026-01-0{len(name)}", verdict=verdict, sides=used)


def test_what_was_spared_counts_each_row_once_at_its_own_pace() -> None:
    one = stored("v", rule(stopped=(20, 100)), rule(reference="main", stopped=(30, 100)))
    (found,) = judgements([one], {"fam:dpo-quiz": 0.5})
    assert [(each.row, each.asked, each.of) for each in found.spared] == [("quiz", 30, 100)]
    assert found.share == pytest.approx(0.7)
    assert found.seconds == pytest.approx(35.0)


def test_a_pace_per_document_says_nothing_of_clusters() -> None:
    estimate = Estimate(value=0.0, low=-0.1, high=0.1, n=9, method="betting, clustered")
    one = stored("v", rule(stopped=(20, 100), estimate=estimate))
    (found,) = judgements([one], {"fam:dpo-quiz": 0.5})
    assert (found.spared[0].of, found.seconds) == (100, None)


def test_a_margin_that_nobody_knew_is_not_zero() -> None:
    one = stored("v", rule(), rule("other", margin=0.0, decision="INCOMPARABLE"))
    assert margins([one], "sft-weights", "dpo-weights") == {"quiz": 0.02}


def test_a_gate_of_fixed_size_spared_nothing_and_an_unknown_pace_is_not_zero() -> None:
    fixed, unpaced = judgements([stored("v", rule()), stored("w", rule(stopped=(1, 9)))], {})
    assert (fixed.share, fixed.seconds) == (None, None)
    assert unpaced.share is not None
    assert unpaced.seconds is None


def test_a_rules_history_runs_over_the_verdicts_that_judged_it() -> None:
    old, new = stored("v", rule()), stored("vv", rule(), rule("other"))
    histories = by_rule(judgements([old, new], {}))
    assert [(h.row, [one.name for one, _ in h.found]) for h in histories] == [
        ("quiz", ["v", "vv"]),
        ("other", ["vv"]),
    ]


def test_margins_are_those_of_the_newest_verdict_on_the_same_weights() -> None:
    old, new = stored("v", rule(margin=0.01)), stored("vv", rule(margin=0.03))
    other = stored("vvv", rule(margin=0.5), **{"fam:dpo": "other-weights"})
    assert margins([old, new, other], "sft-weights", "dpo-weights") == {"quiz": 0.03}
    assert margins([old], "sft-weights", "sft-weights") == {}
    assert margins([old], None, "dpo-weights") == {}
    anchored = stored("v", rule(reference="main"), main="main-weights")
    assert margins([anchored], "sft-weights", "dpo-weights") == {}
