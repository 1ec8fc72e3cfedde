"""A comparison from a store: names, reference, noise floors, seen data, siblings, quantization."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runs import go
from toys import quiz_rows, write_jsonl

from harness.analysis.change import change
from harness.analysis.comparison import comparison
from harness.analysis.families import table_of
from harness.analysis.tax import tax_statement
from harness.errors import EvidenceError, UsageError
from harness.records import CAPABILITIES
from harness.results import Against, Comparison
from harness.store import Store, merge_runs, read_evidence
from harness.store.refs import Move, write_ref

Write = Callable[..., Path]
QUIZ = {"kind": "multiple_choice", "data": "quiz.jsonl"}
TASKS = [
    {"name": "quiz", "capability": "general", **QUIZ},
    {"name": "wishes", "capability": "alignment", **QUIZ, "data": "more.jsonl"},
]


def checkpoint(name: str, stage: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    entry = {"name": name, "stage": stage, "model": f"toy/{name}", **more}
    return entry if parent is None else {**entry, "parent": parent}


CHAIN = [
    checkpoint("base", "base", attributes={"step": 0}),
    checkpoint("sft", "sft", "base", attributes={"step": 10}),
    checkpoint("dpo", "aligned", "sft", attributes={"step": 20}),
]


@pytest.fixture
def ran(write_spec: Write, tmp_path: Path) -> Callable[..., Store]:
    """Return a function that runs the toy family, changed by keyword arguments."""
    more = [{**row, "id": f"w{row['id']}"} for row in quiz_rows(60)]
    write_jsonl(tmp_path / "more.jsonl", more)

    def run(**changes: Any) -> Store:
        go(write_spec(**{"tasks": TASKS, "checkpoints": CHAIN} | changes))
        return Store(tmp_path / "evals")

    return run


def only(found: Comparison) -> Against:
    (against,) = found.against
    return against


def test_the_first_name_is_the_reference_and_the_order_is_the_chain(
    ran: Callable[..., Store],
) -> None:
    found = comparison(ran(), ["base", "sft", "dpo"])
    assert found.reference == "base"
    assert [against.candidate for against in found.against] == ["sft", "dpo"]
    assert found.forgetting.chain == ("base", "sft", "dpo")
    assert {each.row for each in found.trajectories} == {"quiz:plain", "wishes:plain"}
    assert all(each.chain == ("base", "sft", "dpo") for each in found.trajectories)


def test_numbers_are_those_of_the_stage_table_and_of_the_tax_statement(
    ran: Callable[..., Store],
) -> None:
    store = ran()
    run = store.runs()[-1]
    table = table_of(store, run)
    against = only(comparison(store, ["sft", "dpo"]))
    shown = {row.name: row.entries[-1].change for row in table.rows}
    assert {shift.row: shift.change for shift in against.rows} == shown
    by_name: dict[str, dict[str, Any]] = {}
    for cell in read_evidence(store, run):
        by_name.setdefault(cell.identity.checkpoint, {})[cell.identity.row] = cell
    alone = tax_statement(by_name["sft"], by_name["dpo"], 0)
    assert against.tax.retained is not None
    assert alone.retained is not None
    assert against.tax.retained.net.value == alone.retained.net.value
    assert set(against.tax.groups) <= set(CAPABILITIES)


def test_a_single_name_is_compared_with_its_parent(ran: Callable[..., Store]) -> None:
    found = comparison(ran(), ["dpo"])
    assert (found.reference, only(found).candidate) == ("sft", "dpo")


def test_another_reference_can_be_named(ran: Callable[..., Store]) -> None:
    store = ran()
    found = comparison(store, ["base", "sft", "dpo"], "sft")
    assert found.reference == "sft"
    assert [against.candidate for against in found.against] == ["base", "dpo"]
    assert found.forgetting.chain == ("base", "sft", "dpo")
    outside = comparison(store, ["dpo"], "base")
    assert outside.forgetting.chain == ("base", "dpo")


@pytest.mark.parametrize(
    ("names", "reference", "kind", "message"),
    [
        (["sft", "dpo", "sft"], None, UsageError, "sft: named twice"),
        (["base"], None, UsageError, "no parent of it; name what it is compared with first"),
        (["sft"], "sft", UsageError, "can't be its own reference"),
        (["sft", "dop"], None, EvidenceError, "did you mean 'dpo'"),
    ],
)
def test_names_that_cant_be_used_are_one_line(
    ran: Callable[..., Store],
    names: list[str],
    reference: str | None,
    kind: type[Exception],
    message: str,
) -> None:
    with pytest.raises(kind, match=message):
        comparison(ran(), names, reference)


def test_a_baseline_of_the_same_checkpoint_is_another_side(ran: Callable[..., Store]) -> None:
    store = ran()
    account = merge_runs(store.runs())["toy"]
    kept = {
        **account,
        "checkpoints": [c for c in account["checkpoints"] if c["name"] == "dpo"],
        "cells": [c for c in account["cells"] if c["checkpoint"] == "dpo"],
    }
    move = Move(time="2026-01-01T00:00:00Z", checkpoint="dpo", fingerprint="f", why="set")
    write_ref(store, "main", kept, move)
    found = comparison(store, ["main", "dpo"])
    assert [each.checkpoint for each in found.checkpoints] == ["dpo", "dpo"]
    differences = [shift.change.difference for shift in only(found).rows]
    assert [d.estimate.value for d in differences if d] == [0, 0]
    assert found.trajectories[0].chain == ("main", "dpo")


def test_a_sample_of_the_tuning_data_has_its_gap_and_is_in_no_tax(
    ran: Callable[..., Store], tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "seen.jsonl", [{**r, "id": f"s{r['id']}"} for r in quiz_rows(30)])
    seen = {**TASKS[0], "name": "seen", "data": "seen.jsonl", "seen_of": "quiz"}
    store = ran(tasks=[*TASKS, seen])
    assert {c["seen_of"] for c in store.runs()[-1]["cells"]} == {None, "quiz"}
    found = comparison(store, ["base", "sft", "dpo"])
    (gap,) = found.gaps
    assert [stage.checkpoint for stage in gap.stages] == ["base", "sft", "dpo"]
    assert {stage.seen.n for stage in gap.stages} == {22}  # the others are kept for examples
    for against in found.against:
        assert against.tax.retained is not None
        assert [task.task for task in against.tax.retained.tasks] == ["quiz"]
    assert {row.row for row in found.forgetting.rows} == {"quiz:plain", "wishes:plain"}


def test_curves_follow_the_checkpoints_attributes(ran: Callable[..., Store]) -> None:
    found = comparison(ran(), ["sft", "dpo", "base"])
    assert {curve.row for curve in found.curves} == {"quiz:plain", "wishes:plain"}
    assert [point.checkpoint for point in found.curves[0].points] == ["base", "sft", "dpo"]


def test_siblings_are_on_a_front_and_those_not_asked_for_are_named(
    ran: Callable[..., Store],
) -> None:
    more = [*CHAIN, checkpoint("ppo", "aligned", "sft"), checkpoint("kto", "aligned", "sft")]
    found = comparison(ran(checkpoints=more), ["sft", "dpo", "ppo"])
    (front,) = found.fronts
    assert front.siblings == ("dpo", "ppo")
    assert found.siblings["dpo"] == ("kto",)


def test_a_quantized_checkpoint_is_held_against_what_it_was_made_from(
    ran: Callable[..., Store],
) -> None:
    store = ran(checkpoints=[*CHAIN, checkpoint("q4", "quantized", "dpo")])
    found = only(comparison(store, ["base", "q4"]))
    assert found.quantization is not None
    statement = found.quantization.statement
    assert (statement.reference, statement.candidate) == ("dpo", "q4")
    assert set(statement.groups) == {"general", "alignment"}


def test_a_quantized_checkpoint_without_a_measured_parent_says_so(
    ran: Callable[..., Store],
) -> None:
    store = ran(checkpoints=[CHAIN[0], checkpoint("q4", "quantized", "base")])
    account = store.runs()[-1]
    cells = [cell for cell in account["cells"] if cell["checkpoint"] == "q4"]
    other = {**account, "family": "alone", "id": f"{account['id']}-b", "cells": cells}
    store.write_run(other)
    found = only(comparison(store, ["toy:base", "alone:q4"]))
    assert found.quantization is None
    (why,) = found.unsaid["quantization"]
    assert why.why == "the store has no evidence of base"


def test_everything_of_a_comparison_is_the_same_when_it_is_made_again(
    ran: Callable[..., Store],
) -> None:
    store = ran()
    assert comparison(store, ["base", "dpo"]) == comparison(store, ["base", "dpo"])


def test_a_checkpoint_without_evidence_is_an_error_that_says_what_to_do(
    ran: Callable[..., Store],
) -> None:
    store = ran()
    account = store.runs()[-1]
    empty = {**account["checkpoints"][0], "name": "later", "parent": "dpo"}
    more = {**account, "id": f"{account['id']}-b", "checkpoints": [*account["checkpoints"], empty]}
    store.write_run(more)
    with pytest.raises(EvidenceError, match="later: the store has no evidence of it; run it first"):
        comparison(store, ["dpo", "later"])


def test_a_change_of_the_comparison_is_the_changes_own(ran: Callable[..., Store]) -> None:
    store = ran()
    cells = {
        c.identity.checkpoint + c.identity.row: c for c in read_evidence(store, store.runs()[-1])
    }
    turned = only(comparison(store, ["dpo", "sft"]))
    straight = only(comparison(store, ["sft", "dpo"]))
    for a, b in zip(turned.rows, straight.rows, strict=True):
        assert a.change.difference is not None
        assert b.change.difference is not None
        assert a.change.difference.estimate.value == -b.change.difference.estimate.value
        assert a.change.difference.p == b.change.difference.p
        again = change(cells[f"dpo{a.row}"], cells[f"sft{a.row}"], 0)
        assert again.difference is not None
        assert again.difference.estimate.value == a.change.difference.estimate.value
