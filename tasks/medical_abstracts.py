"""Medical Abstracts (Schopf et al. 2022): which class of conditions is an abstract about?

Source: github.com/sebischair/Medical-Abstracts-TC-Corpus. Our copy has 1000 of the 2657 test
abstracts that occur once; the hub's has all 2888, of which 113 occur again with another label.
"general pathological conditions" is a catch-all, and a third of them. Licence: CC BY-SA 3.0.
Example: ``{"id": "medabs-test-4", "text": "Paraneoplastic vasculitic neuropathy: a treatable
neuropathy. ...", "label": "cardiovascular diseases"}``
"""

from collections.abc import Mapping

from harness.data import DataSet, Hub, Row
from harness.kinds.classification import classification
from harness.records import JSON
from harness.task import Card

LABELS = (
    "neoplasms",
    "digestive system diseases",
    "nervous system diseases",
    "cardiovascular diseases",
    "general pathological conditions",
)


def _hub_row(row: Row) -> Mapping[str, JSON]:
    return {
        "text": row.get("medical_abstract"),
        "label": LABELS[row.get("condition_label") - 1],  # the hub counts from 1, in this order
    }


TASK = classification(
    Card(
        name="medical_abstracts",
        capability="domain",
        language="en",
        licence="CC-BY-SA-3.0",
        source="https://github.com/sebischair/Medical-Abstracts-TC-Corpus",
    ),
    DataSet(
        set="medical_abstracts",
        hub=Hub(id="TimSchopf/medical_abstracts", adapt=_hub_row),
    ),
    labels=LABELS,
)
