"""Forgetting: every anchor, the best stage, BWT on the matrix, and what is missing."""

from collections.abc import Mapping, Sequence
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
