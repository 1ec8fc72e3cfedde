"""What must not matter doesn't: order, batches and doubles of evidence, and which side is which."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cells import BLEU, ROUGE, evidence, mean_rows, right, scores
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planted import Family, Planted

from harness.analysis.comparison import comparison
from harness.evidence import Evidence, Scores
from harness.gate.decide import decide
from harness.gate.judging import judge
from harness.gate.policy import Policy, load_policy
from harness.gate.testing import row_tested
from harness.metrics.metric import FloatArray
from harness.records import SampleRecord
from harness.render.compare import comparison_json
from harness.results import Verdict
from harness.scores import write_scores
from harness.store import Store
from harness.store.codec import write_segment

N = 24


def lenient(margin: float = 20.0) -> Policy:
    policy = load_policy(None)
    rule = replace(policy.rules[0], margin=margin, allow_underpowered=True, coverage=0.5)
    return replace(policy, rules=(rule,))


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    made = Family(tmp_path_factory.mktemp("family"), N)
    for name, wrong in {"sft": [3], "dpo": [1, 4, 7]}.items():
        made.plant(name, Planted(wrong, failing=[11] if name == "dpo" else []))
        made.run(name)
    return made


@pytest.fixture(scope="module")
def whole(family: Family) -> tuple[Verdict, str]:
    return said(Store(family.folder / "evals"))


def said(store: Store) -> tuple[Verdict, str]:
    """The verdict on two checkpoints, and all that a comparison says of them."""
    verdict = judge(store, "sft", "dpo", lenient()).verdict
    return verdict, comparison_json(comparison(store, ["sft", "dpo"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_order_batches_and_doubles_of_evidence_change_nothing(
    family: Family,
    whole: tuple[Verdict, str],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
) -> None:
    source = Store(family.folder / "evals")
    store = Store(tmp_path_factory.mktemp("evals"))
    shutil.copytree(source.root / "runs", store.root / "runs")
    for cell in (c for c in family.job().plan.cells if c.checkpoint.name != "base"):
        records = source.records(cell.key)
        store.write_identity(cell.key, cell.identity)
        for batch in data.draw(batches(records)):
            write_segment(store.cell_folder(cell.key) / "segments", batch)
        write_scores(store, cell)
    assert said(store) == whole
    shutil.rmtree(store.root)


def batches(records: list[SampleRecord]) -> st.SearchStrategy[list[list[SampleRecord]]]:
    """Several lists of records that hold each of them at least once."""
    doubled = st.lists(st.sampled_from(records), max_size=8).flatmap(
        lambda more: st.permutations([*records, *more])
    )
    cuts = st.lists(st.integers(0, len(records)), max_size=4).map(sorted)
    return st.tuples(doubled, cuts).map(
        lambda drawn: [
            part
            for start, end in zip([0, *drawn[1]], [*drawn[1], None], strict=True)
            if (part := [*drawn[0]][start:end])
        ]
    )


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(40)), st.permutations(range(40)))
def test_the_order_of_either_sides_documents_changes_nothing(a: list[int], b: list[int]) -> None:
    before, after = (evidence(name, np.arange(40) % k > 0) for name, k in (("sft", 5), ("dpo", 4)))
    plain = decide(lenient(), {"sft": {"quiz": before}}, {"quiz": after}, "dpo")
    moved = decide(
        lenient(), {"sft": {"quiz": reordered(before, a)}}, {"quiz": reordered(after, b)}, "dpo"
    )
    assert moved == plain


def reordered(cell: Evidence, order: list[int]) -> Evidence:
    return replace(
        cell,
        documents=tuple(cell.documents[i] for i in order),
        document_hashes=tuple(cell.document_hashes[i] for i in order),
        request_hashes=tuple(cell.request_hashes[i] for i in order),
        metrics=tuple(replace(s, rows=s.rows[order]) for s in cell.metrics),
    )


def _binary(rng: np.random.Generator) -> Scores:
    return right((rng.random(30) < 0.7).astype(float).tolist())


def _continuous(rng: np.random.Generator) -> Scores:
    return scores(ROUGE, mean_rows(rng.random(30).tolist()))


def _corpus(rng: np.random.Generator) -> Scores:
    matched = rng.integers(1, 5, (30, 4))
    rows: FloatArray = np.column_stack([np.full((30, 2), 9), matched, np.full((30, 4), 9)])
    return scores(BLEU, rows)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([_binary, _continuous, _corpus]), st.booleans())
def test_exchanged_sides_give_the_opposite_difference(
    seed: int, made: Callable[[np.random.Generator], Scores], clustered: bool
) -> None:
    rng = np.random.default_rng(seed)
    clusters = tuple(f"c{i // 3}" if clustered else None for i in range(30))
    sides = [evidence(name, scores=made(rng), clusters=clusters) for name in ("sft", "dpo")]
    rule = lenient().rules[0]
    there = row_tested("quiz", {"quiz": sides[0]}, {"quiz": sides[1]}, rule, 0)
    back = row_tested("quiz", {"quiz": sides[1]}, {"quiz": sides[0]}, rule, 0)
    assert not isinstance(there, str)
    assert not isinstance(back, str)
    assert back.estimate.value == pytest.approx(-there.estimate.value, abs=1e-12)
    if there.estimate.low is not None and there.estimate.high is not None:
        assert back.estimate.low == pytest.approx(-there.estimate.high, abs=1e-9)
        assert back.estimate.high == pytest.approx(-there.estimate.low, abs=1e-9)


def test_a_verdict_is_the_same_whenever_it_is_asked_for(tmp_path: Path, family: Family) -> None:
    store = Store(family.folder / "evals")
    assert judge(store, "sft", "dpo", lenient()).verdict == (
        judge(store, "sft", "dpo", lenient()).verdict
    )
