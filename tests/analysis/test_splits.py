"""Splits sum to the change, and tell format from capability and extraction from accuracy."""

from typing import Any

import numpy as np
import pytest
from cells import evidence
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.splits import extraction_split, format_split
from harness.evidence import Evidence
from harness.records import Variant
from harness.results import Split

N = 500
FORMATS = ("plain", "chat")
SCORES = st.lists(st.booleans(), min_size=60, max_size=60)


def asked(checkpoint: str, values: Any, form: str, format_: Any, **changes: Any) -> Evidence:
    row = f"quiz:{format_}" if form == "cf" else f"quiz:{form}:{format_}"
    formulation: Any = form
    return evidence(
        checkpoint,
        [float(v) for v in values],
        row=row,
        cell=f"{checkpoint}-{row}",
        variant=Variant(formulation=formulation, format=format_),
        **changes,
    )


def first(share: float) -> np.ndarray:
    return (np.arange(N) * 7919 % N) < share * N


def split(found: Split | str) -> dict[str, float]:
    assert isinstance(found, Split), found
    return {"total": found.total.value} | {t.name: t.estimate.value for t in found.terms}


def test_a_model_that_only_lost_the_plain_format_lost_no_capability() -> None:
    base = [asked("base", first(0.8), "cf", "plain"), asked("base", first(0.3), "cf", "chat")]
    sft = [asked("sft", first(0.3), "cf", "plain"), asked("sft", first(0.8), "cf", "chat")]
    parts = split(format_split(base, sft))
    assert parts["capability"] == pytest.approx(0, abs=1e-12)
    assert parts["total"] == pytest.approx(0, abs=1e-12)
    worse = [asked("sft", first(0.8), "cf", "plain"), asked("sft", first(0.5), "cf", "chat")]
    parts = split(format_split(base, worse))
    assert parts["capability"] == pytest.approx(0, abs=1e-12)
    assert parts["format"] == pytest.approx(parts["total"])
    assert parts["total"] == pytest.approx(-0.3, abs=0.05)


@given(st.lists(SCORES, min_size=8, max_size=8))
def test_capability_and_format_sum_to_the_native_change(drawn: list[list[bool]]) -> None:
    ways = [(form, format_) for form in ("cf", "mcf") for format_ in FORMATS]
    sides = [
        [asked(name, drawn[4 * i + k], *way) for k, way in enumerate(ways)]
        for i, name in enumerate(("base", "sft"))
    ]
    parts = split(format_split(*sides))
    assert parts["capability"] + parts["format"] == pytest.approx(parts["total"], abs=1e-12)


def test_the_best_variant_isnt_scored_on_the_documents_that_chose_it() -> None:
    found = format_split(
        [asked("base", first(0.5), "cf", "plain"), asked("base", first(0.5), "cf", "chat")],
        [asked("sft", first(0.5), "cf", "chat"), asked("sft", first(0.5), "mcf", "chat")],
    )
    assert isinstance(found, Split)
    assert found.detail.endswith(f"picked on {N - found.total.n} others")
    assert 0.1 * N < N - found.total.n < 0.3 * N


def test_one_way_of_asking_cant_be_split() -> None:
    base, sft = asked("base", first(0.5), "cf", "plain"), asked("sft", first(0.5), "cf", "chat")
    assert format_split([base], [sft]) == "asked in one way only; run formats [plain, chat]"
    assert format_split([asked("base", first(0.5), "cf", "chat")], [sft]) == "not asked natively"


def answered(checkpoint: str, right: Any, found: Any) -> Evidence:
    statuses = tuple("ok" if each else "no_answer" for each in found)
    return asked(checkpoint, right, "gen", "chat", statuses=statuses)


@given(SCORES, SCORES, SCORES, SCORES)
def test_extraction_and_accuracy_sum_to_the_change(
    right_a: list[bool], found_a: list[bool], right_b: list[bool], found_b: list[bool]
) -> None:
    sides = [
        answered(name, np.logical_and(right, found), found)
        for name, right, found in (("base", right_a, found_a), ("sft", right_b, found_b))
    ]
    got = extraction_split(*sides)
    if not any(found_a) or not any(found_b):
        assert got == "one side has no extracted answer"
        return
    parts = split(got)
    change = np.mean(np.logical_and(right_b, found_b)) - np.mean(np.logical_and(right_a, found_a))
    assert parts["total"] == pytest.approx(change, abs=1e-12)
    assert parts["extraction"] + parts["accuracy when extracted"] == pytest.approx(change)


def test_answers_that_only_lost_their_form_lost_no_accuracy() -> None:
    everything = np.ones(N, dtype=bool)
    base = answered("base", first(0.6), everything)
    found = np.arange(N) % 2 == 0
    sft = answered("sft", first(0.6) & found, found)
    parts = split(extraction_split(base, sft))
    assert parts["accuracy when extracted"] == pytest.approx(0, abs=0.01)
    assert parts["extraction"] == pytest.approx(-0.3, abs=0.01)
