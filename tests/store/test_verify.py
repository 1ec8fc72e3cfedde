"""Every planted fault is named with its file and document, and a sound store has none."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from many_cells import killed

from harness.records import digest
from harness.spec import load_spec
from harness.store import Store
from harness.store.codec import table_bytes
from harness.store.verify import Finding
from harness.stored_tasks import TaskFinder
from harness.verify import verify


def findings(store: Store, **finder: Any) -> list[Finding]:
    return list(verify(store, TaskFinder(**({"allow_code": False} | finder))))


def faults(store: Store) -> list[Finding]:
    return [finding for finding in findings(store) if finding.fault]


def segment_of(store: Store, key: str | None = None) -> Path:
    return store.segments(key or store.cells()[0])[0]


def layer_of(store: Store) -> Path:
    cell = store.runs()[-1]["cells"][0]
    return store.scores_folder(cell["key"]) / f"{cell['layers'][0]}.parquet"


def rewrite(path: Path, column: str, value: object, row: int = 3) -> str:
    """Change one value of a Parquet file, checksums and all; return the row's document."""
    table = pq.read_table(path)
    values = table.column(column).to_pylist()
    values[row] = value
    field = table.schema.field(column)
    place = table.schema.get_field_index(column)
    changed = table.set_column(place, field, pa.array(values, field.type))
    path.write_bytes(table_bytes(changed))
    return str(table.column("document")[row])


def test_a_sound_store_has_no_finding(toy: Store) -> None:
    assert findings(toy) == []


def test_a_sound_store_of_limited_and_full_runs_of_many_kinds_has_none_either(
    write_spec: Callable[..., Path], evaluate: Callable[..., Store]
) -> None:
    tasks = ["medical_qa_en", "note_summary_en", "entities_zh", "diversity_en", "preference_en"]
    tasks += ["refusal_en", "perplexity_medical_en", "specialty_en", "honesty_en"]
    alone = [{"name": "base", "stage": "base", "model": "toy/base"}]
    spec = write_spec(tasks=tasks, checkpoints=alone)
    for limit in (5, 9, 6):
        store = evaluate(spec, limit=limit)
    assert [finding.line for finding in findings(store)] == []


def test_a_flipped_byte_in_a_segment(toy: Store) -> None:
    segment = segment_of(toy)
    content = bytearray(segment.read_bytes())
    content[1000] ^= 1
    segment.write_bytes(content)
    (found,) = faults(toy)
    assert found.file == segment
    assert found.remedy.startswith("run again to ask its documents anew")
    assert "doesn't hash to its name" in found.problem


def test_a_renamed_segment(toy: Store) -> None:
    renamed = segment_of(toy).with_name(f"{'0' * 64}.parquet")
    segment_of(toy).rename(renamed)
    (found,) = faults(toy)
    assert found.file == renamed


def test_a_segment_with_a_forged_hash_under_a_name_that_fits(toy: Store) -> None:
    segment = segment_of(toy)
    document = rewrite(segment, "response_hash", "0" * 64)
    forged = segment.with_name(f"{hashlib.sha256(segment.read_bytes()).hexdigest()}.parquet")
    segment.rename(forged)
    (found,) = faults(toy)
    assert (found.file, found.document) == (forged, document)
    assert "its response hash isn't that of the record" in found.problem


def test_an_edited_response_under_a_name_that_fits(toy: Store) -> None:
    segment = segment_of(toy)
    responses = pq.read_table(segment).column("responses")[3].as_py()
    document = rewrite(segment, "responses", responses.replace('"logprob":-', '"logprob":-1'))
    forged = segment.with_name(f"{hashlib.sha256(segment.read_bytes()).hexdigest()}.parquet")
    segment.rename(forged)
    (found,) = faults(toy)
    assert (found.file, found.document) == (forged, document)


def test_an_edited_identity(toy: Store) -> None:
    path = toy.cell_folder(toy.cells()[0]) / "cell.json"
    path.write_text(path.read_text().replace('"seed": 1234', '"seed": 1235'))
    (found,) = faults(toy)
    assert found.file == path


def test_an_edited_plan(toy: Store) -> None:
    (path,) = (toy.root / "runs" / "plans").iterdir()
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "documents": content["documents"][:-1]}))
    (found,) = faults(toy)
    assert (found.file, found.remedy) == (path, "run again to write it anew")


def test_a_run_whose_plan_and_scores_are_gone(toy: Store) -> None:
    (plan,) = (toy.root / "runs" / "plans").iterdir()
    plan.unlink()
    layer = layer_of(toy)
    layer.unlink()
    (run,) = toy.run_files()
    found = faults(toy)
    assert {finding.file for finding in found} == {run, layer}
    assert f"its plan {plan.stem}.json isn't there" in found[0].problem


def test_a_cut_run(toy: Store) -> None:
    (run,) = toy.run_files()
    run.write_bytes(run.read_bytes()[:-30])
    assert [finding.file for finding in faults(toy)] == [run]


def test_a_changed_score_row(toy: Store) -> None:
    layer = layer_of(toy)
    before = pq.read_table(layer).column("x0")[3].as_py()
    document = rewrite(layer, "x0", 1.0 - before)
    (found,) = faults(toy)
    assert (found.file, found.document) == (layer, document)
    assert f"[{1 - before:g}, 1] don't follow from its record" in found.problem
    assert found.remedy == "run `aligntax rescore`"


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("status", "refusal", "its status 'refusal' doesn't follow"),
        ("reason", "truncated", "its reason 'truncated' doesn't follow"),
        ("cluster", "ward 7", "its cluster is 'ward 7'"),
        ("response_hash", "0" * 64, "is of another answer or key"),
        ("document_hash", "0" * 64, "is of another answer or key"),
        ("request_hash", "0" * 64, "has a score and no answer"),
    ],
)
def test_a_score_of_something_else(toy: Store, column: str, value: str, problem: str) -> None:
    layer = layer_of(toy)
    document = rewrite(layer, column, value)
    (found,) = faults(toy)
    assert (found.file, found.document) == (layer, document)
    assert problem in found.problem


def test_a_changed_chance_level(toy: Store) -> None:
    layer = layer_of(toy)
    table = pq.read_table(layer)
    info = json.loads(table.schema.metadata[b"metric"])
    metadata = {**table.schema.metadata, b"metric": json.dumps({**info, "chance": 0.5})}
    layer.write_bytes(table_bytes(table.replace_schema_metadata(metadata)))
    (found,) = faults(toy)
    assert found.file == layer
    assert "chance" in found.problem


def test_a_layer_under_another_metrics_name(toy: Store) -> None:
    layer = layer_of(toy)
    other = layer.with_name("acc-0123456789abcdef.parquet")
    other.write_bytes(layer.read_bytes())
    (found,) = faults(toy)
    assert (found.file, found.remedy) == (other, "run `aligntax rescore`")
    assert "by its name it isn't" in found.problem


def test_a_journal_damaged_in_the_middle_or_of_another_cell(toy: Store) -> None:
    key, other, _ = toy.cells()
    records = toy.records(key)[:3]  # of ``key``, whichever cell the journal lies in
    journal = killed(toy, toy.identity(key), *records)
    foreign = killed(toy, toy.identity(other), *records)
    lines = journal.read_bytes().split(b"\n")
    journal.write_bytes(b"\n".join([*lines[:2], lines[2][:-3], *lines[3:]]))
    found = [finding for finding in faults(toy) if finding.file.suffix == ".jsonl"]
    assert {finding.file for finding in found} == {journal, foreign}
    assert {f.document for f in found if f.file == foreign} == {r.document for r in records}


def test_a_torn_last_line_is_no_fault(toy: Store) -> None:
    key = toy.cells()[0]
    journal = killed(toy, toy.identity(key), *toy.records(key)[:2])
    journal.write_bytes(journal.read_bytes()[:-10])
    assert faults(toy) == []


def test_records_without_scores_yet_are_a_note(toy: Store) -> None:
    layer = layer_of(toy)
    table = pq.read_table(layer)
    layer.write_bytes(
        table_bytes(table.slice(0, 30).replace_schema_metadata(table.schema.metadata))
    )
    (found,) = findings(toy)
    assert (found.fault, found.file) == (False, layer)
    assert found.problem == "2 of the cell's records have no score in it"


def test_scores_whose_cell_is_gone(toy: Store) -> None:
    key = toy.cells()[0]
    toy.cell_folder(key).rename(toy.root / "elsewhere")
    found = findings(toy)
    assert {f.file.parent.name for f in found if f.fault} == {key}
    assert {f.file.name for f in found if not f.fault} == {toy.run_files()[0].name}


def test_a_task_that_cant_be_found_is_said_and_its_records_are_checked_all_the_same(
    toy: Store, write_spec: Callable[..., Path]
) -> None:
    (run,) = toy.runs()
    run = json.loads(json.dumps(run))
    run["spec"]["tasks"][0]["name"] = "renamed"
    toy.write_run(run)
    found = findings(toy)
    assert found
    assert not any(finding.fault for finding in found)
    assert all("quiz: the spec has no task of that name" in finding.problem for finding in found)
    assert findings(toy, given=load_spec(write_spec()).tasks) == []


def test_a_task_of_another_version_is_not_taken(toy: Store) -> None:
    key = toy.cells()[0]
    identity = {**toy.identity(key), "task_version": 7}
    other = digest(identity)
    toy.cell_folder(key).rename(toy.cell_folder(other))
    (toy.cell_folder(other) / "cell.json").unlink()
    toy.write_identity(other, identity)
    toy.scores_folder(key).rename(toy.scores_folder(other))
    (path,) = toy.run_files()
    path.write_text(path.read_text().replace(key, other))
    found = findings(toy)
    assert not any(finding.fault for finding in found)
    assert all("the cell was asked with version 7" in finding.problem for finding in found)
    assert found


def test_scores_of_private_cells_are_checked_against_their_records(
    write_spec: Callable[..., Path], evaluate: Callable[..., Store]
) -> None:
    store = evaluate(write_spec(privacy="redacted"))
    assert findings(store) == []
    layer = layer_of(store)
    document = rewrite(layer, "x0", 0.5)
    (found,) = faults(store)
    assert (found.file, found.document) == (layer, document)
