"""The front among siblings: dominance beyond the paired interval, and what can't be told."""

from collections.abc import Mapping

import numpy as np
import pytest
from cells import evidence
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.pareto import front, siblings
from harness.evidence import Evidence
from harness.results import Compared, Duel

N = 600


def checkpoint(name: str, kept: float, gained: float | None) -> dict[str, Evidence]:
    """Return a checkpoint's cells: the share right of a general and of an alignment task."""
    rows = {"g": ("general", kept), "a": ("alignment", gained)}
    return {
        row: evidence(
            name,
            (np.arange(N) < share * N).astype(float).tolist(),
            row=row,
            task=row,
            capability=capability,
            cell=f"{name}-{row}",
        )
        for row, (capability, share) in rows.items()
        if share is not None
    }


def drawn(**sides: tuple[float, float | None]) -> Mapping[str, Mapping[str, Evidence]]:
    return {name: checkpoint(name, *shares) for name, shares in sides.items()}


def test_more_gain_for_no_more_tax_dominates() -> None:
    found = front("from sft", drawn(x=(0.60, 0.60), y=(0.60, 0.75), z=(0.45, 0.80)), 0)
    assert found.dominated == {"x": ("y",)}
    assert found.members == ("y", "z")
    duel = found.duels[0]
    assert (duel.first, duel.second, duel.dominates) == ("x", "y", "y")
    assert duel.gain is not None
    assert duel.gain.value == pytest.approx(0.15 / 0.75)


def test_a_difference_within_the_interval_dominates_nobody() -> None:
    found = front("from sft", drawn(x=(0.600, 0.600), y=(0.601, 0.601)), 0)
    assert found.dominated == {}
    assert found.members == ("x", "y")


def test_without_an_alignment_task_nobody_is_dominated() -> None:
    found = front("from sft", drawn(x=(0.6, None), y=(0.9, 0.5)), 0)
    assert found.members == ("x", "y")
    assert found.duels[0].missing == "no comparable alignment task"


def test_a_sibling_without_evidence_is_named() -> None:
    found = front("from sft", {**drawn(x=(0.6, 0.6)), "y": {}}, 0)
    assert found.duels[0].missing == "y has no evidence"
    assert found.members == ("x", "y")


@given(st.tuples(*[st.floats(0.3, 0.9)] * 4))
def test_the_order_of_siblings_changes_nothing(shares: tuple[float, float, float, float]) -> None:
    sides = drawn(x=shares[:2], y=shares[2:])
    there = front("", sides, 0)
    back = front("", dict(reversed([*sides.items()])), 0)
    assert set(there.members) == set(back.members)
    assert there.dominated == back.dominated
    one, other = there.duels[0], back.duels[0]
    assert net(one) == pytest.approx(-net(other))


def net(duel: Duel) -> float:
    assert duel.kept is not None
    return duel.kept.value


def named(name: str, stage: str, parent: str | None, family: str = "f") -> Compared:
    made: Compared = Compared(
        name=name, checkpoint=name, family=family, stage=stage, parent=parent, fingerprint=None
    )
    return made


def test_siblings_have_one_parent_or_are_all_aligned() -> None:
    given_ = [
        named("base", "base", None),
        named("sft", "sft", "base"),
        named("dpo", "aligned", "sft"),
        named("ppo", "aligned", "sft"),
        named("grpo", "aligned", "base"),
        named("other", "aligned", "sft", family="g"),
    ]
    assert siblings(given_) == {
        "f: from base": ["sft", "grpo"],
        "f: stage aligned": ["dpo", "ppo", "grpo"],
    }
    assert siblings(given_[:4]) == {"f: from sft": ["dpo", "ppo"]}
