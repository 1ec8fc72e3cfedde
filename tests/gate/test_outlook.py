"""What a gate can see, told before anything runs."""

from pathlib import Path

import numpy as np
import pytest
from planted import Family, Planted
from scipy.stats import norm
from toys import quiz_rows

from harness.gate.outlook import outlook
from harness.gate.policy import load_policy
from harness.render.outlook import outlook_text
from harness.results.outlook import Outlook, RuleOutlook
from harness.stats.foresight import foresee
from harness.stats.sequential import Design, look
from harness.store import Store

N = 1000


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    made = Family(tmp_path_factory.mktemp("family"), N)
    made.plant("sft", Planted(wrong=range(0, N, 7)))
    made.run("sft")
    return made


def planned(family: Family, text: str, candidate: str | None = None) -> Outlook:
    path = family.folder / "gate.yaml"
    path.write_text(text)
    return outlook(Store(family.folder / "evals"), "sft", candidate, load_policy(path))


def only(found: Outlook) -> RuleOutlook:
    (rule,) = found.rules
    return rule


def test_documents_power_and_need_follow_from_the_flips_that_are_expected(family: Family) -> None:
    rule = only(planned(family, "rules: [{task: quiz, margin: 4}]\nflips: 0.1\n"))
    error = np.sqrt(0.1 / N)
    assert rule.detectable == pytest.approx((norm.isf(0.05) + norm.ppf(0.8)) * error)
    assert rule.power == pytest.approx(norm.cdf(0.04 / error - norm.isf(0.05)))
    assert rule.needed == int(np.ceil(0.1 * ((norm.isf(0.05) + norm.ppf(0.8)) / 0.04) ** 2))
    assert (rule.documents, rule.units, rule.allowed, rule.coverage) == (N, N, True, None)


def test_a_margin_that_would_be_refused_is_said_so(family: Family) -> None:
    found = planned(family, "rules: [{task: quiz, margin: 1}]\n")
    assert not only(found).allowed
    assert only(found).needed > N  # type: ignore[operator]
    assert "refused" in outlook_text(found)


def test_the_chance_that_all_rules_pass_is_the_product_of_their_powers(family: Family) -> None:
    text = "allow_underpowered: true\nrules: [{task: quiz, margin: 3}, {group: general, margin: 2}]"
    found = planned(family, text)
    assert found.all_pass == pytest.approx(np.prod([rule.power for rule in found.rules]))


def test_what_a_candidate_lacks_is_said(family: Family) -> None:
    family.plant("dpo", Planted())
    family.run("dpo", limit=250)
    found = planned(family, "rules: [{task: quiz, margin: 4}]\n", "dpo")
    assert only(found).coverage == pytest.approx(0.25)
    nothing = planned(family, "rules: [{task: other, margin: 4}]\n", "dpo")
    assert only(nothing).missing == "no evidence of it"
    assert nothing.all_pass is None


def test_clusters_are_the_units(tmp_path: Path) -> None:
    made = Family(tmp_path, 200)
    rows = [row | {"cluster": f"c{i // 4}"} for i, row in enumerate(quiz_rows(208))]
    made.write_tasks({"quiz": {}}, rows)
    made.plant("sft", Planted(wrong=[n for n in range(208) if n // 4 % 3 == 0]))
    made.run("sft")
    text = "allow_underpowered: true\nrules: [{task: quiz, margin: 10}]\n"
    rule = only(planned(made, text))
    assert rule.units < rule.documents / 3
    assert rule.needed is not None
    assert rule.needed > 2.5 * 92.8  # as many as without clusters, times nearly four
    assert rule.expected[0].items > 100
    refused = only(planned(made, f"target: benchmark\n{text}"))
    assert refused.not_sequential is not None
    assert "clusters" in refused.not_sequential


def test_a_sequential_gate_is_foreseen_at_no_change_twice_the_margin_and_a_disaster(
    family: Family,
) -> None:
    rule = only(planned(family, "rules: [{task: quiz, margin: 4}]\n"))
    assert [each.difference for each in rule.expected] == [0.0, -0.08, -0.1]
    still, twice, disaster = rule.expected
    assert disaster.items < twice.items <= N
    assert (still.regressed, disaster.passed) == (0.0, 0.0)
    assert disaster.regressed > 0.95
    assert planned(family, "rules: [{task: quiz, margin: 4}]\n").rules[0] == rule


@pytest.mark.parametrize(
    ("mean", "flips", "share"), [(0.0, 0.10, 0.206), (-0.04, 0.15, 0.280), (-0.10, 0.15, 0.026)]
)
def test_foreseen_items_are_those_of_the_published_simulation(
    mean: float, flips: float, share: float
) -> None:
    design = Design(margin=0.02, units=10_000)
    rng = np.random.default_rng(7)
    found = foresee(design, mean, flips - mean**2, rng, runs=1000)
    assert found.mean / 10_000 == pytest.approx(share, rel=0.12)


def test_foreseen_decisions_are_those_of_the_test_itself() -> None:
    rng = np.random.default_rng(3)
    design = Design(margin=0.05, units=600)
    drawn = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.8, 0.1], size=(200, 600))
    real = [look(row, design) for row in drawn]
    found = foresee(design, 0.0, 0.2, np.random.default_rng(4), runs=1000)
    passed = np.mean([each.decision == "PASS" for each in real])
    assert found.passed == pytest.approx(passed, abs=0.12)
    assert found.mean == pytest.approx(np.mean([each.n for each in real]), rel=0.08)


def test_how_much_other_outcomes_vary_is_said_to_be_assumed(tmp_path: Path) -> None:
    made = Family(tmp_path, 60)
    made.write_tasks({"quiz": {"variants": ["mcf"]}})
    made.plant("sft", Planted(wrong=range(0, 60, 3)))
    made.run("sft")
    found = planned(made, "rules: [{task: quiz, metric: brier, margin: 0.01}]\n")
    assert only(found).assumed
    text = outlook_text(found)
    assert "refused unless differences vary less than assumed" in text
    assert "the differences are assumed to vary as one side does" in text
    assert not only(planned(made, "rules: [{task: quiz, margin: 40}]\n")).assumed


def test_samples_of_the_tuning_data_are_left_out_and_said(tmp_path: Path) -> None:
    made = Family(tmp_path, 60, {"quiz": {}, "sample": {"seen_of": "quiz"}})
    made.plant("sft", Planted())
    made.run("sft")
    found = planned(made, "rules: [{task: '*', margin: 40}]\n")
    assert [rule.row for rule in found.rules] == ["quiz:plain"]
    assert "left out as samples of the tuning data: sample:plain;" in outlook_text(found)
