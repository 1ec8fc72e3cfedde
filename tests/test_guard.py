"""Tasks of others: whatever they do costs a document or is one line, never the run's end."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, TaskError
from harness.guard import documents_of, score_of
from harness.records import Document
from harness.registry import builtin_tasks
from harness.task import Score, Task

DOCUMENT = Document(id="d", fields={"text": "x"})


def task(**changes: Any) -> Task:
    return replace(builtin_tasks()["medical_facts_en"], **changes)


def leaves(*_: object) -> Score:
    raise SystemExit(0)


def test_a_task_that_exits_costs_its_document_and_not_the_run() -> None:
    score = score_of(task(score=leaves), DOCUMENT, [], "cf")
    assert (score.status, score.reason) == ("error", "score raised SystemExit: 0")


@pytest.mark.parametrize("given", [None, 1.0, "right"])
def test_a_score_that_is_none_is_an_error_record(given: object) -> None:
    score = score_of(task(score=lambda *_: given), DOCUMENT, [], "cf")
    assert score.status == "error"
    assert "not a Score" in str(score.reason)


def test_documents_that_raise_or_arent_there_are_one_line() -> None:
    def broken(_: Path | None) -> Any:
        raise ZeroDivisionError("by\nzero")

    with pytest.raises(TaskError, match="documents raised ZeroDivisionError: by zero") as caught:
        documents_of(task(documents=broken), None)
    assert "\n" not in str(caught.value)
    with pytest.raises(TaskError, match="no document to score"):
        documents_of(task(documents=lambda _: []), None)


def test_a_users_own_mistake_keeps_its_words() -> None:
    def mistaken(_: Path | None) -> Any:
        raise DataError("quiz.jsonl:3: no question")

    with pytest.raises(DataError, match=r"quiz\.jsonl:3: no question"):
        documents_of(task(documents=mistaken), None)
