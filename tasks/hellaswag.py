"""HellaSwag (Zellers et al. 2019): how does a described scene go on?

Source: github.com/rowanz/hellaswag; the validation set, as the labels of the test set are secret.
Our copy has 2000 of its 10042 rows. Licence: MIT. The ending is scored as the continuation of the
context; ``acc_norm`` is the number that is published.
Example: ``{"id": "hellaswag-val-28", "question": "Gargling mouthwash: A young boy and girl are
standing over a sink with their mother talking. ... the boy", "choices": ["puts a shirt on and rubs
his mouth.", "helps his younger sister brush his teeth.", ...], "answer": "B"}``
"""

import re
from collections.abc import Mapping

from harness.data import DataSet, Hub, Row
from harness.kinds.multiple_choice import multiple_choice
from harness.records import JSON
from harness.task import Card


def _hub_row(row: Row) -> Mapping[str, JSON]:
    return {
        "id": f"hellaswag-val-{row.get('ind')}",
        "question": _clean(f"{row.get('activity_label')}: {row.get('ctx')}"),
        "choices": [_clean(ending) for ending in row.get("endings")],
        "answer": int(row.text("label")),
    }


def _clean(text: str) -> str:
    """Take out WikiHow's marks, such as "[title]", as lm-eval does."""
    marked = re.sub(r"\[.*?\]", "", text.strip().replace(" [title]", ". "))
    return marked.replace("  ", " ")


TASK = multiple_choice(
    Card(
        name="hellaswag",
        capability="general",
        language="en",
        licence="MIT",
        source="https://github.com/rowanz/hellaswag",
    ),
    DataSet(
        set="hellaswag",
        hub=Hub(id="Rowan/hellaswag", splits={"test": "validation"}, adapt=_hub_row),
    ),
    stem=True,
)
