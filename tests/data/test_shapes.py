"""The shapes in which tuning teams have their data are read; what is ambiguous is an error."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.data import Row, shape_of
from harness.errors import DataError
from harness.records import Document, LogLikelihood
from harness.registry import find_task
from harness.spec import InlineTask, TaskRequest, load_spec
from harness.task import Prompt

USER = {"role": "user", "content": "Q"}
SYSTEM = {"role": "system", "content": "S"}
REPLY = {"role": "assistant", "content": "A"}
SHAREGPT = [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]


def read(kind: str, row: dict[str, Any], *mapped: str) -> dict[str, Any]:
    shape = shape_of(kind, mapped)
    assert shape is not None
    return dict(shape(Row(row, "x.jsonl", 7)) or {})


PAIRS: list[tuple[dict[str, Any], str, str]] = [
    ({"input": "Q", "output": "A"}, "Q", "A"),
    ({"instruction": "Q", "input": "", "output": "A"}, "Q", "A"),
    ({"instruction": "Q", "output": "A"}, "Q", "A"),
    ({"instruction": "I", "input": "Q", "output": "A"}, "I\n\nQ", "A"),
    ({"prompt": "Q", "completion": "A"}, "Q", "A"),
    ({"prompt": "Q", "response": "A"}, "Q", "A"),
    ({"messages": [USER, REPLY]}, "Q", "A"),
    ({"messages": [SYSTEM, USER, REPLY]}, "S\n\nQ", "A"),
    ({"conversations": SHAREGPT}, "Q", "A"),
    ({"conversation": [USER, REPLY]}, "Q", "A"),
]


@pytest.mark.parametrize(("row", "ask", "answer"), PAIRS)
def test_a_question_and_its_answer_are_read_from_every_shape(
    row: dict[str, Any], ask: str, answer: str
) -> None:
    assert read("generation", row).items() >= {"source": ask, "target": answer}.items()
    assert read("honesty", row).items() >= {"question": ask, "answers": [answer]}.items()
    assert read("classification", row).items() >= {"text": ask, "label": answer}.items()
    assert read("refusal", row).items() >= {"prompt": ask, "label": answer}.items()
    assert read("diversity", row)["prompt"] == ask


def test_labelled_texts_are_read_by_classification_and_refusal() -> None:
    assert read("refusal", {"text": "t", "label": "safe"})["prompt"] == "t"
    assert read("classification", {"input": "t", "label": "x"})["text"] == "t"
    told = {"instruction": "i", "input": "t", "label": "x"}
    assert read("classification", told)["text"] == "i\n\nt"


def test_a_kinds_own_fields_stand_as_they_are() -> None:
    rows = {
        "generation": {"target": "t", "input": "i", "output": "o"},
        "classification": {"text": "t", "label": "l", "input": "i", "output": "o"},
        "honesty": {"question": "q", "answers": [], "answer": "a"},
        "preference": {"prompt": "p", "chosen": "a", "rejected": "b", "question": "q"},
        "multiple_choice": {"question": "q", "choices": ["x", "y"], "answer": "B"},
    }
    for kind, row in rows.items():
        assert read(kind, row) == row


def test_a_source_that_names_the_data_set_doesnt_hide_the_question() -> None:
    row = {"instruction": "Q", "input": "", "output": "A", "source": "alpaca-v1"}
    assert read("generation", row)["source"] == "Q"
    assert read("generation", row, "source")["source"] == "alpaca-v1"


@pytest.mark.parametrize(
    ("kind", "row", "expected"),
    [
        (
            "generation",
            {"input": "a", "output": "b", "prompt": "p", "completion": "c"},
            "read in 2 ways, as {input, output} or {prompt, completion}; say which with `fields:",
        ),
        (
            "generation",
            {"messages": [USER, REPLY], "conversations": [SYSTEM, USER, REPLY]},
            "as messages or conversations",
        ),
        ("generation", {"messages": [USER, REPLY, USER, REPLY]}, "has the turns user, assistant"),
        ("generation", {"messages": [USER]}, "must end with an assistant message"),
        ("generation", {"messages": [REPLY]}, "has the turns assistant"),
        ("generation", {"messages": [REPLY, USER, REPLY]}, "has the turns assistant, user"),
        ("generation", {"messages": [USER, SYSTEM, REPLY]}, "has the turns user, system"),
        ("generation", {"messages": [USER, "x"]}, "must be a list of {role, content}, not str"),
        ("generation", {"messages": [{"role": "judge", "content": "x"}]}, "a role must be one of"),
        ("generation", {"messages": [{"role": "user", "content": " "}, REPLY]}, "isn't empty"),
        ("generation", {"instruction": 3, "input": "x", "output": "y"}, "must be text, not int"),
        ("preference", {"instruction": "a", "question": "b"}, "its prompt can be read as"),
        ("perplexity", {"messages": [USER], "conversations": [USER]}, "messages and conversations"),
        (
            "multiple_choice",
            {"question": "q", "options": {"A": "x", "C": "y"}},
            "without a gap, not A, C",
        ),
        ("multiple_choice", {"A": "x", "B": "y", "D": "z"}, "columns: choices must be lettered"),
        ("multiple_choice", {"choices": ["a", "b"], "options": ["a"]}, "'choices' and 'options'"),
        (
            "multiple_choice",
            {"choices": ["1", "2"], "answer": "1"},
            "answer '1' is the index of choice B and the text of choice A",
        ),
        (
            "multiple_choice",
            {"choices": ["b", "a"], "answer": "a"},
            "answer 'a' is the letter of choice A and the text of choice B",
        ),
    ],
)
def test_a_row_that_can_be_read_in_two_ways_or_none_is_an_error(
    kind: str, row: dict[str, Any], expected: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(kind, row)
    assert str(caught.value).startswith("x.jsonl:7: ")
    assert expected in str(caught.value)


def test_two_shapes_that_say_the_same_are_no_ambiguity() -> None:
    row = {"input": "a", "output": "b", "prompt": "a", "completion": "b"}
    assert read("generation", row)["source"] == "a"


def test_a_multiple_choice_row_is_no_question_with_a_free_answer() -> None:
    row = {"question": "q", "choices": ["x", "y"], "answer": "B"}
    assert read("generation", row) == row


@pytest.mark.parametrize("answer", ["b", "B", 1, "1", "zwei"])
@pytest.mark.parametrize(
    "choices",
    [
        {"choices": ["eins", "zwei"]},
        {"options": ["eins", "zwei"]},
        {"options": {"B": "zwei", "A": "eins"}},
        {"A": "eins", "B": "zwei", "C": ""},
    ],
)
def test_choices_and_answers_are_read_from_every_shape(
    tmp_path: Path, choices: dict[str, Any], answer: object
) -> None:
    [document] = documents(
        tmp_path, "multiple_choice", {"question": "?", **choices, "answer": answer}
    )
    assert document.fields["choices"] == ["eins", "zwei"]
    assert document.fields["answer"] == 1


def documents(folder: Path, kind: str, row: dict[str, Any], **options: Any) -> list[Document]:
    path = folder / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    inline = InlineTask(kind=kind, capability="general", data=path, options=options)
    return [*find_task(TaskRequest(name="t", inline=inline)).documents(None)]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Q", "chosen": "A", "rejected": "B"},
        {"question": "Q", "chosen": "A", "rejected": "B"},
        {"instruction": "Q", "input": "", "chosen": "A", "rejected": "B"},
        {"messages": [USER], "chosen": "A", "rejected": "B"},
        {
            "conversations": SHAREGPT[:1],
            "chosen": SHAREGPT[1],
            "rejected": {"from": "gpt", "value": "B"},
        },
        {"chosen": [USER, REPLY], "rejected": [USER, {"role": "assistant", "content": "B"}]},
        {"prompt": "Q", "responses": [{"text": "B", "rank": 2}, {"text": "A", "rank": 1}]},
    ],
)
def test_preferences_are_read_from_every_shape(tmp_path: Path, row: dict[str, Any]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    inline = InlineTask(kind="preference", capability="alignment", data=path)
    task = find_task(TaskRequest(name="t", inline=inline))
    [document] = task.documents(None)
    asked = task.requests(document, Prompt(formulation="cf", format="plain"))
    assert {r.continuation.strip() for r in asked if isinstance(r, LogLikelihood)} == {"A", "B"}
    assert all("Q" in r.context for r in asked if isinstance(r, LogLikelihood))


def test_a_run_reads_tuning_data_without_a_map(tmp_path: Path) -> None:
    (tmp_path / "sft.json").write_text(json.dumps([{"conversations": SHAREGPT}]))
    task = {"name": "t", "kind": "generation", "capability": "domain", "data": "sft.json"}
    spec = {"family": "f", "checkpoints": [{"name": "a", "stage": "base", "model": "x/y"}]}
    (tmp_path / "run.yaml").write_text(yaml.safe_dump({**spec, "tasks": [task]}))
    [request] = load_spec(tmp_path / "run.yaml").tasks
    [document] = find_task(request).documents(None)
    assert document.fields == {"source": "Q", "target": "A"}


def test_perplexity_of_answers_reads_sharegpt(tmp_path: Path) -> None:
    [document] = documents(
        tmp_path, "perplexity", {"conversations": SHAREGPT}, completion_only=True
    )
    assert "A" in json.dumps(document.fields)


@pytest.mark.parametrize("name", ["sft_alpaca_libre", "sft_huatuo_zh"])
def test_real_tuning_data_is_read_without_a_map(shared: Path, name: str) -> None:
    path = shared / "data" / name / "test.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    inline = InlineTask(kind="generation", capability="domain", data=path)
    task = find_task(TaskRequest(name="t", inline=inline))
    read = [*task.documents(None), *task.examples(None)]
    assert len(read) == len(rows)
    by_id = {row["id"]: row for row in rows}
    for document in read:
        row = by_id[document.id]
        assert document.fields["target"] == row["output"].strip()
        assert document.fields["source"].startswith(row["instruction"].strip())
        assert row["input"].strip() in document.fields["source"]
