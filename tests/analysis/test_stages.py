from dataclasses import replace

import numpy as np
import pytest
from cells import BITS, BLEU, evidence, rng, scores

from harness.analysis.stages import stage_table
from harness.errors import EvidenceError
from harness.records import Variant
from harness.results import Change, Column, Entry, StageTable

CHAT = Variant(formulation="mcf", format="chat")
WRONG, RIGHT = [0] * 40, [1] * 40


def entry(table: StageTable, checkpoint: str, row: int = 0) -> Entry:
    return next(e for e in table.rows[row].entries if e.checkpoint == checkpoint)


def change(table: StageTable, checkpoint: str) -> Change:
    found = entry(table, checkpoint).change
    assert found is not None
    return found


def test_parents_stand_before_their_children() -> None:
    cells = [
        evidence("dpo-b", parent="sft"),
        evidence("dpo"),
        evidence("sft"),
        evidence("base"),
    ]
    table = stage_table(cells, rng())
    assert [c.name for c in table.columns] == ["base", "sft", "dpo-b", "dpo"]
    assert [e.checkpoint for e in table.rows[0].entries] == ["base", "sft", "dpo-b", "dpo"]


def test_each_stage_is_compared_with_its_parent() -> None:
    table = stage_table([evidence("base", WRONG), evidence("sft", RIGHT), evidence("dpo")], rng())
    assert entry(table, "base").change is None
    assert change(table, "sft").reference == "base"
    assert change(table, "dpo").reference == "sft"
    difference = change(table, "sft").difference
    assert difference is not None
    assert difference.estimate.value == 1.0


def test_a_clear_rise_is_gained_and_a_clear_fall_is_lost() -> None:
    cells = [evidence("base", WRONG), evidence("sft", RIGHT), evidence("dpo", WRONG)]
    table = stage_table(cells, rng())
    assert change(table, "sft").wording == "gained"
    assert change(table, "dpo").wording == "lost"


def test_rising_bits_per_byte_are_lost() -> None:
    size = rng(3).integers(100, 900, 20)
    low, high = (
        scores(BITS, np.column_stack([size * rng(s).normal(mean, 0.1, 20), size]))
        for s, mean in ((1, 2.3), (2, 2.7))
    )
    table = stage_table([evidence("base", scores=low), evidence("sft", scores=high)], rng())
    assert change(table, "sft").wording == "lost"


def test_an_interval_with_zero_is_no_clear_change() -> None:
    table = stage_table([evidence("base", WRONG), evidence("sft", [1, *WRONG[1:]])], rng())
    assert change(table, "sft").wording == "no clear change"


def test_asked_differently_is_changed_and_never_gained_or_lost() -> None:
    asked = {"variant": CHAT, "request_hashes": tuple(f"c{i}" for i in range(40))}
    for values in (RIGHT, [1] * 20 + WRONG[20:]):
        table = stage_table([evidence("base", WRONG), evidence("sft", values, **asked)], rng())
        assert change(table, "sft").wording == "changed"
    table = stage_table([evidence("base", WRONG), evidence("sft", WRONG, **asked)], rng())
    assert change(table, "sft").wording == "no clear change"


def test_another_task_version_has_no_difference() -> None:
    table = stage_table([evidence("base"), evidence("sft", task_version=2)], rng())
    found = change(table, "sft")
    assert (found.wording, found.difference) == ("not comparable", None)
    assert found.missing == "task_version_differs 1, 2"


def test_without_variance_nothing_is_claimed() -> None:
    rows = [[3.0, 1.0], [4.0, 1.5]]
    cells = [evidence(name, scores=scores(BITS, rows)) for name in ("base", "sft")]
    assert change(stage_table(cells, rng()), "sft").wording == "no clear change"


def test_missing_stays_missing() -> None:
    cells = [evidence("base"), evidence("dpo"), evidence("sft", row="other")]
    table = stage_table(cells, rng())
    sft, dpo = entry(table, "sft"), entry(table, "dpo")
    assert (sft.estimate, sft.missing, sft.coverage) == (None, "not evaluated", None)
    assert dpo.estimate is not None
    assert dpo.change is not None
    assert (dpo.change.difference, dpo.change.missing) == (None, "sft wasn't evaluated")


def test_checkpoints_without_evidence_are_shown_when_named() -> None:
    named = [
        Column(name="base", stage="base", parent=None),
        Column(name="x", stage="sft", parent="base"),
    ]
    table = stage_table([evidence("base")], rng(), named)
    assert entry(table, "x").missing == "not evaluated"


def test_a_parent_outside_the_table_is_named() -> None:
    table = stage_table([evidence("dpo")], rng())
    assert change(table, "dpo").missing == "sft wasn't evaluated"


def test_a_metric_without_a_value_is_missing() -> None:
    empty = scores(BITS, [[0, 0], [0, 0]])
    found = entry(stage_table([evidence("base", scores=empty)], rng()), "base")
    assert (found.estimate, found.missing) == (None, "the metric has no value on these documents")


def test_errors_and_statuses_are_counted() -> None:
    cell = evidence("base", (1, 0), statuses=("ok", "no_answer"), errors=2, planned=5)
    found = entry(stage_table([cell], rng()), "base")
    assert found.statuses == {"ok": 1, "no_answer": 1, "error": 2}
    assert (found.answered, found.planned, found.coverage) == (2, 5, 0.4)


def test_capabilities_stand_together_in_their_order() -> None:
    cells = [
        evidence(row=row, capability=capability)
        for row, capability in [
            ("a", "alignment"),
            ("b", "general"),
            ("c", "domain"),
            ("d", "general"),
        ]
    ]
    assert [r.name for r in stage_table(cells, rng()).rows] == ["b", "d", "c", "a"]


def test_a_number_does_not_depend_on_what_else_is_in_the_table() -> None:
    rows = rng().integers(1, 9, (20, 10)).astype(float)
    bleu = evidence("sft", scores=scores(BLEU, rows), row="mt", cell="mt-sft")
    base = evidence("base", scores=scores(BLEU, rows[::-1].copy()), row="mt", cell="mt-base")
    small = stage_table([base, bleu], rng(5))
    large = stage_table([evidence("dpo"), evidence("sft"), bleu, evidence("base"), base], rng(5))
    assert entry(small, "sft").estimate == entry(large, "sft", 1).estimate
    first, second = (
        next(e for e in t.rows[i].entries if e.checkpoint == "sft").change
        for t, i in ((small, 0), (large, 1))
    )
    assert first == second


def test_clusters_reach_the_intervals() -> None:
    clusters = tuple(f"p{i // 8}" for i in range(40))
    found = entry(stage_table([evidence("base", [0, 1] * 20, clusters=clusters)], rng()), "base")
    assert found.estimate is not None
    assert found.estimate.method == "Wilson, clustered"


def test_two_cells_in_one_place_are_refused() -> None:
    cells = [evidence("base", cell="one"), evidence("base", cell="two")]
    with pytest.raises(EvidenceError, match=r"quiz: base has two cells \(one and two\)"):
        stage_table(cells, rng())


def test_one_name_for_two_checkpoints_is_refused() -> None:
    cells = [evidence("base"), evidence("base", row="other", fingerprint="retrained")]
    with pytest.raises(EvidenceError, match="two different checkpoints"):
        stage_table(cells, rng())


def test_a_circle_of_parents_is_refused() -> None:
    cells = [evidence("base", parent="sft"), evidence("sft")]
    with pytest.raises(EvidenceError, match="circle: base, sft"):
        stage_table(cells, rng())


def test_evidence_must_be_aligned() -> None:
    cell = evidence("base")
    with pytest.raises(ValueError, match="different lengths"):
        replace(cell, documents=("d0",))
    with pytest.raises(ValueError, match="occurs twice"):
        replace(cell, documents=("d0", "d0"))
    with pytest.raises(ValueError, match="has no score"):
        replace(cell, statuses=("ok", "error"))
