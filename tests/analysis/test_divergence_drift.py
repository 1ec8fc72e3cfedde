"""KL per token is a ratio of sums by document, told by the kind of text, and never made up."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from cells import rng
from scipy.stats import t as student

from harness.analysis.divergence import divergence_drift
from harness.records import Capability
from harness.render.divergence import divergence_section, divergence_text
from harness.results.divergence import DocumentDivergence, Drift, PairDivergence

NAMES = {"base": "aa", "sft": "bb", "dpo": "cc"}
Sums = Sequence[tuple[int, float]]


def pair(
    row: str = "texts",
    capability: Capability = "general",
    sums: Sums = ((10, 2.0), (30, 3.0), (20, 4.0)),
    clusters: Sequence[str | None] | None = None,
    **identity: Any,
) -> PairDivergence:
    whose = {"reference": "aa", "candidate": "bb", "task": row, "backend": {"dtype": "float32"}}
    return PairDivergence(
        identity=whose | identity,
        row=row,
        capability=capability,
        language="en",
        documents=tuple(
            DocumentDivergence(
                document=f"d{i}",
                request="r",
                cluster=clusters[i] if clusters else None,
                tokens=tokens,
                forward=value,
                reverse=2 * value,
                variation=value / 10,
            )
            for i, (tokens, value) in enumerate(sums)
        ),
    )


def drift(*pairs: PairDivergence) -> Drift:
    found = divergence_drift(pairs, "base", "sft", NAMES)
    assert found is not None
    return found


def test_the_mean_is_all_nats_over_all_tokens_with_a_linearised_interval() -> None:
    (place,) = drift(pair()).places
    (task,) = place.tasks
    assert (task.forward.value, task.reverse.value) == (9 / 60, 18 / 60)
    assert task.variation.value == pytest.approx(0.9 / 60)
    assert (task.forward.n, task.tokens) == (3, 60)
    residuals = [2.0 - 0.15 * 10, 3.0 - 0.15 * 30, 4.0 - 0.15 * 20]
    error = np.sqrt(3 / 2 * np.square(residuals).sum()) / 60
    half = student.ppf(0.975, 2) * error
    assert (task.forward.low, task.forward.high) == pytest.approx((0.15 - half, 0.15 + half))
    assert task.forward.method == "linearised ratio of sums"
    assert place.forward == task.forward


def test_documents_of_one_cluster_are_one_piece_of_evidence() -> None:
    draw = rng(5)
    levels = np.repeat(draw.gamma(2.0, 1.0, 10), 4)
    sums = [(10, float(level)) for level in levels]
    clusters = [f"c{i // 4}" for i in range(40)]
    (alone,) = drift(pair(sums=sums)).places
    (clustered,) = drift(pair(sums=sums, clusters=clusters)).places
    assert clustered.forward.value == alone.forward.value
    assert (clustered.forward.high or 0) > (alone.forward.high or 0) + 0.01
    assert "clustered" in clustered.forward.method


def test_one_document_has_no_interval() -> None:
    (place,) = drift(pair(sums=[(10, 2.0)])).places
    assert (place.forward.value, place.forward.low) == (0.2, None)
    assert "one document" in place.forward.method


def test_old_and_new_text_are_apart_and_what_is_missing_is_said() -> None:
    alone = drift(pair())
    assert [place.capability for place in alone.places] == ["general"]
    assert alone.missing == ("new text",)
    assert drift(pair(capability="alignment")).missing == ("old text",)
    both = drift(pair("b"), pair("a", sums=[(10, 4.0), (10, 4.1)]), pair("n", "domain"))
    assert [(p.capability, [t.row for t in p.tasks]) for p in both.places] == [
        ("general", ["a", "b"]),
        ("domain", ["n"]),
    ]
    assert both.missing == ()
    assert both.places[0].forward.value == pytest.approx((0.15 + 0.405) / 2)
    assert both.places[0].forward.n == 2


def test_other_pairs_and_the_other_direction_are_not_taken_for_it() -> None:
    others = [
        pair(reference="bb", candidate="aa"),
        pair(reference="bb", candidate="cc"),
        pair(sums=()),
    ]
    assert divergence_drift(others, "base", "sft", NAMES) is None
    assert drift(*others, pair()).places == drift(pair()).places


def test_it_is_shown_with_direction_size_method_and_what_is_missing() -> None:
    text = divergence_text([drift(pair(), pair("more"))])
    assert "KL(ref‖cand)" in text
    assert "linearised ratio of sums by document" in text
    assert "float32" in text
    line = next(line for line in text.splitlines() if " texts " in line)
    assert line.split()[:8] == ["sft", "base", "old:", "general", "texts", "3", "60", "0.150"]
    assert "sft against base, old: general: 0.15" in text
    assert "(mean of 2, variance recovery)" in text
    assert "sft against base: nothing was measured on new text" in text
    assert divergence_text([]) == ""
    assert divergence_section([]) is None
