"""The generalisation gap: seen minus held out, per stage, and what it changed."""

from typing import Any

import numpy as np
import pytest
from cells import BITS, evidence, scores

from harness.analysis.gaps import gaps
from harness.evidence import Evidence
from harness.records import Variant
from harness.results import Gap

N = 200


def cell(name: str, row: str, share: float, **changes: Any) -> Evidence:
    values = (np.arange(N) < share * N).astype(float).tolist()
    given = {"row": row, "task": row.split(":")[0], "cell": f"{name}-{row}"} | changes
    return evidence(name, values, **given)


def stage(name: str, seen: float, held: float, **changes: Any) -> dict[str, Evidence]:
    made = cell(name, "sample", seen, seen_of="quiz", **changes)
    return {"quiz": cell(name, "quiz", held), "sample": made}


def only(found: tuple[Gap, ...]) -> Gap:
    (gap,) = found
    return gap


def test_a_gap_that_grows_shows_in_what_it_changed() -> None:
    cells = {"base": stage("base", 0.50, 0.50), "sft": stage("sft", 0.90, 0.52)}
    found, left_out = gaps(("base", "sft"), cells, 0)
    gap = only(found)
    assert left_out == ()
    assert (gap.seen, gap.held) == ("sample", "quiz")
    first, second = gap.stages
    assert first.gap.value == pytest.approx(0)
    assert first.gap.low is not None
    assert first.gap.low < -0.05
    assert (first.since_previous, first.since_first) == (None, None)
    assert second.gap.value == pytest.approx(0.38)
    assert second.since_previous is not None
    assert second.since_previous.value == pytest.approx(0.40 - 0.02)
    assert second.since_previous.low is not None
    assert second.since_previous.low > 0.2


def test_the_interval_is_that_of_two_independent_samples() -> None:
    cells = {"sft": stage("sft", 1.0, 1.0)}
    gap = only(gaps(("sft",), cells, 0)[0]).stages[0].gap
    assert (gap.low, gap.high) == pytest.approx((-0.0188, 0.0188), abs=2e-4)  # never ±0
    assert "Wilson" in gap.method


def test_the_last_of_three_is_held_against_the_one_before_and_the_first() -> None:
    shares = {"base": (0.5, 0.5), "sft": (0.7, 0.6), "dpo": (0.9, 0.6)}
    cells = {name: stage(name, *pair) for name, pair in shares.items()}
    last = only(gaps(tuple(shares), cells, 0)[0]).stages[-1]
    assert last.since_previous is not None
    assert last.since_first is not None
    assert last.since_previous.value == pytest.approx(0.2)
    assert last.since_first.value == pytest.approx(0.3)


def test_bits_per_byte_have_a_gap_too() -> None:
    rng = np.random.default_rng(1)
    rows = {name: np.column_stack([rng.uniform(40, 60, 50), np.full(50, 90.0)]) for name in "sh"}
    cells = {
        "sft": {
            "held": evidence("sft", row="held", task="held", scores=scores(BITS, rows["h"])),
            "seen": evidence(
                "sft",
                row="seen",
                task="seen",
                scores=scores(BITS, rows["s"] * [0.5, 1]),
                seen_of="held",
            ),
        }
    }
    gap = only(gaps(("sft",), cells, 0)[0])
    assert gap.higher_is_better is False
    assert gap.stages[0].gap.high is not None
    assert gap.stages[0].gap.high < -0.2


def test_variants_pair_with_their_own_and_what_is_missing_is_said() -> None:
    plain, chat = (Variant(formulation="mcf", format=f) for f in ("plain", "chat"))
    cells = {
        "sft": {
            "quiz:plain": cell("sft", "quiz:plain", 0.5, variant=plain),
            "sample:plain": cell("sft", "sample:plain", 0.6, variant=plain, seen_of="quiz"),
            "sample:chat": cell("sft", "sample:chat", 0.6, variant=chat, seen_of="quiz"),
            "other": cell("sft", "other", 0.6, seen_of="nothing"),
        }
    }
    found, left_out = gaps(("sft",), cells, 0)
    assert only(found).held == "quiz:plain"
    assert {each.row: each.why for each in left_out} == {
        "sample:chat": "sft: quiz was asked in other ways",
        "other": "sft: wasn't evaluated on nothing, which is held out",
    }
