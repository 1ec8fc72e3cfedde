"""The sequential gate on a real store: when it stops, what it asks, and what it leaves behind."""

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted import Family, Planted, only
from runs import Silent
from toys import quiz_rows

from harness.analysis.subjects import find_subject
from harness.gate import session
from harness.gate.decide import decide
from harness.gate.policy import load_policy
from harness.interrupt import Interrupted, Stop
from harness.records import Estimate
from harness.results import RuleVerdict, Stopped, Verdict
from harness.run import run
from harness.stats.sequential import Design, look
from harness.store import Store

LOOSE = "allow_underpowered: true\nrules: [{task: '*', margin: 2}]\n"


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thousand questions that ``sft`` has answered, all right."""
    family = Family(tmp_path_factory.mktemp("answered"), 1000)
    family.plant("sft", Planted())
    assert family.run("sft") == 1000
    return family.folder


@pytest.fixture
def thousand(answered: Path, tmp_path: Path) -> Family:
    """The same for one test; ``dpo`` would be right, too."""
    shutil.copytree(answered, tmp_path, dirs_exist_ok=True)
    family = Family(tmp_path, 1000)
    family.plant("sft", Planted())
    family.plant("dpo", Planted())
    return family


def small(folder: Path, n: int = 200, **tasks: dict[str, object]) -> Family:
    family = Family(folder, n, tasks or None)
    for name in ("base", "sft"):
        family.plant(name, Planted())
    family.run("sft")
    return family


def asked(family: Family) -> list[int]:
    return family.backends["dpo"].asked


def stop_of(rule: RuleVerdict) -> Stopped:
    assert rule.stopped is not None
    return rule.stopped


def estimate_of(rule: RuleVerdict) -> Estimate:
    assert rule.estimate is not None
    return rule.estimate


def test_identical_answers_pass_after_484_documents(thousand: Family) -> None:
    found = thousand.gate()
    rule = only(found)
    assert (found.decision, found.exit_code, found.reasons) == ("PASS", 0, ())
    assert (stop_of(rule).n, stop_of(rule).of, stop_of(rule).certified) == (484, 1000, True)
    assert rule.coverage == pytest.approx(0.484)
    assert estimate_of(rule).n == 484
    assert estimate_of(rule).method == "anytime (betting)"
    assert estimate_of(rule).low == pytest.approx(-0.02, abs=1e-4)
    assert estimate_of(rule).low > -0.02  # certain just now
    assert 484 <= len(set(asked(thousand))) <= 484 + 484 // 8


def test_nothing_but_losses_regress_after_14_documents(thousand: Family) -> None:
    thousand.plant("dpo", Planted(wrong=thousand.numbers()))
    found = thousand.gate()
    assert (found.decision, found.exit_code) == ("REGRESSED", 1)
    stopped = stop_of(only(found))
    assert (stopped.n, stopped.certified) == (14, True)
    assert len(asked(thousand)) == 32  # one batch


def test_partial_coverage_passes_by_a_certified_stop_only(thousand: Family) -> None:
    assert only(thousand.gate()).decision == "PASS"
    job = thousand.job()
    rows = [find_subject(job.store, name).rows for name in ("sft", "dpo")]
    policy = load_policy(thousand.folder / "gate.yaml")
    fixed = decide(policy, {"sft": rows[0]}, rows[1], "dpo")
    assert fixed.exit_code == 4
    assert "% of the documents, 100 % needed" in fixed.rules[0].reasons[0]


def test_what_the_store_covers_is_used_and_not_asked_again(thousand: Family) -> None:
    whole = thousand.gate()
    first = [*asked(thousand)]
    again = thousand.plant("dpo", Planted())
    assert thousand.gate() == whole
    assert again.asked == []
    assert thousand.run("dpo") == 1000 - len(first)  # the run asks the rest only
    assert not {*first} & {*again.asked}


def test_documents_covered_before_count_in_the_orders_sequence(tmp_path: Path) -> None:
    one, two = small(tmp_path / "one", 400), small(tmp_path / "two", 400)
    wrong = random.Random(5).sample(one.numbers(), 60)
    for family in (one, two):
        family.plant("dpo", Planted(wrong=wrong))
    two.run("dpo", limit=150)
    before = len(asked(two))
    found = one.gate()
    covered = two.gate()
    assert [r.stopped for r in covered.rules] == [r.stopped for r in found.rules]
    assert covered.rules == found.rules
    assert sorted({*asked(two)[before:]} | {*asked(two)[:before]} & {*asked(one)}) == sorted(
        asked(one)
    )


def test_a_loss_of_ten_points_is_found_in_two_to_three_hundred_documents(
    tmp_path: Path,
) -> None:
    rng = random.Random(7)
    taken = []
    for seed in range(3):
        family = Family(tmp_path / str(seed), 800)
        flips = rng.sample(family.numbers(), 120)  # 15 % differ: 12.5 % lost, 2.5 % gained
        lost, gained = flips[:100], flips[100:]
        family.plant("sft", Planted(wrong=gained))
        family.plant("dpo", Planted(wrong=lost))
        family.run("sft")
        rule = only(family.gate())
        assert rule.decision == "REGRESSED"
        taken.append(stop_of(rule).n)
        assert len(asked(family)) <= stop_of(rule).n + max(32, stop_of(rule).n // 8)
    assert 100 <= np.mean(taken) <= 350


def test_the_n_is_the_first_in_the_order_whatever_the_batch(tmp_path: Path) -> None:
    family = small(tmp_path, 600)
    wrong = random.Random(3).sample(family.numbers(), 120)
    family.plant("dpo", Planted(wrong=wrong))
    rule = only(family.gate())
    sequence = [-1.0 if number in wrong else 0.0 for number in asked(family)]
    design = Design(margin=0.02, units=600)
    firsts = [n for n in range(len(sequence) + 1) if look(sequence[:n], design).decision]
    assert stop_of(rule).n == firsts[0]


def test_near_the_margin_all_are_asked_and_nothing_is_certain(tmp_path: Path) -> None:
    family = small(tmp_path, 300)
    family.plant("dpo", Planted(wrong=random.Random(1).sample(family.numbers(), 6)))
    found = family.gate()
    rule = only(found)
    assert (found.decision, found.exit_code) == ("INCONCLUSIVE", 3)
    assert rule.reasons == ("neither side is certain",)
    assert (stop_of(rule).n, stop_of(rule).certified, rule.coverage) == (300, False, 1.0)


def test_the_order_is_stored_before_the_first_document_and_kept(tmp_path: Path) -> None:
    family = small(tmp_path)
    seen = []

    def looking(*_: object) -> Planted:
        seen.extend(family.orders())
        return family.plant("dpo", Planted())

    found = family.gate(open_=looking)
    [order] = seen
    assert order["units"] == 200
    assert order["policy_seed"] == 0
    stopped = stop_of(only(found))
    assert (family.folder / f"evals/verdicts/orders/{stopped.order}.json").is_file()
    other = family.gate(LOOSE + "seed: 7\n")
    assert family.orders() == seen
    assert other.rules[0].stopped == stopped
    assert "stored order of seed 0" in other.reasons[0]


def test_another_candidate_or_benchmark_has_an_order_of_its_own(tmp_path: Path) -> None:
    family = small(tmp_path)
    family.plant("dpo", Planted())
    family.gate()
    family.gate(candidate="base", references=("sft",))
    family.write_tasks({"quiz": {"limit": 150}})
    assert family.gate().exit_code == 4  # 75 % of what the reference has
    family.gate("coverage: 0.7\n" + LOOSE)
    assert len({order["order"] for order in family.orders()}) == 3


def test_rules_are_asked_in_turns_and_left_open_when_one_regresses(tmp_path: Path) -> None:
    family = small(tmp_path, 200, a={}, b={"variants": ["mcf"]}, c={"variants": ["mcf"]})
    family.plant("dpo", OnlyLetters(wrong=family.numbers()))
    found = family.gate(LOOSE)
    decisions = {rule.row: rule.decision for rule in found.rules}
    assert decisions == {
        "a:plain": "INCONCLUSIVE",
        "b:mcf:plain": "REGRESSED",
        "c:mcf:plain": "INCONCLUSIVE",
    }
    assert found.exit_code == 1
    a, b, c = found.rules
    assert a.reasons == c.reasons == ("left open: b:mcf:plain is REGRESSED",)
    assert (stop_of(a).n, stop_of(c).n) == (32, 0)
    assert stop_of(b).n == 16  # 14 alone; three rules take three times the e-value


class OnlyLetters(Planted):
    """Gets questions wrong only where it is asked for letters."""

    def answer(self, number, request):  # type: ignore[no-untyped-def]
        right = Planted().answer(number, request)
        letter = request.continuation.strip() in "ABCD"
        return super().answer(number, request) if letter else right


def test_a_pinned_anchor_is_judged_in_the_same_order(tmp_path: Path) -> None:
    family = small(tmp_path, 600)
    numbers = family.numbers()
    family.plant("base", Planted())
    family.plant("sft", Planted(wrong=numbers[:300]))
    family.plant("dpo", Planted(wrong=numbers[:300]))
    (family.folder / "evals").rename(family.folder / "old")
    family.run("base")
    family.run("sft")
    found = family.gate(references=("sft", "base"))
    by_reference = {rule.reference: rule for rule in found.rules}
    assert by_reference["base"].decision == "REGRESSED"
    assert by_reference["sft"].decision == "INCONCLUSIVE"
    assert by_reference["sft"].reasons == ("left open: quiz:plain is REGRESSED",)
    assert len(family.orders()) == 1
    assert len(asked(family)) == len({*asked(family)})


def test_pass_needs_every_rule_and_each_stops_where_it_is_certain(tmp_path: Path) -> None:
    family = small(tmp_path, 400, a={}, b={"variants": ["mcf"]})
    wrong = random.Random(2).sample(family.numbers(), 24)
    family.plant("dpo", OnlyLetters(wrong=wrong))
    found = family.gate("allow_underpowered: true\nrules: [{task: '*', margin: 10}]\n")
    assert found.decision == "PASS"
    a, b = found.rules
    assert stop_of(a).n < stop_of(b).n < 400


def test_less_is_better_turns_the_sign(tmp_path: Path) -> None:
    text = "allow_underpowered: true\nrules: [{task: quiz, margin: 2, direction: lower}]\n"
    family = small(tmp_path, 300)
    family.plant("sft", Planted(wrong=family.numbers()))
    (family.folder / "evals").rename(family.folder / "old")
    family.run("sft")
    family.plant("dpo", Planted())
    assert family.gate().decision == "PASS"
    assert family.gate(text).decision == "REGRESSED"


def test_the_benchmark_is_decided_to_its_end(tmp_path: Path) -> None:
    family = small(tmp_path, 300)
    family.plant("dpo", Planted(wrong=random.Random(1).sample(family.numbers(), 5)))
    text = "target: benchmark\nrules: [{task: quiz, margin: 2}]\n"  # any margin can be shown
    found = only(family.gate(text))
    assert found.decision == "PASS"
    assert stop_of(found).certified
    assert stop_of(found).target == "benchmark"
    assert stop_of(found).n < 300
    assert estimate_of(found).low is not None
    assert -0.02 < estimate_of(found).low < -5 / 300


def clustered(folder: Path, wrong: Callable[[int], bool], n: int = 1000) -> Family:
    """Questions in clusters of five, of which both checkpoints get the same ones wrong."""
    family = Family(folder, n)
    places = {number: place for place, number in enumerate(family.numbers())}
    rows = [
        {**row, "cluster": f"c{places.get(i, -1) // 5}"} for i, row in enumerate(quiz_rows(n + 8))
    ]
    family.write_tasks({"quiz": {}}, rows)
    for name in ("sft", "dpo"):
        family.plant(name, Planted(wrong=[i for i, place in places.items() if wrong(place)]))
    family.run("sft")
    return family


def test_clusters_are_one_bet_each_and_asked_whole(tmp_path: Path) -> None:
    family = clustered(tmp_path, lambda place: place % 5 == 0)
    found = only(family.gate("allow_underpowered: true\nrules: [{task: quiz, margin: 10}]\n"))
    assert found.decision == "PASS"
    assert stop_of(found).of == 200
    assert estimate_of(found).n == 5 * stop_of(found).n
    assert estimate_of(found).method == "anytime (betting), clustered"
    # one wrong in each cluster: documents of a cluster are no more alike than others
    zeros, design = [0.0] * 200, Design(margin=0.1, units=200, flips=0.15 / 5, binary=False)
    assert stop_of(found).n == look(zeros, design).n < 100
    scored = {number: place for place, number in enumerate(family.numbers())}
    groups = [scored[number] // 5 for number in asked(family)]
    assert len(groups) == 5 * len({*groups})


def test_clusters_that_share_their_outcomes_take_more_of_them(tmp_path: Path) -> None:
    text = "allow_underpowered: true\nrules: [{task: quiz, margin: 10}]\n"
    apart, alike = (
        stop_of(only(clustered(tmp_path / name, wrong).gate(text))).n
        for name, wrong in (
            ("apart", lambda place: place % 5 == 0),
            ("alike", lambda place: place // 5 % 5 == 0),
        )
    )
    assert apart < alike


def test_a_few_failures_count_against_either_decision(tmp_path: Path) -> None:
    family = small(tmp_path, 600)
    family.plant("dpo", Planted())
    text = "allow_underpowered: true\nrules: [{task: quiz, margin: 10}]\n"
    clean = only(family.gate(text))
    other = small(tmp_path / "other", 600)
    other.plant("dpo", Planted(failing=asked(family)[3:5]))
    failed = only(other.gate(text))
    assert failed.decision == clean.decision == "PASS"
    assert stop_of(failed).n > stop_of(clean).n
    assert estimate_of(failed).value == 0.0  # what failed is no zero
    assert estimate_of(failed).n == stop_of(failed).n - 2
    assert "2 failed, each counted against the decision" in failed.reasons


def test_failures_beyond_the_runs_own_limit_are_incomparable(tmp_path: Path) -> None:
    family = small(tmp_path, 300)
    family.plant("dpo", Planted(failing=[n for n in family.numbers() if n % 2]))
    text = "allow_underpowered: true\nrules: [{task: quiz, margin: 20}]\n"
    found = family.gate(text)
    assert (found.decision, found.exit_code) == ("INCOMPARABLE", 4)
    assert "documents failed" in only(found).reasons[0]
    assert len(asked(family)) < 100
    family.plant("dpo", Planted())  # what failed is asked again once
    assert family.gate(text).decision == "PASS"


def test_a_failure_keeps_a_look_at_all_documents_from_passing(tmp_path: Path) -> None:
    family = small(tmp_path, 60)
    family.plant("dpo", Planted(failing=family.numbers()[:1]))
    text = "allow_underpowered: true\nrules: [{task: quiz, margin: 10}]\n"
    rule = only(family.gate(text))
    assert rule.decision == "INCOMPARABLE"
    assert rule.reasons == ("98.3 % of the documents, 100 % needed",)
    taken = only(family.gate("coverage: 0.9\n" + text))
    assert (taken.decision, stop_of(taken).n) == ("INCONCLUSIVE", 60)
    assert taken.reasons[0] == "neither side is certain"


def test_a_model_that_cant_answer_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Planted):
        def respond(self, requests):  # type: ignore[no-untyped-def]
            raise RuntimeError("no memory")
            yield

    monkeypatch.setattr(session, "BATCH", 8)
    family = small(tmp_path, 600)
    family.plant("dpo", Broken())
    found = family.gate()
    assert found.exit_code == 4
    assert only(found).reasons == ("dpo failed in 3 batches in a row",)


def test_a_damaged_file_is_set_aside_said_and_asked_again(tmp_path: Path) -> None:
    family = small(tmp_path)
    family.plant("dpo", Planted())
    whole = family.gate()
    store = Store(family.folder / "evals")
    [key] = [c.key for c in family.job().plan.cells if c.checkpoint.name == "dpo"]
    segment = store.segments(key)[0]
    segment.write_bytes(segment.read_bytes()[:-40])
    again = family.plant("dpo", Planted())
    found = family.gate()
    assert found.rules == whole.rules
    assert found.reasons == (f"damaged: {segment}.damaged: set aside; what it held is asked again",)
    assert 0 < len(again.asked) < 100


def test_private_documents_are_judged_as_open_ones(tmp_path: Path) -> None:
    found = []
    for privacy in ("accept", "sensitive"):
        family = small(tmp_path / privacy, 300, quiz={"privacy": privacy})
        family.plant("dpo", Planted(wrong=random.Random(6).sample(family.numbers(), 90)))
        found.append(only(family.gate("rules: [{task: quiz, margin: 10}]\n")))
    assert [rule.decision for rule in found] == ["REGRESSED"] * 2
    text = "".join(p.read_text() for p in tmp_path.glob("sensitive/evals/verdicts/orders/*"))
    assert "q0" not in text
    again = family.plant("dpo", Planted())
    assert only(family.gate("rules: [{task: quiz, margin: 10}]\n")) == found[1]
    assert again.asked == []


def test_a_request_to_stop_keeps_what_was_asked(tmp_path: Path) -> None:
    family, whole = small(tmp_path / "a", 400), small(tmp_path / "b", 400)
    stop = Stop()

    class Stopping(Planted):
        def answer(self, number, request):  # type: ignore[no-untyped-def]
            if len(self.asked) == 100:
                stop.request()
            return super().answer(number, request)

    family.plant("dpo", Stopping())
    with pytest.raises(Interrupted):
        family.gate(stop=stop)
    [*_, account] = Store(family.folder / "evals").runs()
    assert not account["finished"]
    first = [*asked(family)]
    family.plant("dpo", Planted())
    whole.plant("dpo", Planted())
    assert family.gate().rules == whole.gate().rules
    assert len({*first} & {*asked(family)}) <= 1


def test_what_a_gate_asked_is_listed_as_a_run_with_its_cost(thousand: Family) -> None:
    thousand.gate()
    [*_, account] = Store(thousand.folder / "evals").runs()
    [cell] = account["cells"]
    assert account["finished"]
    assert (cell["checkpoint"], cell["row"]) == ("dpo", "quiz:plain")
    assert cell["cost"]["documents"] == len(asked(thousand))
    assert cell["cost"]["requests"] == 4 * len(asked(thousand))
    subject = find_subject(Store(thousand.folder / "evals"), "dpo")
    assert len(subject.rows["quiz:plain"].documents) == len(asked(thousand))


def test_a_gate_agrees_with_the_fixed_one_on_the_whole_benchmark(tmp_path: Path) -> None:
    family = small(tmp_path, 500)
    wrong = random.Random(4).sample(family.numbers(), 60)
    family.plant("dpo", Planted(wrong=wrong))
    sequential: Verdict = family.gate()
    job = family.job()
    plan = replace(job.plan, cells=tuple(c for c in job.plan.cells if c.checkpoint.name == "dpo"))
    run(plan, job.inspections, job.store, Silent(), family.open)
    rows = [find_subject(job.store, name).rows for name in ("sft", "dpo")]
    fixed = decide(load_policy(family.folder / "gate.yaml"), {"sft": rows[0]}, rows[1], "dpo")
    assert sequential.decision == fixed.decision == "REGRESSED"


def test_a_sample_of_the_tuning_data_is_not_asked_unless_it_is_named(tmp_path: Path) -> None:
    made = Family(tmp_path, 200, {"quiz": {}, "sample": {"seen_of": "quiz"}})
    made.plant("sft", Planted())
    made.run("sft")
    backend = made.plant("dpo", Planted())
    found = made.gate("rules: [{task: '*', margin: 20}]\nallow_underpowered: true\n")
    assert [rule.row for rule in found.rules] == ["quiz:plain"]
    assert found.decision == "PASS"
    assert "left out as samples of the tuning data: sample:plain" in found.reasons[0]
    asked = len(backend.asked)
    named = made.gate("rules: [{task: sample, margin: 20}]\nallow_underpowered: true\n")
    assert [rule.row for rule in named.rules] == ["sample:plain"]
    assert len(backend.asked) > asked
