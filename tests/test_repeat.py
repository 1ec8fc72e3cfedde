"""Asking again measures the noise of a machine, and touches no record."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from repeats import (
    ALONE,
    QUIZ,
    TWO,
    Opened,
    Silent,
    Write,
    again,
    contents,
    fake,
    floors,
    jittery,
    job_of,
)
from toys import quiz_rows, write_jsonl

from harness.backends.fake import FakeBackend
from harness.records import Failure, Request, Response
from harness.repeat import incomplete
from harness.run import run
from harness.store.pairs import noise_of, read_noise


def test_a_backend_that_only_reads_the_text_has_no_noise(write_spec: Write) -> None:
    found = floors(again(job_of(write_spec()), fake()))
    assert len(found) == 3
    for floor in found:
        noise = floor.noise
        assert noise.n == 32
        assert noise.flips is not None
        assert (noise.flips.value, noise.differing_answers, noise.flipped) == (0, 0, ())
        assert noise.logprobs is not None
        assert (noise.logprobs.count, noise.logprobs.largest) == (32 * 4, 0)
        assert {metric.delta for metric in noise.metrics} == {0}


def test_the_floor_of_a_backend_that_feels_its_neighbours_is_what_the_answers_differ_by(
    write_spec: Write,
) -> None:
    job = job_of(write_spec(checkpoints=ALONE))
    first, second = jittery(4.0), jittery(4.0)
    (floor,) = floors(again(job, second, first))
    (cell,) = job.plan.cells
    recorded = {r.document: r for r in job.store.records(cell.key)}
    expected = dict.fromkeys(recorded, False)
    (backend,) = second.backends
    places = {request: i for i, request in enumerate(backend.asked)}
    assert len(places) == 32 * 4
    assert floor.noise.flips is not None
    assert 0 < len(floor.noise.flipped) < 32
    assert floor.noise.flips.value == len(floor.noise.flipped) / 32
    for flip in floor.noise.flipped:
        expected[flip.document] = True
        assert (recorded[flip.document].reason is None) == flip.lost
    assert floor.noise.differing_answers is not None
    assert floor.noise.differing_answers >= len(floor.noise.flipped)
    assert floor.noise.logprobs is not None
    assert 0 < floor.noise.logprobs.mean < floor.noise.logprobs.largest <= 4.0 * 6
    lost = sum(flip.lost for flip in floor.noise.flipped)
    won = len(floor.noise.flipped) - lost
    (primary, *_) = floor.noise.metrics
    assert primary.delta == pytest.approx((won - lost) / 32)


def test_noise_too_small_to_flip_anything_is_still_seen(write_spec: Write) -> None:
    (floor,) = floors(again(job_of(write_spec(checkpoints=ALONE)), jittery(1e-9)))
    assert floor.noise.flipped == ()
    assert floor.noise.logprobs is not None
    assert 0 < floor.noise.logprobs.largest < 1e-7


def test_the_same_is_asked_in_another_order_and_another_batch_size(write_spec: Write) -> None:
    first, second = fake(), fake()
    (floor,) = floors(again(job_of(write_spec(checkpoints=ALONE)), second, first))
    assert set(first.requests) == set(second.requests)
    assert first.requests != second.requests
    assert [spec.batch_size for spec in first.specs + second.specs] == [8, 4]
    assert (floor.batch_recorded, floor.batch_repeated) == ((8,), 4)


@pytest.mark.parametrize(("usual", "expected"), [(1, 2), (2, 1), (3, 1), (64, 32)])
def test_the_batch_size_is_always_another_one(write_spec: Write, usual: int, expected: int) -> None:
    second = fake()
    path = write_spec(checkpoints=ALONE, backend={"name": "fake", "batch_size": usual})
    again(job_of(path), second)
    assert [spec.batch_size for spec in second.specs] == [expected]


def test_no_batch_size_that_recorded_a_part_is_used_again(write_spec: Write) -> None:
    job = job_of(write_spec(checkpoints=ALONE, backend={"name": "fake", "batch_size": 4}), limit=9)
    run(job.plan, job.inspections, job.store, Silent())
    second = fake()
    (floor,) = floors(again(job_of(write_spec(checkpoints=ALONE)), second))
    assert floor.batch_recorded == (4, 8)
    assert floor.batch_repeated == 3


def test_records_and_scores_stay_as_they_are(write_spec: Write, tmp_path: Path) -> None:
    job = job_of(write_spec())
    run(job.plan, job.inspections, job.store, Silent(), fake())
    folders = (tmp_path / "evals" / "cells", tmp_path / "evals" / "scores")
    before = contents(*folders)
    assert before
    again(job, jittery(3.0))
    assert contents(*folders) == before


def test_pairs_hold_no_texts(write_spec: Write, tmp_path: Path) -> None:
    quiz = {**QUIZ, "variants": ["mcf", "gen"]}
    again(job_of(write_spec(tasks=[quiz])), fake())
    texts = b"".join(contents(tmp_path / "evals" / "pairs").values()).decode()
    assert "acc" in texts
    assert "Which" not in texts
    assert "number" not in texts
    assert "answer 0" not in texts


def test_a_cell_is_repeated_once(write_spec: Write) -> None:
    job = job_of(write_spec())
    before = floors(again(job, fake()))
    second = fake()
    found = again(job, second)
    assert second.specs == []
    assert [each.asked for each in found] == [0, 0, 0]
    assert floors(found) == before == sorted(read_noise(job.store), key=before.index)


def test_more_documents_are_repeated_and_fewer_are_covered(write_spec: Write) -> None:
    path = write_spec(checkpoints=ALONE)
    assert again(job_of(path, limit=10), fake())[0].asked == 10
    assert again(job_of(path, limit=5), fake())[0].asked == 0
    (found,) = again(job_of(path), fake())
    assert found.asked == 32
    assert floors([found])[0].noise.n == 32
    assert again(job_of(path, limit=10), fake())[0].asked == 0


def test_an_edited_document_makes_the_floor_stale(write_spec: Write, tmp_path: Path) -> None:
    path = write_spec(checkpoints=ALONE)
    again(job_of(path), fake())
    scored = {d.id for d in job_of(path).plan.cells[0].documents}
    rows = quiz_rows()
    next(row for row in rows if row["id"] in scored)["question"] += " Really?"
    write_jsonl(tmp_path / "quiz.jsonl", rows)
    (found,) = again(job_of(path), fake())
    assert found.asked == 32


def test_what_was_finished_before_a_kill_is_not_asked_again(write_spec: Write) -> None:
    class Dying(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            raise KeyboardInterrupt

    made = iter([lambda seed: FakeBackend(seed=seed), lambda seed: Dying(seed=seed)])
    job = job_of(write_spec(checkpoints=TWO))
    with pytest.raises(KeyboardInterrupt):
        again(job, Opened(lambda seed: next(made)(seed)))
    assert len(read_noise(job.store)) == 1
    assert [each.asked for each in again(job, fake())] == [0, 32]


def test_two_checkpoints_with_equal_weights_are_repeated_once(write_spec: Write) -> None:
    twins = [{**each, "model": "toy/same"} for each in TWO]
    found = again(job_of(write_spec(checkpoints=twins)), fake())
    assert [each.asked for each in found] == [32, 0]
    assert found[0].floor == found[1].floor


def test_another_machine_has_a_floor_of_its_own(
    write_spec: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(write_spec(checkpoints=ALONE))
    (here,) = floors(again(job, fake()))
    monkeypatch.setattr("harness.hardware._processor", lambda: "another processor")
    (there,) = floors(again(job, jittery(3.0)))
    assert there.machine != here.machine
    for floor in (here, there):
        assert noise_of(job.store, floor.cell, floor.machine) == floor
    assert {f.hardware["processor"] for f in read_noise(job.store)} >= {"another processor"}


def test_records_of_another_machine_are_said_to_be(
    write_spec: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(write_spec(checkpoints=ALONE))
    (own,) = floors(again(job, fake()))
    assert own.recorded_here is True
    monkeypatch.setattr("harness.hardware._processor", lambda: "another processor")
    (there,) = floors(again(job, fake()))
    assert there.recorded_here is False
    for path in (job.store.root / "runs").glob("*.json"):
        path.unlink()
    monkeypatch.setattr("harness.hardware._processor", lambda: "a third one")
    assert floors(again(job, fake()))[0].recorded_here is None


def test_an_answer_that_fails_this_time_is_counted_and_tried_again(write_spec: Write) -> None:
    job = job_of(write_spec(checkpoints=ALONE))
    text = job.plan.cells[0].documents[3].fields["question"]
    failing = Opened(lambda seed: FakeBackend(failures=[text], seed=seed))
    (found,) = again(job, failing)
    assert floors([found])[0].failed == found.failed == 1
    assert floors([found])[0].noise.n == 31
    assert incomplete([found]) == []
    assert again(job, fake())[0].asked == 32


def test_a_document_without_a_record_is_not_repeated(write_spec: Write) -> None:
    job = job_of(write_spec(checkpoints=ALONE))
    text = job.plan.cells[0].documents[3].fields["question"]
    first = Opened(lambda seed: FakeBackend(failures=[text], seed=seed))
    (found,) = again(job, fake(), first)
    assert (found.asked, found.failed) == (31, 0)
    assert floors([found])[0].noise.n == 31


def test_a_backend_that_raises_fails_the_portion_and_the_repeat_is_incomplete(
    write_spec: Write,
) -> None:
    class Raising(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            for count, answer in enumerate(super().respond(requests)):
                if count == 4 * 2:
                    raise RuntimeError("the GPU fell off the bus")
                yield answer

    (found,) = again(job_of(write_spec(checkpoints=ALONE)), Opened(lambda s: Raising(seed=s)))
    assert (found.asked, found.failed) == (32, 32 - 3 * 2)
    assert floors([found])[0].noise.n == 6
    (line,) = incomplete([found])
    assert "26 of 32 failed when asked again: the backend raised RuntimeError: the GPU" in line


def test_no_answer_at_all_is_no_floor(write_spec: Write) -> None:
    class Broken(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            for index, _ in enumerate(requests):
                yield index, Failure("NaN")

    job = job_of(write_spec(checkpoints=ALONE))
    (found,) = again(job, Opened(lambda s: Broken(seed=s)))
    assert (found.floor, found.failed) == (None, 32)
    assert read_noise(job.store) == []


def test_generated_answers_are_compared_as_texts(write_spec: Write) -> None:
    quiz = {**QUIZ, "variants": ["gen"]}
    job = job_of(write_spec(checkpoints=ALONE, tasks=[quiz]))
    (floor,) = floors(again(job, Opened(lambda seed: FakeBackend(seed="another mood"))))
    assert floor.noise.differing_answers == 32
    assert floor.noise.logprobs is None


def test_another_way_of_judging_is_no_noise(write_spec: Write, tmp_path: Path) -> None:
    rows = [{"source": f"Add 1 to {i}.", "target": f"#### {i + 1}"} for i in range(9)]
    write_jsonl(tmp_path / "sums.jsonl", rows)
    sums = {"name": "sums", "kind": "generation", "capability": "general", "data": "sums.jsonl"}
    answers = {f"Add 1 to {i}.": f"It is {i + 1}" for i in range(9)}
    said = Opened(lambda _: FakeBackend(answers))
    for metrics in (["strict"], ["flexible"]):
        asked = {**sums, "options": {"metrics": metrics}}
        job = job_of(write_spec(checkpoints=ALONE, tasks=[asked]))
        run(job.plan, job.inspections, job.store, Silent(), said)
    (floor,) = floors(again(job, said))
    assert floor.noise.flips is not None
    assert (floor.noise.flipped, floor.noise.differing_answers) == ((), 0)


@pytest.mark.parametrize("privacy", ["redacted", "sensitive"])
def test_the_floor_of_a_private_cell_is_that_of_an_open_one(
    write_spec: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, privacy: str
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    quiz = {**QUIZ, "variants": ["mcf", "gen"]}
    asked: dict[str, Any] = {"checkpoints": ALONE, "tasks": [quiz]}
    plain = floors(again(job_of(write_spec(**asked)), Opened(lambda s: FakeBackend(seed="x"))))
    path = write_spec(**asked, privacy=privacy, store="private")
    private = floors(again(job_of(path), Opened(lambda s: FakeBackend(seed="x"))))
    assert len(private) == 2
    for ours, theirs in zip(private, plain, strict=True):
        assert ours.noise.n == theirs.noise.n == 32
        assert ours.noise.flips == theirs.noise.flips
        assert ours.noise.differing_answers == theirs.noise.differing_answers
        assert ours.noise.logprobs == theirs.noise.logprobs
        for mine, other in zip(ours.noise.metrics, theirs.noise.metrics, strict=True):
            assert (mine.signature, mine.differing) == (other.signature, other.differing)
            assert mine.repeated == pytest.approx(other.repeated)  # keyed ids sum in another order
    if privacy == "sensitive":
        ids = {f.document for floor in private for f in floor.noise.flipped}
        assert ids
        assert not ids & {row["id"] for row in quiz_rows()}
