"""MedQA-USMLE, 4 options (Jin et al. 2020): questions of the United States medical licensing exam.

Source: github.com/jind11/MedQA; ``test`` is the official test set of 1273. Licence: MIT (the
questions come from exam-preparation sites).
Example: ``{"id": "medqa-test-1", "question": "A 67-year-old man with transitional cell carcinoma of
the bladder comes to the physician because of a 2-day history of ringing sensation in his ear. ...",
"choices": ["Inhibition of proteasome", "Hyperstabilization of microtubules", "Generation of free
radicals", "Cross-linking of DNA"], "answer": "D", "subject": "step1"}``
"""

from collections.abc import Mapping

from harness.data import DataSet, Hub, Row
from harness.kinds.multiple_choice import multiple_choice
from harness.records import JSON
from harness.task import Card


def _hub_row(row: Row) -> Mapping[str, JSON]:
    options = row.get("options")
    return {
        "question": row.get("question"),
        "choices": [options[letter] for letter in sorted(options)],
        "answer": row.get("answer_idx"),
        "subject": row.get("meta_info"),
    }


TASK = multiple_choice(
    Card(
        name="medical_qa_usmle",
        capability="domain",
        language="en",
        licence="MIT",
        source="https://github.com/jind11/MedQA",
    ),
    DataSet(
        set="medqa_usmle",
        shots="dev",
        hub=Hub(id="GBaker/MedQA-USMLE-4-options", splits={"dev": "train"}, adapt=_hub_row),
    ),
)
