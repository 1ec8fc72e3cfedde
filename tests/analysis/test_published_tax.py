"""Published stage tables, which are numbers without records: tax, gain, retention, their signs."""

from collections.abc import Mapping

import pytest
from cells import evidence, stated

from harness.analysis.tax import tax_statement
from harness.evidence import Aggregate
from harness.results import TaxStatement

# SmolLM2-1.7B base -> instruct: (chance, base, instruct), percent.
SMOLLM2 = {
    "hellaswag": (25.0, 68.7, 66.1),
    "arc": (25.0, 60.5, 51.7),
    "piqa": (50.0, 77.6, 74.4),
    "mmlu_pro": (10.0, 19.4, 19.3),
    "gsm8k": (0.0, 31.0, 48.2),
}


def side(
    name: str, scores: Mapping[str, float], chance: Mapping[str, float]
) -> dict[str, Aggregate]:
    return {
        task: stated(name, task, value / 100, chance=chance.get(task, 0.0) / 100)
        for task, value in scores.items()
    }


def table(chance: Mapping[str, float]) -> TaxStatement:
    base = side("base", {task: row[1] for task, row in SMOLLM2.items()}, chance)
    tuned = side("sft", {task: row[2] for task, row in SMOLLM2.items()}, chance)
    return tax_statement(base, tuned, 0)


def test_smollm2s_average_says_no_tax_and_its_worst_task_says_otherwise() -> None:
    found = table({}).retained
    assert found is not None
    numbers = [found.net.value, found.tax, found.gain, found.worst.delta.value]
    assert [100 * number for number in numbers] == pytest.approx([0.50, 2.94, 3.44, -8.8])
    assert (found.worst.task, found.net.n) == ("arc", 5)
    assert found.certified == ()


def test_smollm2_above_guessing() -> None:
    found = table({task: row[0] for task, row in SMOLLM2.items()}).retained
    assert found is not None
    scores = {task.task: (task.reference, task.candidate) for task in found.tasks}
    assert scores["hellaswag"] == pytest.approx((0.5827, 0.5480), abs=5e-5)
    assert scores["arc"] == pytest.approx((0.4733, 0.3560), abs=5e-5)
    assert scores["piqa"] == pytest.approx((0.552, 0.488), abs=5e-5)
    assert scores["mmlu_pro"] == pytest.approx((0.1044, 0.1033), abs=5e-5)
    assert scores["gsm8k"] == pytest.approx((0.310, 0.482), abs=5e-5)
    kept = {task: after / before for task, (before, after) in scores.items()}
    assert kept == pytest.approx(
        {"hellaswag": 0.9405, "arc": 0.7521, "piqa": 0.8841, "mmlu_pro": 0.9894, "gsm8k": 1.555},
        abs=5e-4,
    )


@pytest.mark.parametrize(
    ("ppo", "from_base", "from_sft"), [(0.40, -6.60, 8.49), (0.50, -20.62, -13.99)]
)
def test_the_sign_of_a_tax_depends_on_its_reference(
    ppo: float, from_base: float, from_sft: float
) -> None:
    # InstructGPT 1.3B and 175B on SQuADv2, zero-shot (Ouyang et al. 2022, table 14)
    stages = {"base": ppo - from_base / 100, "sft": ppo - from_sft / 100, "dpo": ppo}
    cells = {name: {"squad": stated(name, "squad", value)} for name, value in stages.items()}
    nets = []
    for reference in ("base", "sft"):
        found = tax_statement(cells[reference], cells["dpo"], 0)
        assert (found.reference, found.candidate) == (reference, "dpo")
        assert found.retained is not None
        nets.append(100 * found.retained.net.value)
    assert nets == pytest.approx([from_base, from_sft])


def test_only_tasks_that_both_sides_have_count_and_their_number_is_said() -> None:
    # two cards of six tasks each, of which four are the same: the averages rise, all four fall
    base = {"arc": 34.0, "piqa": 75.0, "boolq": 60.0, "sciq": 85.0, "copa": 79.0, "obqa": 36.0}
    tuned = {"arc": 33.0, "piqa": 74.0, "boolq": 58.0, "sciq": 84.0, "mmlu": 30.0, "ifeval": 95.0}
    found = tax_statement(side("base", base, {}), side("sft", tuned, {}), 0)
    assert sum(tuned.values()) / 6 > sum(base.values()) / 6
    assert found.retained is not None
    assert 100 * found.retained.net.value == pytest.approx(-(1 + 1 + 2 + 1) / 4)
    assert found.retained.net.n == 4
    assert {each.row for each in found.left_out} == {"copa", "obqa", "mmlu", "ifeval"}


def test_stated_errors_add_unpaired_and_nothing_is_certified_by_them() -> None:
    before, after = stated("sft", "a", 0.60, 0.012, n=900), stated("dpo", "a", 0.30, 0.016, n=700)
    found = tax_statement({"a": before}, {"a": after}, 0).retained
    assert found is not None
    delta = found.tasks[0].delta
    assert delta.method == "unpaired standard error only"
    assert delta.high is not None
    assert delta.high - delta.value == pytest.approx(1.959964 * 0.02)
    assert delta.n == 700
    assert [reason.code for reason in found.qualified] == ["unpaired"]
    assert found.tasks[0].p_loss is not None
    assert found.tasks[0].p_loss < 1e-6
    assert found.certified == ()


def test_a_number_without_an_error_gives_no_interval() -> None:
    found = tax_statement({"a": stated("sft", "a", 0.6)}, {"a": stated("dpo", "a", 0.5, 0.01)}, 0)
    assert found.retained is not None
    assert found.retained.net.value == pytest.approx(-0.1)
    assert found.retained.net.low is None
    assert found.retained.noise is None


def test_records_against_a_number_are_unpaired_too() -> None:
    cell = evidence("sft", [1.0, 0.0] * 200, row="a", task="a", cell="x")
    found = tax_statement({"a": cell}, {"a": stated("dpo", "a", 0.4, 0.03, chance=0.25)}, 0)
    assert found.retained is not None
    (task,) = found.retained.tasks
    assert task.delta.value == pytest.approx(-0.1 / 0.75)
    assert task.delta.high is not None
    half = (task.delta.high - task.delta.value) * 0.75
    assert half == pytest.approx(1.96 * (0.03**2 + 0.25 / 400) ** 0.5, rel=0.01)


def test_another_prompt_version_or_metric_is_never_mixed_in() -> None:
    before = {"a": stated("sft", "a", 0.6), "b": stated("sft", "b", 0.6)}
    after = {
        "a": stated("dpo", "a", 0.5, task_version=2),
        "b": evidence("dpo", [1, 0], row="b", task="b", task_version=1),
    }
    found = tax_statement(before, after, 0)
    assert found.retained is not None  # b has the same metric, a doesn't compare
    assert [task.task for task in found.retained.tasks] == ["b"]
    assert "task version differs" in found.left_out[0].why


def test_variants_of_a_stated_task_err_together() -> None:
    rows = ("a:plain", "a:chat")
    before = {row: stated("sft", row, 0.6, 0.02, task="a") for row in rows}
    after = {row: stated("dpo", row, 0.5, 0.02, task="a") for row in rows}
    found = tax_statement(before, after, 0).retained
    assert found is not None
    (task,) = found.tasks
    assert task.delta.high is not None
    assert task.delta.high - task.delta.value == pytest.approx(1.959964 * 0.02 * 2**0.5)
