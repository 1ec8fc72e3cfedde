"""What is read of a store for its evidence, and that the short ways say what the long ones say."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import Family, Planted

from harness.analysis.subjects import find_subject
from harness.analysis.trajectories import trajectories
from harness.errors import DamageError, StoreError
from harness.evidence import Evidence
from harness.store import Store, merge_runs, read_evidence
from harness.store.codec import table_bytes
from harness.store.layers import read_layer
from harness.store.plans import wanted

N = 60
TEXT = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ['"', "\\", "\n", "\x7f"]
)


@pytest.fixture
def family(tmp_path: Path) -> Family:
    made = Family(tmp_path, N)
    made.plant("sft", Planted(wrong=range(0, N, 4), failing=[9]))
    made.run("sft")
    return made


def store_of(family: Family) -> Store:
    return Store(family.folder / "evals")


def evidence_of(family: Family) -> Evidence:
    return find_subject(store_of(family), "sft").rows["quiz:plain"]


def spoil_segments(store: Store) -> None:
    """Flip a byte in the middle of each segment: its footer is as it was."""
    for path in store.root.glob("cells/*/segments/*.parquet"):
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 1
        path.write_bytes(content)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5, unique_by=lambda row: row[0]))
def test_a_plan_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, documents: list[tuple[str, str, str]]
) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "plans")
    cell = {"plans": [store.write_plan(documents)]}
    plan = wanted(store, cell)
    assert [*zip(plan.documents, plan.request_hashes, plan.document_hashes, strict=True)] == (
        store.plan(cell["plans"][0])
    )
    shutil.rmtree(store.root)


@given(st.data())
def test_a_plan_with_a_byte_changed_is_read_as_before_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "changed")
    name = store.write_plan([("a", "r", "h"), ("b", "s", "i")])
    path = store.plan_path(name)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(32, 126))
    path.write_bytes(content)
    try:
        parsed = store.plan(name)
    except StoreError:
        parsed = None
    try:
        plan = wanted(store, {"plans": [name]})
    except StoreError:
        plan = None
    shutil.rmtree(store.root)
    if plan is None or parsed is None:
        assert plan is None
        assert parsed is None
    else:
        rows = zip(plan.documents, plan.request_hashes, plan.document_hashes, strict=True)
        assert sorted(rows) == sorted({row[0]: row for row in parsed}.values())


def test_of_two_plans_the_later_one_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    names = [store.write_plan(p) for p in ([("a", "r", "h"), ("b", "r", "h")], [("a", "s", "i")])]
    assert wanted(store, {"plans": names}).hash_of == {("a", "s"): "i", ("b", "r"): "h"}


def test_reasons_stand_beside_what_doesnt_match(family: Family) -> None:
    found = evidence_of(family)
    assert len(found.reasons) == len(found.documents)
    assert [reason is None for reason in found.reasons] == [
        row == 1.0 for row in found.primary.rows[:, 0]
    ]
    assert {reason for reason in found.reasons if reason} == {"wrong"}


def test_flips_are_counted_by_the_reason_that_the_store_has_of_them(family: Family) -> None:
    family.plant("dpo", Planted(wrong=[1, 2, 3]))
    family.run("dpo")
    cells = [find_subject(store_of(family), name).rows["quiz:plain"] for name in ("sft", "dpo")]
    found = trajectories(cells)
    assert not isinstance(found, str)
    assert found.flips[0].reasons == {"wrong": 3}


def test_a_layer_without_reasons_is_read_and_says_that_it_has_none(family: Family) -> None:
    before = evidence_of(family)
    for path in store_of(family).root.glob("scores/*/*.parquet"):
        path.write_bytes(table_bytes(pq.read_table(path).drop_columns(["reason"])))
    after = evidence_of(family)
    assert after.reasons == ()
    assert after.documents == before.documents
    assert np.array_equal(after.primary.rows, before.primary.rows)
    layers = {path: path.read_bytes() for path in family.folder.rglob("scores/*/*.parquet")}
    family.run("sft")
    assert all(path.read_bytes() == content for path, content in layers.items())


def test_segments_are_read_only_where_a_document_lacks_a_score(family: Family) -> None:
    assert evidence_of(family).errors == 1
    spoil_segments(store_of(family))
    with pytest.raises(DamageError, match="doesn't hash to its name"):
        evidence_of(family)
    shutil.rmtree(family.folder / "evals")
    family.plant("sft", Planted())
    family.run("sft")
    whole = evidence_of(family)
    spoil_segments(store_of(family))
    assert evidence_of(family).documents == whole.documents


def test_scores_without_any_record_are_damage(family: Family) -> None:
    shutil.rmtree(family.folder / "evals")
    family.plant("sft", Planted())
    family.run("sft")
    for path in store_of(family).root.glob("cells/*/segments/*.parquet"):
        path.unlink()
    with pytest.raises(DamageError, match="holds no records of"):
        evidence_of(family)


def test_only_the_metrics_that_are_asked_for_are_read(family: Family) -> None:
    store = store_of(family)
    (run,) = merge_runs(store.runs()).values()
    (every,) = read_evidence(store, run)
    (first,) = read_evidence(store, run, ())
    (two,) = read_evidence(store, run, {every.metrics[-1].info.name})
    names = [[scores.info.name for scores in found.metrics] for found in (every, first, two)]
    assert len(names[0]) > 2
    assert names[1:] == [names[0][:1], [names[0][0], names[0][-1]]]


def test_a_code_is_kept_without_its_details(family: Family) -> None:
    (path,) = store_of(family).root.glob("scores/*/acc_norm-*.parquet")
    assert {reason for reason in read_layer(path).reasons if reason} == {"wrong"}
    assert "reason" in pq.read_table(path).column_names
