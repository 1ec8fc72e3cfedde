"""Forgetting: every anchor, the best stage, BWT on the matrix, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cells import BITS, evidence, scores

from harness.analysis.chains import Cells, chain_to
from harness.analysis.forgetting import forgetting
from harness.errors import EvidenceError
from harness.evidence import Evidence
from harness.results import Forgetting, RowForgetting
from harness.stats import continual

CHAIN = ("base", "sft", "dpo")
N = 400


def cell(checkpoint: str, row: str, share: float, **changes: Any) -> Evidence:
    values = (np.arange(N) < round(share * N)).astype(float).tolist()
    return evidence(
        checkpoint, values, **({"row": row, "task": row, "cell": f"{checkpoint}-{row}"} | changes)
    )


def cells(table: Mapping[str, Sequence[float | None]], **capabilities: str) -> Cells:
    return {
        name: {
            row: cell(name, row, share, capability=capabilities.get(row, "general"))
            for row, shares in table.items()
            if (share := shares[i]) is not None
        }
        for i, name in enumerate(CHAIN)
    }


def only(found: Forgetting) -> RowForgetting:
    (row,) = found.rows
    return row


def test_both_readings_are_given_with_their_references() -> None:
    row = only(forgetting(CHAIN, cells({"a": (0.60, 0.65, 0.62)}), 0))
    deltas = {anchor.reference: anchor.delta.value for anchor in row.anchored}
    assert deltas["base"] == pytest.approx(0.02 / 0.75)
    assert deltas["sft"] == pytest.approx(-0.03 / 0.75)
    assert row.best == "sft"
    assert row.forgetting is not None
    assert row.forgetting.value == pytest.approx(0.03 / 0.75)
    assert row.forgetting.low is not None
    assert row.forgetting.high is not None
    assert row.forgetting.low < row.forgetting.value < row.forgetting.high


def test_retention_is_a_share_above_guessing_with_fiellers_interval() -> None:
    row = only(forgetting(("base", "sft"), cells({"a": (0.55, 0.40, None)}), 0))
    (anchor,) = row.anchored
    assert anchor.retention is not None
    assert anchor.retention.value == pytest.approx(0.15 / 0.30)
    assert anchor.retention.low is not None
    assert 0.3 < anchor.retention.low < 0.5


def test_retention_of_guessing_is_not_measurable() -> None:
    row = only(forgetting(("base", "sft"), cells({"a": (0.26, 0.25, None)}), 0))
    assert row.anchored[0].retention is None
    assert row.anchored[0].retention_missing == "not measurable (reference at floor)"


def test_retention_of_identical_answers_claims_no_interval_of_width_zero() -> None:
    row = only(forgetting(("base", "sft"), cells({"a": (0.55, 0.55, None)}), 0))
    retention = row.anchored[0].retention
    assert retention is not None
    assert retention.value == pytest.approx(1)
    assert (retention.low, retention.high) == (None, None)
    assert retention.method == "Fieller (no interval: no variance)"


def test_the_matrix_and_its_measures_equal_those_of_its_numbers() -> None:
    table = {"g": (0.60, 0.65, 0.62), "d": (0.30, 0.60, 0.50), "a": (0.25, 0.40, 0.70)}
    found = forgetting(CHAIN, cells(table, d="domain", a="alignment"), 0)
    assert found.taught == {"base": "general", "sft": "domain", "dpo": "alignment"}
    matrix = np.array(found.matrix, dtype=float)
    expected = (np.array([table["g"], table["d"], table["a"]]).T - 0.25) / 0.75
    assert matrix == pytest.approx(expected)
    by_name = {transfer.name: transfer for transfer in found.transfers}
    for name, measure in {
        "BWT": continual.backward_transfer,
        "BWT (TRACE)": continual.trace_backward_transfer,
        "mean forgetting from the best stage": continual.mean_forgetting,
    }.items():
        value = by_name[name].value
        assert value is not None
        assert value.value == pytest.approx(measure(expected))
        assert value.low is not None
        assert value.low < value.value
    assert by_name["BWT"].denominator == "T - 1 = 2 earlier groups"
    assert by_name["BWT (TRACE)"].denominator == "T = 3 groups"


def test_a_stage_that_wasnt_measured_stays_missing() -> None:
    found = forgetting(CHAIN, cells({"g": (0.6, None, 0.5), "d": (0.3, 0.6, 0.5)}, d="domain"), 0)
    row = next(row for row in found.rows if row.row == "g")
    assert row.scores["sft"] is None
    assert [anchor.reference for anchor in row.anchored] == ["base"]
    assert all(transfer.value is None and transfer.missing for transfer in found.transfers)
    assert found.matrix[0][0] is None


def test_the_matrix_judges_all_stages_on_the_documents_that_they_share() -> None:
    table = dict(
        cells(
            {"g": (0.6, 0.6, 0.6), "d": (0.5, 0.6, 0.5), "a": (0.3, 0.3, 0.6)},
            d="domain",
            a="alignment",
        )
    )
    half = table["base"]["g"]
    cut = {  # the base was asked only what it has right
        field: getattr(half, field)[: N // 2]
        for field in ("documents", "document_hashes", "request_hashes", "clusters", "statuses")
    }
    metric = replace(half.metrics[0], rows=half.primary.rows[: N // 2])
    table["base"] = {**table["base"], "g": replace(half, metrics=(metric,), **cut)}
    found = forgetting(CHAIN, table, 0)
    general = [line[0] for line in found.matrix]
    assert general == pytest.approx([1.0, 1.0, 1.0])
    bwt = next(transfer for transfer in found.transfers if transfer.name == "BWT")
    assert bwt.value is not None
    assert bwt.value.value == pytest.approx((0 - 0.1 / 0.75) / 2)


def test_a_stage_that_doesnt_compare_is_in_no_measure() -> None:
    table = {"g": (0.9, 0.6, 0.5), "d": (0.3, 0.6, 0.5)}
    found = dict(cells(table, d="domain"))
    base = cell("base", "g", 0.9, task_version=7)
    found["base"] = {**found["base"], "g": base}
    result = forgetting(("base", "sft", "dpo"), found, 0)
    row = next(row for row in result.rows if row.row == "g")
    assert row.best == "sft"
    assert [anchor.reference for anchor in row.anchored] == ["sft"]
    assert result.matrix[0][0] is None
    missing = {transfer.missing for transfer in result.transfers}
    assert missing == {"no row of general and alignment that all of base, sft, dpo have"}


def test_what_was_asked_in_another_way_is_marked_as_changed() -> None:
    asked = tuple(f"chat{i}" for i in range(N))
    found = {
        "base": {"a": cell("base", "a", 0.6)},
        "sft": {"a": cell("sft", "a", 0.5, request_hashes=asked, template="t")},
    }
    result = forgetting(("base", "sft"), found, 0)
    assert [reason.code for reason in only(result).qualified] == ["template_differs"]
    assert result.qualified == only(result).qualified


def test_a_sample_of_the_tuning_data_is_in_no_sum() -> None:
    found = {
        name: {"a": cell(name, "a", 0.5), "s": cell(name, "s", 0.9, seen_of="a")}
        for name in ("base", "sft")
    }
    result = forgetting(("base", "sft"), found, 0)
    assert [row.row for row in result.rows] == ["a"]
    assert result.left_out[0].why == "a sample of what was tuned on; a is held out"


def test_rows_without_a_scale_or_a_partner_are_left_out_by_name() -> None:
    ppl = {
        name: evidence(name, [1], row="p", task="p", scores=scores(BITS, [[2.0, 1.0]] * 5))
        for name in CHAIN
    }
    table = cells({"a": (0.5, 0.5, 0.5), "b": (0.5, 0.5, None)})
    found = forgetting(CHAIN, {name: {**table[name], "p": ppl[name]} for name in CHAIN}, 0)
    why = {each.row: each.why for each in found.left_out}
    assert why == {
        "b": "dpo wasn't evaluated on it",
        "p": "bits/byte has no chance level or ceiling",
    }


def test_a_chain_follows_parents_from_the_root() -> None:
    parents = {"base": None, "sft": "base", "a": "sft", "b": "sft"}
    assert chain_to("b", parents) == ("base", "sft", "b")
    with pytest.raises(EvidenceError, match="no checkpoint 'c'"):
        chain_to("c", parents)
    with pytest.raises(EvidenceError, match="circle"):
        chain_to("x", {"x": "y", "y": "x"})
