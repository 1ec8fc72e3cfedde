"""The backends without a model."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_models import answers

from harness.backends import BackendSpec, examine, open_backend
from harness.backends.fake import FakeBackend
from harness.backends.replay import ReplayBackend
from harness.errors import DataError, SpecError
from harness.records import (
    Checkpoint,
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    ModelRef,
    RollingLogLikelihood,
    SampleRecord,
    pack,
)

REQUESTS = [
    LogLikelihood("The sky is", " blue"),
    LogLikelihood("The sky is", " green"),
    RollingLogLikelihood("A text."),
    Generate(context="The sky is", stop=("\n",), max_tokens=20),
]


def fake(path: str = "toy/a", **options: Any) -> Any:
    asked = Checkpoint(name="a", stage="base", model=ModelRef(path=path))
    spec = BackendSpec(name="fake", options=options)
    return open_backend(spec, asked, examine(spec, asked))


def test_a_fake_answers_alike_each_time_and_differs_between_checkpoints() -> None:
    first = answers(fake(), REQUESTS)
    assert first == answers(fake(), list(REQUESTS))
    assert answers(fake(), REQUESTS[::-1]) == first[::-1]
    assert all(a != b for a, b in zip(first, answers(fake("toy/b"), REQUESTS), strict=True))
    assert all(isinstance(answer, Likelihood) and answer.logprob < 0 for answer in first[:3])


def test_a_script_decides_generations_and_likelihoods() -> None:
    right, wrong, _, made = answers(fake(answers={"sky is": "blue\nand"}), REQUESTS)
    assert made == Generation(texts=("blue",), finish=("stop",), tokens=(4,))
    right, wrong, _, _ = answers(fake(answers={"sky is": "blue"}), REQUESTS)
    assert right.greedy
    assert right.logprob > wrong.logprob


def test_scripted_failures_fail_and_all_is_remembered() -> None:
    backend = FakeBackend(failures=["green"])
    found = answers(backend, REQUESTS)
    assert [isinstance(answer, Failure) for answer in found] == [False, True, False, False]
    assert backend.asked == REQUESTS
    backend.close()
    assert backend.closed


def test_a_fakes_text_is_cut_at_its_length() -> None:
    (made,) = answers(fake(answers={"": "abcdef"}), [Generate(context="x", max_tokens=3, n=2)])
    assert made == Generation(texts=("abc",) * 2, finish=("length",) * 2, tokens=(3, 3))


def test_an_unknown_option_of_the_fake_is_named() -> None:
    with pytest.raises(SpecError, match=r"options\.answer: unknown; did you mean answers"):
        fake(answer={})


def record() -> SampleRecord:
    found = answers(FakeBackend(), REQUESTS)
    return SampleRecord(
        cell="c",
        document="d",
        status="ok",
        fields={},
        requests=tuple(REQUESTS),
        responses=tuple(found),
    )


def test_a_replay_answers_as_before_and_fails_on_what_was_not_asked() -> None:
    stored = record()
    backend = ReplayBackend.of([stored])
    assert answers(backend, REQUESTS) == list(stored.responses)
    (unknown,) = answers(backend, [LogLikelihood("The sky is", " grey")])
    assert isinstance(unknown, Failure)
    assert "isn't in the stored records" in unknown.reason


def replay(path: Any) -> Any:
    asked = Checkpoint(name="a", stage="base", model=ModelRef(path="toy/a"))
    spec = BackendSpec(name="replay", options={"path": path})
    return open_backend(spec, asked, examine(spec, asked))


def test_a_replay_reads_packed_records(tmp_path: Path) -> None:
    stored = record()
    packed = {
        "requests": [pack(request) for request in stored.requests],
        "responses": [pack(response) for response in stored.responses],
    }
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps(packed) + "\n")
    assert answers(replay(str(file)), REQUESTS) == list(stored.responses)
    file.write_text(json.dumps(packed) + "\n{}\n")
    with pytest.raises(DataError, match=r"records.jsonl:2: not a record"):
        replay(str(file))
    with pytest.raises(SpecError, match="needs a file of records"):
        replay(None)
