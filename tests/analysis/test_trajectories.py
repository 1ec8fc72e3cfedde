"""What became of every item, and how flips count."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cells import ROUGE, evidence, mean_rows, scores
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.trajectories import fate_of, trajectories
from harness.records import Estimate
from harness.results import Trajectories
from harness.results.noise import Flip, Noise, NoiseFloor


def followed(*outcomes: str, **changes: Any) -> Trajectories:
    """Follow items whose outcomes per stage are given, one text per item."""
    by_stage = zip(*outcomes, strict=True)
    cells = [
        evidence(name, [float(x) for x in stage], **(changes if name == "dpo" else {}))
        for name, stage in zip(("base", "sft", "dpo"), by_stage, strict=False)
    ]
    found = trajectories(cells)
    assert isinstance(found, Trajectories)
    return found


@pytest.mark.parametrize(
    ("pattern", "fate"),
    [
        ("111", "kept"),
        ("110", "forgotten"),
        ("100", "forgotten"),
        ("101", "recovered"),
        ("011", "learned"),
        ("001", "learned"),
        ("010", "transient"),
        ("000", "never"),
        ("1010", "flaky"),
        ("0110", "transient"),
    ],
)
def test_every_pattern_has_its_fate(pattern: str, fate: str) -> None:
    assert fate_of(pattern) == fate


def test_a_forgotten_item_names_the_stage_that_lost_it() -> None:
    found = followed("110", "100", "111")
    assert [item.lost_at for item in found.items] == ["dpo", "sft", None]
    assert found.fates == {"forgotten": 2, "kept": 1}


@given(st.lists(st.sampled_from(["00", "01", "10", "11"]), min_size=1, max_size=60))
def test_the_change_of_accuracy_is_pfr_minus_nfr(outcomes: list[str]) -> None:
    (flips,) = followed(*outcomes).flips
    before, after = (np.array([int(o[i]) for o in outcomes]) for i in (0, 1))
    assert flips.gained.value - flips.lost.value == pytest.approx(after.mean() - before.mean())
    if before.sum():
        assert flips.lost_of_right == pytest.approx((before & ~after & 1).sum() / before.sum())


def test_independent_errors_have_a_relative_nfr_of_one() -> None:
    outcomes = ["11"] * 12 + ["10"] * 8 + ["01"] * 12 + ["00"] * 8
    (flips,) = followed(*outcomes).flips
    assert flips.relative == pytest.approx(1.0)


def test_flips_go_from_each_stage_to_the_next_and_from_first_to_last() -> None:
    pairs = [(f.reference, f.candidate) for f in followed("110", "101").flips]
    assert pairs == [("base", "sft"), ("sft", "dpo"), ("base", "dpo")]


def test_lost_items_count_by_the_candidates_reason() -> None:
    reasons = ("refusal: I can't", "wrong", "refusal", None)
    found = followed("110", "110", "110", "111", reasons=reasons)
    assert found.flips[1].reasons == {"refusal": 2, "wrong": 1}


def test_noise_of_the_same_checkpoint_is_subtracted_and_its_items_are_flaky() -> None:
    cells = [evidence("base", [1, 1, 1, 0]), evidence("sft", [0, 1, 1, 0])]
    rate = Estimate(value=0.25, low=0.05, high=0.6, n=4, method="Wilson")
    noise = Noise(
        n=4,
        flips=rate,
        flipped=(Flip(document="d000", lost=True),),
        differing_answers=1,
        logprobs=None,
        metrics=(),
    )
    floor = NoiseFloor(
        cell="base-key",
        machine="m",
        hardware={},
        recorded_here=True,
        dtype="float32",
        batch_recorded=(8,),
        batch_repeated=3,
        seed=1,
        failed=0,
        compared=frozenset(),
        run="r",
        time="t",
        noise=noise,
    )
    found = trajectories(cells, {"base-key": floor})
    assert isinstance(found, Trajectories)
    assert found.items[0].fate == "flaky"
    (flips,) = found.flips
    assert flips.floor is not None
    assert flips.floor.value == pytest.approx(0.125)
    assert flips.excess is not None
    assert flips.excess.value == pytest.approx(0.25 - 0.125)
    assert flips.excess.low is not None
    assert flips.excess.low < 0  # four documents show no excess
    assert flips.gained_excess is not None
    assert flips.gained_excess.value == pytest.approx(0 - 0.125)


def test_only_shared_documents_of_the_same_content_are_followed() -> None:
    base, sft = evidence("base", [1, 1, 0]), evidence("sft", [1, 0, 0])
    edited = replace(sft, document_hashes=("h0", "edited", "h2"))
    found = trajectories([base, edited])
    assert isinstance(found, Trajectories)
    assert [item.document for item in found.items] == ["d000", "d002"]


def test_a_checkpoint_that_cant_be_compared_isnt_followed() -> None:
    cells = [
        evidence("base", [1, 1, 1, 0], task_version=2),
        evidence("sft", [1, 0, 1, 0]),
        evidence("dpo", [0, 1, 1, 0], template="t"),
    ]
    found = trajectories(cells)
    assert isinstance(found, Trajectories)
    assert (found.chain, found.missing) == (("sft", "dpo"), ("base",))
    assert len(found.flips) == 1


def test_flips_of_another_way_of_asking_say_so() -> None:
    asked = ("x0", "x1", "x2", "x3")
    cells = [
        evidence("base", [1, 1, 1, 0], request_hashes=asked),
        evidence("sft", [1, 0, 1, 0], template="t"),
    ]
    found = trajectories(cells)
    assert isinstance(found, Trajectories)
    assert [reason.code for reason in found.flips[0].qualified] == ["template_differs"]


def test_lost_answers_that_were_given_are_told_from_those_that_were_not() -> None:
    reasons = ("wrong", "wrong", "no_answer", "wrong: B")
    found = followed("110", "110", "110", "110", reasons=reasons)
    assert found.flips[1].wrong_share == pytest.approx(0.75)
    assert found.flips[0].wrong_share is None


def test_a_metric_without_right_and_wrong_has_no_trajectories() -> None:
    cells = [
        evidence(name, scores=scores(ROUGE, mean_rows([0.4, 0.7]))) for name in ("base", "sft")
    ]
    assert trajectories(cells) == "the metric isn't right or wrong per document"
