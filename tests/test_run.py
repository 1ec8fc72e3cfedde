"""What is there is never computed again; what is missing or changed is, and nothing else."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from runs import go, go_on
from toys import quiz_rows, write_jsonl

from harness.backends.base import Backend
from harness.backends.fake import FakeBackend
from harness.evaluate import Overrides, prepare
from harness.records import Generation, Request, Response
from harness.spec import load_spec
from harness.store import Store, merge_runs, read_evidence

Write = Callable[..., Path]


def test_a_second_run_asks_no_model(write_spec: Write) -> None:
    def forbidden(*_: object) -> Backend:
        raise AssertionError("a model was opened")

    path = write_spec()
    assert go(path).asked == 3 * 32
    assert go(path, forbidden).asked == 0


def test_coverage_grows_from_a_limited_run(write_spec: Write) -> None:
    path = write_spec()
    assert go(path, limit=10).asked == 3 * 10
    summary = go(path)
    assert (summary.asked, summary.covered) == (3 * 22, 3 * 10)


def test_an_edited_document_alone_is_asked_again(write_spec: Write, tmp_path: Path) -> None:
    path = write_spec()
    go(path)
    rows = quiz_rows()
    scored = {d.id for cell in prepare(load_spec(path)).plan.cells for d in cell.documents}
    edited = next(row for row in rows if row["id"] in scored)
    edited["question"] = "Which number is it?"
    write_jsonl(tmp_path / "quiz.jsonl", rows)
    assert go(path).asked == 3


def test_a_corrected_key_is_scored_anew_without_a_model(write_spec: Write, tmp_path: Path) -> None:
    path = write_spec()
    before = go(path)
    rows = quiz_rows()
    for row in rows:
        row["answer"] = "ABCD"[("ABCD".index(row["answer"]) + 1) % 4]
    write_jsonl(tmp_path / "quiz.jsonl", rows)
    job = prepare(load_spec(path))
    old = [e.primary.rows.sum() for e in read_evidence(job.store, before.run)]
    after = go_on(job)
    assert after.asked == 0
    assert [e.primary.rows.sum() for e in read_evidence(job.store, after.run)] != old
    assert go(path).asked == 0


def test_an_interrupted_run_keeps_what_was_finished(write_spec: Write) -> None:
    class Dying(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            for count, answer in enumerate(super().respond(requests)):
                if count == 4 * 7:  # seven documents of four choices
                    raise KeyboardInterrupt
                yield answer

    path = write_spec()
    with pytest.raises(KeyboardInterrupt):
        go(path, lambda *_: Dying())
    assert go(path).asked == 3 * 32 - 7


def test_a_failed_document_is_an_error_never_a_score_and_is_tried_again(write_spec: Write) -> None:
    scored = prepare(load_spec(write_spec())).plan.cells[0].documents
    failing = {"name": "fake", "options": {"failures": [scored[0].fields["question"]]}}
    path = write_spec(backend=failing)
    summary = go(path)
    job = prepare(load_spec(path))
    found = read_evidence(job.store, summary.run)
    assert [(len(e.documents), e.errors) for e in found] == [(31, 1)] * 3
    assert go(path).asked == 3
    healed = go_on(job, lambda *_: FakeBackend())
    assert [e.errors for e in read_evidence(job.store, healed.run)] == [0, 0, 0]


def test_too_many_errors_make_a_run_incomplete(write_spec: Write) -> None:
    path = write_spec(backend={"name": "fake", "options": {"failures": ["number is 1"]}})
    assert len(go(path).incomplete) == 3
    assert "failed: scripted failure" in go(path).incomplete[0]


def test_what_changes_the_answer_changes_the_key_and_nothing_else_does(write_spec: Write) -> None:
    def keys(**changes: Any) -> set[str]:
        path = write_spec(checkpoints=alone, **changes)
        return {cell.key for cell in prepare(load_spec(path)).plan.cells}

    alone = [{"name": "a", "stage": "sft", "model": "toy/a"}]
    options = {"model_args": {"pretrained": "x"}}
    real = {"name": "lm_eval", "dtype": "float32", "options": options}
    before = keys(backend=real)
    assert keys(backend={**real, "batch_size": 3}) == before
    assert keys(backend=real, family="other", store="elsewhere") == before
    assert not keys(backend={**real, "max_length": 99}) & before
    assert not keys(backend={**real, "dtype": "bfloat16"}) & before
    assert not keys(backend={**real, "bos": "never"}) & before
    assert not keys(backend=real, seed=9) & before


def test_few_shot_examples_are_the_same_for_every_document_and_limit(write_spec: Write) -> None:
    def shown(**over: Any) -> set[tuple[str, ...]]:
        plan = prepare(Overrides(shots=3, **over).apply(load_spec(write_spec()))).plan
        return {tuple(d.id for d in cell.questions.prompt.examples) for cell in plan.cells}

    assert len(shown()) == 1
    assert shown() == shown(limit=5)


def test_few_shot_examples_are_never_scored(write_spec: Write) -> None:
    plan = prepare(Overrides(shots=8).apply(load_spec(write_spec()))).plan
    for cell in plan.cells:
        assert not {d.id for d in cell.documents} & {d.id for d in cell.questions.prompt.examples}


def test_two_checkpoints_with_equal_weights_are_asked_once(write_spec: Write) -> None:
    twins = [
        {"name": "a", "stage": "sft", "model": "toy/same"},
        {"name": "b", "stage": "sft", "model": "toy/same"},
    ]
    summary = go(write_spec(checkpoints=twins))
    assert (summary.asked, summary.covered) == (32, 32)


def test_a_run_of_a_few_tasks_hides_nothing_of_the_family(
    write_spec: Write, tmp_path: Path
) -> None:
    twin = {"name": "twin", "kind": "multiple_choice", "capability": "general"}
    tasks = [{**twin, "data": "quiz.jsonl"}, {**twin, "name": "quiz", "data": "quiz.jsonl"}]
    go(write_spec(tasks=tasks))
    job = prepare(load_spec(write_spec(tasks=tasks[:1])))
    go_on(job)
    (merged,) = merge_runs(job.store.runs()).values()
    assert {cell["row"] for cell in merged["cells"]} == {"twin:plain", "quiz:plain"}
    assert len(merged["cells"]) == 6


def test_cells_of_other_weights_under_a_checkpoints_name_are_left_out(write_spec: Write) -> None:
    go(write_spec())
    swapped = [
        {"name": "base", "stage": "base", "model": "toy/base"},
        {"name": "sft", "stage": "sft", "parent": "base", "model": "toy/sft-2"},
    ]
    job = prepare(load_spec(write_spec(checkpoints=swapped)))
    go_on(job)
    (merged,) = merge_runs(job.store.runs()).values()
    weights = {c.checkpoint.name: c.identity["fingerprint"] for c in job.plan.cells}
    assert [c["name"] for c in merged["checkpoints"]] == ["base", "sft", "dpo"]
    for cell in merged["cells"]:
        assert weights.get(cell["checkpoint"], cell["fingerprint"]) == cell["fingerprint"]


def test_generation_parameters_are_part_of_generating_cells_only(write_spec: Write) -> None:
    quiz = {"name": "quiz", "kind": "multiple_choice", "capability": "general"}
    asked = {**quiz, "data": "quiz.jsonl", "variants": ["mcf", "gen"]}
    cells = prepare(load_spec(write_spec(tasks=[asked]))).plan.cells
    assert {c.variant.formulation: bool(c.identity["generation"]) for c in cells} == {
        "mcf": False,
        "gen": True,
    }


def evidence_ids(path: Path, **over: Any) -> list[set[str]]:
    """Run, and return the documents that count for each checkpoint."""
    job = prepare(Overrides(**over).apply(load_spec(path)))
    return [set(e.documents) for e in read_evidence(job.store, go_on(job).run)]


def test_only_the_documents_that_a_run_wants_count(write_spec: Write, tmp_path: Path) -> None:
    path = write_spec()
    every = evidence_ids(path)[0]
    limited = evidence_ids(path, limit=5)
    assert [len(ids) for ids in limited] == [5, 5, 5]
    kept = [row for row in quiz_rows() if row["id"] not in sorted(every)[:4]]
    write_jsonl(tmp_path / "quiz.jsonl", kept)
    assert all(not ids & set(sorted(every)[:4]) for ids in evidence_ids(path))
    other = [{**row, "id": f"new-{row['id']}"} for row in quiz_rows()]
    write_jsonl(tmp_path / "quiz.jsonl", other)
    assert all(id_.startswith("new-") for ids in evidence_ids(path) for id_ in ids)


def test_a_limited_run_leaves_the_rest_of_the_family_table_as_it_was(write_spec: Write) -> None:
    path = write_spec()
    go(path)
    job = prepare(Overrides(limit=5).apply(load_spec(path)))
    go_on(job)
    (merged,) = merge_runs(job.store.runs()).values()
    assert [len(e.documents) for e in read_evidence(job.store, merged)] == [32, 32, 32]


def test_going_back_to_old_data_asks_nothing(write_spec: Write, tmp_path: Path) -> None:
    path = write_spec()
    go(path)
    changed = [{**row, "question": f"{row['question']} Quickly!"} for row in quiz_rows()]
    write_jsonl(tmp_path / "quiz.jsonl", changed)
    assert go(path).asked == 3 * 32
    write_jsonl(tmp_path / "quiz.jsonl", quiz_rows())
    assert go(path).asked == 0


def test_corrected_clusters_reach_the_evidence_without_a_model(
    write_spec: Write, tmp_path: Path
) -> None:
    path = write_spec()
    go(path)
    rows = [{**row, "cluster": f"c{i // 4}"} for i, row in enumerate(quiz_rows())]
    write_jsonl(tmp_path / "quiz.jsonl", rows)
    job = prepare(load_spec(path))
    summary = go_on(job)
    assert summary.asked == 0
    for evidence in read_evidence(job.store, summary.run):
        assert all(evidence.clusters)


def test_a_checkpoint_that_fails_throughout_is_shown_with_its_errors(write_spec: Write) -> None:
    path = write_spec(backend={"name": "fake", "options": {"failures": ["number is"]}})
    job = prepare(load_spec(path))
    found = read_evidence(job.store, go_on(job).run)
    assert [(len(e.documents), e.errors, e.planned) for e in found] == [(0, 32, 32)] * 3


def test_a_row_without_an_id_keeps_its_record_when_another_row_goes(
    write_spec: Write, tmp_path: Path
) -> None:
    rows = [{k: v for k, v in row.items() if k != "id"} for row in quiz_rows(20)]
    path = write_spec()
    write_jsonl(tmp_path / "quiz.jsonl", rows)
    assert go(path).asked == 3 * 20
    write_jsonl(tmp_path / "quiz.jsonl", rows[1:])
    assert go(path).asked == 0


def test_half_a_character_in_an_answer_is_an_error_and_wedges_nothing(write_spec: Write) -> None:
    class Broken(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            for index, _ in enumerate(requests):
                yield index, Generation(texts=("\ud800",), finish=("stop",), tokens=(1,))

    quiz = {"name": "quiz", "kind": "multiple_choice", "capability": "general"}
    path = write_spec(tasks=[{**quiz, "data": "quiz.jsonl", "variants": ["gen"]}])
    assert "half a surrogate pair" in go(path, lambda *_: Broken()).incomplete[0]
    assert go(path).incomplete == ()


def test_secrets_of_a_spec_are_not_stored(write_spec: Write, tmp_path: Path) -> None:
    options = {"seed": "s", "answers": {"api_key": "sk-12345678"}}
    go(write_spec(backend={"name": "fake", "options": options}))
    stored = "".join(p.read_text() for p in (tmp_path / "evals" / "runs").rglob("*.json"))
    assert "sk-12345678" not in stored


def test_a_cells_coverage_is_read_once(write_spec: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = write_spec(), []
    coverage = Store.coverage
    monkeypatch.setattr(Store, "coverage", lambda *args: read.append(args[1]) or coverage(*args))
    for expected in (32, 0):
        job = prepare(load_spec(path))
        summary = go_on(job)
        assert summary.asked == 3 * expected
        assert sorted(read) == sorted({cell.key for cell in job.plan.cells})
        read.clear()
