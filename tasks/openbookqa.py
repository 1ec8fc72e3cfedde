"""OpenBookQA (Mihaylov et al. 2018): elementary science that needs a fact and common sense.

Source: github.com/allenai/OpenBookQA, main; ``test`` is the official test set of 500.
Licence: Apache-2.0.
Example: ``{"id": "obqa-test-1129", "question": "There is most likely going to be fog around:",
"choices": ["a marsh", "a tundra", "the plains", "a desert"], "answer": "A"}``
"""

from collections.abc import Mapping

from harness.data import DataSet, Hub, Row
from harness.kinds.multiple_choice import multiple_choice
from harness.records import JSON
from harness.task import Card


def _hub_row(row: Row) -> Mapping[str, JSON]:
    choices = row.get("choices")
    return {
        "id": row.get("id"),
        "question": row.get("question_stem"),
        "choices": list(choices["text"]),
        "answer": list(choices["label"]).index(row.text("answerKey").strip()),
    }


TASK = multiple_choice(
    Card(
        name="openbookqa",
        capability="general",
        language="en",
        licence="Apache-2.0",
        source="https://github.com/allenai/OpenBookQA",
    ),
    DataSet(
        set="openbookqa",
        shots="dev",
        hub=Hub(
            id="allenai/openbookqa",
            config="main",
            splits={"dev": "validation"},
            adapt=_hub_row,
        ),
    ),
)
