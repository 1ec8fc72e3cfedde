"""Whatever a row holds, every kind says what is wrong with it in one line, or asks it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.data import Row, shape_of
from harness.errors import UsageError
from harness.records import request_hash
from harness.registry import KINDS, build_task
from harness.task import Card, Prompt, Task

ROWS = 5000
EXAMPLES = -(-ROWS // len(KINDS))
MESSAGES = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
ENTITY = {"start": 0, "end": 2, "type": "x", "text": "ab"}
GOOD: Sequence[Mapping[str, Any]] = (
    {"question": "q", "choices": ["a", "b"], "answer": "A", "context": "c", "subject": "s"},
    {"question": "q", "options": {"A": "a", "B": "b"}, "answer": "b"},
    {"question": "q", "A": "a", "B": "b", "C": "c", "answer": 1},
    {"text": "ab", "label": "a"},
    {"text": "ab", "entities": [ENTITY]},
    {"tokens": ["a", "b"], "tags": ["B-x", "I-x"]},
    {"text": "ab", "record": {"drug": "a", "dose": 3}},
    {"source": "s", "target": "t"},
    {"source": "s", "references": ["t"]},
    {"instruction": "i", "input": "", "output": "o"},
    {"messages": MESSAGES},
    {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
    {"prompt": "p", "chosen": "a", "rejected": "b"},
    {"prompt": MESSAGES[:1], "chosen": MESSAGES[1:], "rejected": "b"},
    {"prompt": "p", "responses": [{"text": "a", "rank": 1}, {"text": "b", "rank": 2}]},
    {"prompt": "p", "response1": "a", "response2": "b", "label": 1},
    {"prompt": "p", "label": "safe", "subset": "s"},
    {"question": "q", "answers": ["a"]},
    {"context": "The sky is", "target": "blue"},
    {
        "prompt": "p",
        "instruction_id_list": ["length_constraints:number_words"],
        "kwargs": [{"num_words": 3, "relation": "at least"}],
    },
)
OPTIONS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "classification": [{"labels": ["a", "b"]}],
    "extraction": [{"types": ["x", "y"]}, {"fields": ["drug", "dose"]}],
    "generation": [{}, {"metrics": ["bleu:var"]}, {"metrics": ["exact_match"], "prompt": "{text}"}],
    "multiple_choice": [{}, {"several": True}, {"single_answer_only": True}, {"stem": True}],
    "perplexity": [{}, {"characters": 3}, {"completion_only": True}],
    "preference": [{}, {"tie_margin": 0.1}],
}
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(["", " ", "A", "B", "AB", "a", "1", "q", "\ud800", "{", "\u3000", "O", "B-x"])
)
KEYS = sorted({key for row in GOOD for key in row} | {"id", "cluster", *ascii_uppercase[:4]})
INNER = ["role", "content", "from", "value", "text", "rank", "start", "end", "type", "A", "B"]
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(INNER) | st.text(max_size=2), inner, max_size=4)
    ),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A good row of some shape with one to three fields lost, replaced or damaged within."""
    row = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    for _ in range(draw(st.integers(1, 3))):
        key = draw(st.sampled_from([*row, *row, *KEYS]))
        value = row.get(key)
        how = draw(st.sampled_from(["lose", "replace", "within"]))
        if how == "lose":
            row.pop(key, None)
        elif how == "within" and isinstance(value, list) and value:
            value[draw(st.integers(0, len(value) - 1))] = draw(VALUES)
        elif how == "within" and isinstance(value, dict) and value:
            value[draw(st.sampled_from([*value]))] = draw(VALUES)
        else:
            row[key] = draw(VALUES)
    return row


WILD = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)


class _Rows:
    def __init__(self, kind: str, fields: dict[str, Any]) -> None:
        self.kind, self.fields = kind, fields

    def rows(self, folder: Path | None) -> list[Row]:
        row = Row(self.fields, "rows.jsonl", 7)
        shape = shape_of(self.kind)
        return [row if shape is None else replace(row, fields=shape(row) or {})]

    def shot_rows(self, folder: Path | None) -> None:
        return None


class _Template:
    hash = "toy"

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        return "".join(f"[{m['role']}]{m['content']}" for m in messages)


def ask(task: Task) -> None:
    for document in task.documents(None):
        assert document.hash
        for formulation in task.formulations:
            for prompt_format in task.formats:
                prompt = Prompt(formulation=formulation, format=prompt_format, template=_Template())
                assert request_hash(task.requests(document, prompt))


@pytest.mark.parametrize("kind", KINDS)
def test_five_thousand_malformed_rows_raise_nothing_but_one_line_usage_errors(kind: str) -> None:
    refused: list[str] = []
    asked = []

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
    )
    @given(row=damaged() | WILD, options=st.sampled_from(OPTIONS.get(kind, [{}])))
    def each(row: dict[str, Any], options: Mapping[str, Any]) -> None:
        card = Card(name="t", capability="general", language="en", licence="CC0", source="t")
        try:
            ask(build_task(kind, card, _Rows(kind, row), options))
            asked.append(row)
        except UsageError as error:
            refused.append(str(error))

    each()
    assert [e for e in refused if "\n" in e or not e.startswith("rows.jsonl")] == []
    assert len(refused) + len(asked) >= EXAMPLES
    assert len(refused) > EXAMPLES / 4
    assert asked
