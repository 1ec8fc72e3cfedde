from dataclasses import replace

import pytest
from metric_scripts import MATCHES, write_metric
from toys import write_jsonl

from harness.errors import TaskError
from harness.kinds.classification import classification
from harness.kinds.evaluate_metrics import with_foreign, without_foreign
from harness.kinds.generation import generation
from harness.kinds.perplexity import perplexity
from harness.records import Generation
from harness.registry import find_task
from harness.scores import rows_of
from harness.spec import load_spec

NOTES = [{"source": f"note {i}", "target": "a cough"} for i in range(3)]


@pytest.fixture
def matches(tmp_path):
    return write_metric(tmp_path / "scripts", "matches", MATCHES)


def names(task):
    return [metric.info.name for metric in task.metrics]


def test_they_stand_where_the_task_names_them(card, jsonl, matches):
    asked = ["bleu", matches, "rougeL"]
    task = generation(card(), jsonl(NOTES), metrics=("bleu", "rougeL"))
    assert names(with_foreign(task, asked, allow_code=True)) == [
        "bleu",
        "evaluate/matches",
        "rougeL",
    ]


def test_alone_they_replace_a_generation_tasks_metrics(card, jsonl, matches):
    task = with_foreign(generation(card(), jsonl(NOTES)), [matches], allow_code=True)
    assert names(task) == ["evaluate/matches"]


def test_they_follow_a_classification_tasks_own(card, jsonl, tmp_path):
    name = write_metric(tmp_path / "scripts", "same", MATCHES, value="int64")
    rows = [{"text": "x", "label": "a"}]
    task = classification(card(), jsonl(rows), labels=("a", "b"))
    assert names(with_foreign(task, [name], allow_code=True)) == [*names(task), "evaluate/same"]


def test_a_kind_without_texts_or_labels_has_no_use_for_them(card, jsonl, matches):
    task = perplexity(card(), jsonl([{"text": "x"}]))
    with pytest.raises(TaskError, match=r"quiz: `metrics`: .*generation and classification"):
        with_foreign(task, [matches], allow_code=True)


def test_code_that_is_not_allowed_is_named_with_its_task(card, jsonl, matches):
    with pytest.raises(TaskError, match=r"quiz: `metrics`: evaluate:.*--allow-code"):
        with_foreign(generation(card(), jsonl(NOTES)), [matches], allow_code=False)


def test_the_kind_itself_never_sees_them():
    assert without_foreign({"metrics": ["evaluate/x", "bleu"], "stop": []}) == {
        "metrics": ["bleu"],
        "stop": [],
    }
    assert without_foreign({"metrics": ["evaluate/x"]}) == {}
    for options in ({}, {"metrics": ["bleu"]}, {"metrics": "bleu"}):
        assert without_foreign(options) is options


def test_an_inline_task_names_a_script_beside_its_spec(tmp_path, write_spec, matches):
    write_jsonl(tmp_path / "notes.jsonl", NOTES)
    entry = {
        "name": "notes",
        "kind": "generation",
        "capability": "domain",
        "data": "notes.jsonl",
        "options": {"metrics": ["evaluate:./scripts/matches", "exact_match"]},
    }
    [request] = load_spec(write_spec(tasks=[entry])).tasks
    with pytest.raises(TaskError, match="--allow-code"):
        find_task(request)
    task = find_task(replace(request, allow_code=True))
    assert names(task) == ["evaluate/matches", "exact_match"]
    said = ["a cough", "a cold", "A cough."]
    outcomes = [
        task.score(d, [Generation(texts=(t,), finish=("stop",), tokens=(1,))], "gen").outcome
        for d, t in zip(task.documents(None), said, strict=True)
    ]
    assert [row[0] for row in rows_of(task.metrics[0], outcomes)] == [1.0, 0.0, 0.0]
    assert [row[0] for row in rows_of(task.metrics[1], outcomes)] == [1.0, 0.0, 1.0]
