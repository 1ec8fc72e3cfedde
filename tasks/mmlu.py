"""MMLU (Hendrycks et al. 2021): exam questions, 9 medical and biological subjects and 48 others.

Source: github.com/hendrycks/test. Licence: MIT. ``train`` holds the official few-shot examples.
Some questions occur twice (78 of the medical ones, under two subjects): they form a cluster. Our
copy of the general ones has at most 40 questions a subject, the hub's has all 12258.
Example: ``{"id": "mmlu-val-anatomy-0", "question": "Which of the following terms describes the
body's ability to maintain its normal state?", "choices": ["Anabolism", "Catabolism", "Tolerance",
"Homeostasis"], "answer": "D", "subject": "anatomy"}``
"""

from collections.abc import Mapping

from harness.data import DataSet, Hub, Row
from harness.kinds.multiple_choice import multiple_choice
from harness.records import JSON, digest
from harness.task import Card

MEDICAL = frozenset(
    {
        "anatomy",
        "clinical_knowledge",
        "college_biology",
        "college_medicine",
        "human_aging",
        "medical_genetics",
        "nutrition",
        "professional_medicine",
        "virology",
    }
)
_SPLITS = {"train": "dev", "dev": "validation"}


def _clustered(row: Row) -> Mapping[str, JSON]:
    return {**row.fields, "cluster": digest([row.get("question"), row.get("choices")])}


def _medical(row: Row) -> Mapping[str, JSON] | None:
    return row.fields if row.get("subject") in MEDICAL else None


def _general(row: Row) -> Mapping[str, JSON] | None:
    return None if row.get("subject") in MEDICAL else row.fields


TASKS = (
    multiple_choice(
        Card(
            name="mmlu_medical",
            capability="domain",
            language="en",
            licence="MIT",
            source="https://github.com/hendrycks/test",
        ),
        DataSet(
            set="mmlu_medical",
            shots="train",
            adapt=_clustered,
            hub=Hub(id="cais/mmlu", config="all", splits=_SPLITS, adapt=_medical),
        ),
    ),
    multiple_choice(
        Card(
            name="mmlu_general",
            capability="general",
            language="en",
            licence="MIT",
            source="https://github.com/hendrycks/test",
        ),
        DataSet(
            set="mmlu_general",
            shots="train",
            adapt=_clustered,
            hub=Hub(id="cais/mmlu", config="all", splits=_SPLITS, adapt=_general),
        ),
    ),
)
