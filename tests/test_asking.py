"""A backend that fails costs the documents concerned; what was answered stays."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from runs import Silent, go, go_on

from harness.backends.base import Backend, BackendSpec
from harness.backends.fake import FakeBackend
from harness.checkpoint import Inspection
from harness.evaluate import Job, prepare
from harness.interrupt import Interrupted, Stop
from harness.records import (
    Checkpoint,
    Likelihood,
    Request,
    Response,
    SampleRecord,
)
from harness.run import run
from harness.spec import load_spec
from harness.store import lines

Write = Callable[..., Path]
QUIZ = {"kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}
ONE = [{"name": "sft", "stage": "sft", "model": "toy/sft"}]
CHOICES = 4


class Moody(FakeBackend):
    """Raises where ``fails(request)`` says so, before it answers that request."""

    def __init__(self, fails: Callable[[Request], bool]) -> None:
        super().__init__()
        self.calls, self._fails = 0, fails

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        self.calls += 1
        for index, answer in super().respond(requests):
            if self._fails(requests[index]):
                raise RuntimeError("CUDA error:\n device-side assert")
            yield index, answer


def records(job: Job, cell: int = 0) -> list[SampleRecord]:
    return job.store.records(job.plan.cells[cell].key)


def prepared(write_spec: Write, **changes: object) -> Job:
    return prepare(load_spec(write_spec(checkpoints=ONE, **changes)))


def test_a_failure_that_passes_loses_nothing(write_spec: Write) -> None:
    seen: list[Request] = []
    moody = Moody(lambda request: seen.append(request) or len(seen) == 4 * 7 + 2)  # type: ignore[func-returns-value]
    job = prepared(write_spec)
    summary = go_on(job, lambda *_: moody)
    assert (summary.asked, summary.incomplete) == (32, ())
    assert {r.status for r in records(job)} == {"ok"}
    assert len(seen) == 32 * CHOICES + 1  # only the request that raised was asked twice


def test_a_document_that_breaks_the_backend_is_the_only_error(write_spec: Write) -> None:
    job = prepared(write_spec)
    broken = job.plan.cells[0].documents[3]
    asked = job.plan.cells[0].requests[broken.id]

    class Encodes(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            if set(asked) & set(requests):
                raise TypeError("this text can't be encoded")
            yield from super().respond(requests)

    assert go_on(job, lambda *_: Encodes()).incomplete == ()
    errors = [r for r in records(job) if r.status == "error"]
    reason = "the backend raised TypeError: this text can't be encoded"
    assert [(r.document, r.reason) for r in errors] == [(broken.id, reason)]
    assert go_on(job, lambda *_: FakeBackend()).asked == 1
    assert {r.status for r in records(job)} == {"ok"}


def test_a_dead_backend_is_left_alone_after_three_cells_and_the_others_go_on(
    write_spec: Write,
) -> None:
    tasks = [{**QUIZ, "name": name} for name in ("one", "two", "three", "four", "five")]
    path = write_spec(tasks=tasks)
    dying: list[Moody] = []
    answers: list[Request] = []

    def opened(_: BackendSpec, checkpoint: Checkpoint, __: Inspection) -> Backend:
        if checkpoint.name != "sft":
            return FakeBackend()
        dies = Moody(lambda request: answers.append(request) or len(answers) > CHOICES * 40)  # type: ignore[func-returns-value]
        dying.append(dies)
        return dies

    job = prepare(load_spec(path))
    summary = go_on(job, opened)
    lines_ = summary.incomplete
    assert len(lines_) == 4
    reason = "24 of 32 failed: the backend raised RuntimeError: CUDA error: device-side assert"
    assert lines_[0].endswith(reason)
    assert "32 of 32 not asked, because sft failed in 3 cells in a row" in lines_[3]
    assert dying[0].calls == 1 + 5 + 1 + 1  # the whole cell, a group, three alone; then once each
    sft = [i for i, cell in enumerate(job.plan.cells) if cell.checkpoint.name == "sft"]
    statuses = [[r.status for r in records(job, i)] for i in sft]
    assert [found.count("ok") for found in statuses] == [32, 8, 0, 0, 0]
    rest = [records(job, i) for i in range(15) if i not in sft]
    assert all([r.status for r in found] == ["ok"] * 32 for found in rest)
    assert go(path).asked == 24 + 3 * 32


def test_documents_without_an_answer_are_errors(write_spec: Write) -> None:
    class Forgetful(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            yield from (pair for pair in super().respond(requests) if pair[0] >= CHOICES)

    job = prepared(write_spec)
    assert go_on(job, lambda *_: Forgetful()).incomplete == ()
    errors = [r.reason for r in records(job) if r.status == "error"]
    assert errors == ["the backend gave no answer"]


@pytest.mark.parametrize(
    ("index", "said"), [(0, "ValueError: it answered a request twice"), (999, "IndexError")]
)
def test_answers_to_what_wasnt_asked_fail_the_backend(
    write_spec: Write, index: int, said: str
) -> None:
    class Confused(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            for _, answer in super().respond(requests):
                yield index, answer

    job = prepared(write_spec)
    (line,) = go_on(job, lambda *_: Confused()).incomplete
    assert said in line


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_likelihood_that_is_no_number_is_an_error(write_spec: Write, value: float) -> None:
    class Broken(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            for index, answer in super().respond(requests):
                first = index == 0
                yield index, Likelihood(logprob=value, tokens=1) if first else answer

    job = prepared(write_spec)
    go_on(job, lambda *_: Broken())
    (reason,) = [r.reason for r in records(job) if r.status == "error"]
    assert reason == f"the model answered {value}, not a finite log-probability"
    assert go_on(job, lambda *_: FakeBackend()).asked == 1


class ByLength(FakeBackend):
    """Answers as a batching backend does: the first choices of all documents before the others."""

    def __init__(self, batch: int, last: int | None = None) -> None:
        super().__init__()
        self.batch_done, self._batch, self._last = False, batch, last
        self.given = 0

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        answers = dict(super().respond(requests))
        order = sorted(answers, key=lambda i: (i % CHOICES, i))
        for count, index in enumerate(order, start=1):
            if self._last is not None and count > self._last:
                raise KeyboardInterrupt
            self.batch_done = count % self._batch == 0 or count == len(order)
            self.given += 1
            yield index, answers[index]


def test_answers_of_documents_that_arent_complete_are_kept_too(write_spec: Write) -> None:
    job = prepared(write_spec)
    with pytest.raises(KeyboardInterrupt):
        go_on(job, lambda *_: ByLength(8, last=100))
    assert len(records(job)) == 4  # all choices of four documents
    again = ByLength(8)
    assert go_on(job, lambda *_: again).asked == 28
    assert again.given == 32 * CHOICES - 100
    assert [*job.store.root.glob("cells/*/partial-*")] == []
    undisturbed = prepared(write_spec, store="other")
    go_on(undisturbed, lambda *_: ByLength(8))
    assert records(job) == records(undisturbed)


def test_kept_answers_go_when_somebody_else_has_completed_the_cell(write_spec: Write) -> None:
    job = prepared(write_spec)
    with pytest.raises(KeyboardInterrupt):
        go_on(job, lambda *_: ByLength(8, last=40))
    (left,) = job.store.root.glob("cells/*/partial-*")
    kept = left.read_bytes()
    go_on(job, lambda *_: FakeBackend())
    left.write_bytes(kept)  # as of a writer that died after the other was done
    assert go_on(job).asked == 0
    assert not left.exists()


def test_kept_answers_to_other_requests_arent_used(write_spec: Write, tmp_path: Path) -> None:
    job = prepared(write_spec)
    with pytest.raises(KeyboardInterrupt):
        go_on(job, lambda *_: ByLength(8, last=40))
    quiz = tmp_path / "quiz.jsonl"
    quiz.write_text(quiz.read_text().replace("Which", "What"))
    again = ByLength(8)
    go_on(prepared(write_spec), lambda *_: again)
    assert again.given == 32 * CHOICES


@pytest.mark.parametrize("batch", [8, 32])
def test_the_journal_is_forced_to_disk_after_every_batch(
    write_spec: Write, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    job, synced = prepared(write_spec), []
    backend = ByLength(batch)
    sync = lines.LineFile.sync
    monkeypatch.setattr(lines, "SYNC_SECONDS", 1e9)

    def noted(file: lines.LineFile) -> None:
        synced.append((file.path.name.split("-")[0], backend.given))
        sync(file)

    monkeypatch.setattr(lines.LineFile, "sync", noted)
    go_on(job, lambda *_: backend)
    ends = [batch * k for k in range(1, 32 * CHOICES // batch + 1)]
    assert [given for kind, given in synced if kind == "journal"] == [*ends, 32 * CHOICES]
    assert [given for kind, given in synced if kind == "partial"][: len(ends)] == ends


def test_a_stop_waits_for_the_end_of_the_batch(write_spec: Write) -> None:
    stop = Stop()

    class Asks(ByLength):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            for pair in super().respond(requests):
                if self.given == 3:
                    stop.request()
                yield pair

    job, backend = prepared(write_spec), Asks(8)
    with pytest.raises(Interrupted) as caught:
        run(job.plan, job.inspections, job.store, Silent(), lambda *_: backend, stop)
    assert (caught.value.exit_code, backend.given) == (130, 8)
    assert [account["finished"] for account in job.store.runs()] == [False]
    again = ByLength(8)
    go_on(job, lambda *_: again)
    assert again.given == 32 * CHOICES - 8


def test_documents_that_ask_nothing_are_recorded(write_spec: Write) -> None:
    job = prepared(write_spec)
    cell = job.plan.cells[0]
    requests = cell.task.requests
    silent = cell.documents[0]
    task = replace(cell.task, requests=lambda d, p: [] if d == silent else requests(d, p))
    job = replace(
        job,
        plan=replace(
            job.plan, cells=(replace(cell, questions=replace(cell.questions, task=task)),)
        ),
    )
    go_on(job)
    assert len(records(job)) == 32
    assert go_on(job).asked <= 1
