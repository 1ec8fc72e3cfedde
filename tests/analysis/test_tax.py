"""Tax statements: the worked example, identities, certainty, and what may not be said."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cells import BITS, BLEU, ROUGE, evidence, mean_rows, scores
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.tax import group_delta, statement, tax_statement
from harness.evidence import Evidence
from harness.records import Estimate
from harness.results import GroupDelta, TaskDelta

# SmolLM2-1.7B base -> instruct as published: (chance, base, instruct), percent.
PUBLISHED = {
    "hellaswag": (25.0, 68.7, 66.1),
    "arc": (25.0, 60.5, 51.7),
    "piqa": (50.0, 77.6, 74.4),
    "mmlu_pro": (10.0, 19.4, 19.3),
    "gsm8k": (0.0, 31.0, 48.2),
}


def delta(name: str, value: float, half: float = 0.01, **changes: Any) -> TaskDelta:
    found = Estimate(value=value, low=value - half, high=value + half, n=100, method="test")
    task = TaskDelta(
        task=name,
        rows=(name,),
        capability="general",
        reference=0.5,
        candidate=0.5 + value,
        delta=found,
        p_loss=0.5,
    )
    return replace(task, **changes)


def group(*tasks: TaskDelta) -> GroupDelta:
    found = group_delta(tasks)
    assert found is not None
    return found


def test_the_worked_example_shows_what_its_average_hides() -> None:
    raw = [delta(name, (after - before) / 100) for name, (_, before, after) in PUBLISHED.items()]
    found = group(*raw)
    numbers = [found.net.value, found.tax, found.gain, found.worst.delta.value]
    assert [100 * number for number in numbers] == pytest.approx([0.50, 2.94, 3.44, -8.8])
    assert found.worst.task == "arc"


def quiz(checkpoint: str, row: str, values: Any, **changes: Any) -> Evidence:
    changes = {"task": row, "row": row, "cell": f"{checkpoint}-{row}"} | changes
    return evidence(checkpoint, values, **changes)


def outcomes(share: float, n: int = 400, shift: int = 0) -> list[float]:
    return np.roll(np.arange(n) < round(share * n), shift).astype(float).tolist()


def test_scores_are_normalised_by_chance_and_ceiling_and_not_clipped() -> None:
    found = tax_statement(
        {"a": quiz("sft", "a", outcomes(0.55))}, {"a": quiz("dpo", "a", outcomes(0.10))}, 0
    )
    assert found.retained is not None
    task = found.retained.tasks[0]
    assert task.reference == pytest.approx((0.55 - 0.25) / 0.75)
    assert task.candidate == pytest.approx((0.10 - 0.25) / 0.75)  # below guessing
    assert task.delta.value == pytest.approx(-0.45 / 0.75)
    assert task.delta.method == "Tango score"


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=12))
def test_net_is_gain_minus_tax(values: list[float]) -> None:
    found = group(*(delta(f"t{i}", value) for i, value in enumerate(values)))
    assert found.net.value == pytest.approx(found.gain - found.tax, abs=1e-12)


def test_the_error_of_a_group_is_that_of_independent_tasks() -> None:
    found = group(*(delta(f"t{i}", 0.0, half) for i, half in enumerate((0.03, 0.04))))
    assert found.net.high == pytest.approx(0.05 / 2)


def test_only_losses_that_survive_holm_are_certified() -> None:
    tasks = [
        delta("sure", -0.10, p_loss=0.001),
        delta("unsure", -0.08, p_loss=0.02),  # 0.02 * 2 > 0.025
        delta("gain", 0.2, p_loss=1.0),
    ]
    found = group(*tasks)
    assert found.certified == ("sure",)
    assert found.certified_tax == pytest.approx(0.10)


def test_the_worst_tasks_interval_widens_with_the_group() -> None:
    alone, among = group(delta("a", -0.1)), group(delta("a", -0.1), *map(delta, "bcd", [0.0] * 3))
    assert among.worst.task == "a"
    assert among.worst.delta.low is not None
    assert alone.worst.delta.low is not None
    assert among.worst.delta.low < alone.worst.delta.low
    assert among.worst.delta.confidence == pytest.approx(1 - 0.05 / 4)


def test_a_rate_is_given_only_where_a_gain_excludes_zero() -> None:
    general, gained = delta("a", -0.02), delta("b", 0.10, capability="alignment")
    found = statement(("sft", "dpo"), "aligned", [general, gained])
    assert found.rate is not None
    assert found.rate.value == pytest.approx(0.2)
    assert found.rate.low is not None
    assert found.rate.low < 0.2
    unclear = statement(
        ("sft", "dpo"), "aligned", [general, delta("b", 0.10, 0.2, capability="alignment")]
    )
    assert (unclear.rate, unclear.rate_missing) == (None, "the gain's interval doesn't exclude 0")


def test_domain_tasks_are_the_gain_of_sft_and_the_tax_of_alignment() -> None:
    tasks = [delta("a", 0.1, capability="domain"), delta("b", 0.1, capability="behaviour")]
    sft = statement(("base", "sft"), "sft", tasks)
    aligned = statement(("sft", "dpo"), "aligned", tasks)
    assert sft.aligned is not None
    assert [t.task for t in sft.aligned.tasks] == ["a"]
    assert aligned.aligned is None
    assert aligned.retained is not None
    assert [t.task for t in aligned.retained.tasks] == ["a"]


def test_variants_of_a_task_count_once_and_share_their_documents() -> None:
    before, after = outcomes(0.5), outcomes(0.5, shift=7)
    rows = {f"a:{i}": ("sft", before) for i in range(4)}
    reference = {row: quiz(who, row, values, task="a") for row, (who, values) in rows.items()}
    candidate = {row: quiz("dpo", row, after, task="a") for row in rows}
    one = tax_statement({"a": quiz("sft", "a", before)}, {"a": quiz("dpo", "a", after)}, 0)
    four = tax_statement(reference, candidate, 0)
    assert four.retained is not None
    assert one.retained is not None
    joint, alone = four.retained.tasks[0].delta, one.retained.tasks[0].delta
    assert four.retained.net.n == 1
    assert joint.value == pytest.approx(alone.value)
    # four copies are no more evidence: as independent ones they would have half the width
    assert joint.high == pytest.approx(alone.high, abs=4e-3)


def test_identical_answers_leave_an_interval_that_isnt_zero() -> None:
    same = outcomes(0.5)
    found = tax_statement({"a": quiz("sft", "a", same)}, {"a": quiz("dpo", "a", same)}, 0)
    assert found.retained is not None
    net = found.retained.net
    assert net.value == 0
    assert net.low is not None
    assert net.low < -0.005


def test_a_task_that_was_asked_in_another_way_is_never_certain_to_have_lost() -> None:
    asked = tuple(f"chat{i}" for i in range(400))
    found = tax_statement(
        {"a": quiz("sft", "a", outcomes(0.9)), "b": quiz("sft", "b", outcomes(0.9))},
        {
            "a": quiz("dpo", "a", outcomes(0.5), request_hashes=asked, template="t"),
            "b": quiz("dpo", "b", outcomes(0.5)),
        },
        0,
    )
    assert found.retained is not None
    assert found.retained.certified == ("b",)
    assert [reason.code for reason in found.retained.qualified] == ["template_differs"]


def test_a_loss_of_alignment_is_no_gain_to_pay_for() -> None:
    lost = delta("b", -0.10, capability="alignment")
    found = statement(("sft", "dpo"), "aligned", [delta("a", -0.02), lost])
    assert (found.rate, found.rate_missing) == (None, "there is no gain but a loss")


def test_a_sample_of_the_tuning_data_is_in_no_tax() -> None:
    sides = [
        {"a": quiz(name, "a", outcomes(0.5)), "s": quiz(name, "s", outcomes(0.9), seen_of="a")}
        for name in ("sft", "dpo")
    ]
    found = tax_statement(sides[0], sides[1], 0)
    assert found.retained is not None
    assert [task.task for task in found.retained.tasks] == ["a"]
    assert found.left_out[0].row == "s"


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = [f"t{i}" for i in range(6)]
    sides = [
        {row: quiz(who, row, outcomes(share, 40, i)) for i, row in enumerate(rows)}
        for who, share in (("sft", 0.6), ("dpo", 0.5))
    ]
    turned = [{rows[i]: side[rows[i]] for i in order} for side in sides]
    first, second = (tax_statement(a, b, 0).retained for a, b in (sides, turned))
    assert first is not None
    assert second is not None
    assert first.net.value == pytest.approx(second.net.value)
    assert first.net.low == pytest.approx(second.net.low)
    assert first.certified_tax == pytest.approx(second.certified_tax)


def test_a_bootstrapped_comparison_turned_round_changes_its_sign_only() -> None:
    rng = np.random.default_rng(4)
    sides = [
        {"a": quiz(who, "a", [1], scores=scores(BLEU, rng.integers(1, 20, (30, 10))))}
        for who in ("sft", "dpo")
    ]
    there, back = tax_statement(sides[0], sides[1], 0), tax_statement(sides[1], sides[0], 0)
    assert there.retained is not None
    assert back.retained is not None
    a, b = there.retained.tasks[0].delta, back.retained.tasks[0].delta
    assert a.method == "paired percentile bootstrap"
    assert (a.value, a.low, a.high) == pytest.approx((-b.value, -(b.high or 0), -(b.low or 0)))


def test_what_cant_be_compared_is_left_out_by_name() -> None:
    reference = {
        "a": quiz("sft", "a", outcomes(0.5)),
        "b": quiz("sft", "b", outcomes(0.5), task_version=1),
        "ppl": quiz("sft", "ppl", [1], scores=scores(BITS, [[2.0, 1.0]] * 9)),
        "only": quiz("sft", "only", outcomes(0.5)),
    }
    candidate = {
        "a": quiz("dpo", "a", outcomes(0.4)),
        "b": quiz("dpo", "b", outcomes(0.4), task_version=2),
        "ppl": quiz("dpo", "ppl", [1], scores=scores(BITS, [[2.0, 1.0]] * 9)),
    }
    found = tax_statement(reference, candidate, 0)
    assert found.retained is not None
    assert [task.task for task in found.retained.tasks] == ["a"]
    why = {each.row: each.why for each in found.left_out}
    assert set(why) == {"b", "ppl", "only"}
    assert "task version differs" in why["b"]
    assert "no chance level or ceiling" in why["ppl"]


@given(st.integers(0, 2**32 - 1))
def test_a_comparison_turned_round_changes_its_sign_only(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after = (rng.random(60).round(2).tolist() for _ in range(2))
    sides = [
        {"a": quiz(who, "a", [1], scores=scores(ROUGE, mean_rows(values)))}
        for who, values in (("sft", before), ("dpo", after))
    ]
    there, back = tax_statement(sides[0], sides[1], 0), tax_statement(sides[1], sides[0], 0)
    assert there.retained is not None
    assert back.retained is not None
    a, b = there.retained.net, back.retained.net
    assert (a.value, a.low, a.high) == pytest.approx((-b.value, -(b.high or 0), -(b.low or 0)))
