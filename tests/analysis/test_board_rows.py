"""Numbers without records have their place on the board, unpaired and said to be so."""

from collections.abc import Mapping

import pytest
from cells import evidence, stated

from harness.analysis.board import standing_rows
from harness.analysis.shifts import shift
from harness.analysis.standing import Family, Standing
from harness.evidence import Aggregate, Known
from harness.records import JSON
from harness.results.board import EntryRow

SEED = 0


def standing(name: str, parent: str | None, stage: str, rows: Mapping[str, Known]) -> Standing:
    entry: dict[str, JSON] = {"name": name, "stage": stage, "parent": parent}
    return Standing(entry=entry, rows=rows, named={}, damage={}, places=tuple(rows))


def entries(before: Known, after: Known) -> EntryRow:
    """Return the entry of sft against base on one row."""
    sides = (
        standing("base", None, "base", {"quiz": before}),
        standing("sft", "base", "sft", {"quiz": after}),
    )
    family = Family(
        account={"family": "toy", "checkpoints": [side.entry for side in sides], "cells": []},
        rows=("quiz",),
        cells={
            side.name: {"quiz": {"key": f"{side.name}-key", "fingerprint": side.name}}
            for side in sides
            if not isinstance(side.rows["quiz"], Aggregate)
        },
        stated={},
        dates={},
    )
    ((entry,), _) = standing_rows(family, sides[1], sides[0])
    return entry


def number(checkpoint: str, value: float, error: float | None = 0.02) -> Aggregate:
    return stated(checkpoint, "quiz", value, error, n=100, chance=0.25)


def test_a_stated_number_is_shown_as_it_is_stated() -> None:
    entry = entries(number("base", 0.4), number("sft", 0.5))
    assert (entry.value, entry.n, entry.method, entry.missing) == (
        0.5,
        100,
        "as stated, normal",
        "",
    )
    assert entry.low == pytest.approx(0.5 - 1.96 * 0.02, abs=1e-4)
    assert (entry.cell, entry.answered, entry.planned) == ("", 0, 0)


@pytest.mark.parametrize("which", ["both", "reference", "candidate"])
def test_a_difference_to_a_stated_number_is_unpaired(which: str) -> None:
    before: Known = evidence("base", [1, 0, 0, 1], task="quiz")
    after: Known = evidence("sft", [1, 1, 0, 1], task="quiz")
    if which != "candidate":
        before = number("base", 0.4)
    if which != "reference":
        after = number("sft", 0.5)
    entry, change = entries(before, after), shift(before, after, SEED).change
    assert change.difference is not None
    assert change.comparability is not None
    assert entry.delta == change.difference.estimate.value
    assert (entry.comparability, entry.wording) == ("QUALIFIED", change.wording)
    assert entry.reasons.startswith("unpaired")


def test_without_a_parents_number_nothing_is_compared() -> None:
    own = standing("sft", "base", "sft", {"quiz": number("sft", 0.5)})
    parent = standing("base", None, "base", {})
    family = Family(
        account={"family": "toy", "checkpoints": [], "cells": []},
        rows=("quiz",),
        cells={},
        stated={},
        dates={},
    )
    ((entry,), summary) = standing_rows(family, own, parent)
    assert (entry.delta, entry.wording) == (None, "not comparable")
    assert entry.reasons == "base wasn't evaluated"
    assert summary.gain_words == "base wasn't evaluated"
