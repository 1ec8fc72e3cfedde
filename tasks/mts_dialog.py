r"""MTS-Dialog (Ben Abacha et al. 2023): from a doctor's talk with a patient to a section of a note.

Source: github.com/abachaa/MTS-Dialog; ``test`` is that of MEDIQA-Chat 2023. Licence: CC BY 4.0.
Example: ``{"id": "mts-test-1", "source": "Doctor: Any medical issues running in your families?
\nPatient: Oh yes, stroke. \nDoctor: Anything else? \nPatient: Sleep apnea.", "target": "Positive
for stroke and sleep apnea.", "section": "FAM/SOCHX"}``

Two tasks: write the section, and tell which of 20 sections the talk belongs to. The headers are
spelt out as the corpus' own page does, because a model can't know what GYNHX is.
"""

from collections.abc import Mapping

from harness.data import DataSet, Row
from harness.kinds.classification import classification
from harness.kinds.generation import generation
from harness.records import JSON
from harness.task import Card

SECTIONS = {
    "FAM/SOCHX": "family history and social history",
    "GENHX": "history of present illness",
    "PASTMEDICALHX": "past medical history",
    "CC": "chief complaint",
    "PASTSURGICAL": "past surgical history",
    "ALLERGY": "allergy",
    "ROS": "review of systems",
    "MEDICATIONS": "medications",
    "ASSESSMENT": "assessment",
    "EXAM": "exam",
    "DIAGNOSIS": "diagnosis",
    "DISPOSITION": "disposition",
    "PLAN": "plan",
    "EDCOURSE": "emergency department course",
    "IMMUNIZATIONS": "immunizations",
    "IMAGING": "imaging",
    "GYNHX": "gynecologic history",
    "PROCEDURES": "procedures",
    "OTHER_HISTORY": "other history",
    "LABS": "labs",
}


def _card(name: str) -> Card:
    return Card(
        name=name,
        capability="domain",
        language="en",
        licence="CC-BY-4.0",
        source="https://github.com/abachaa/MTS-Dialog",
    )


def _section(row: Row) -> Mapping[str, JSON]:
    header = row.text("section")
    if header not in SECTIONS:
        raise row.error(f"section {header!r} isn't one of: {', '.join(SECTIONS)}")
    return {"id": row.get("id"), "text": row.get("source"), "label": SECTIONS[header]}


TASKS = (
    generation(
        _card("mts_dialog_summary"),
        DataSet(set="mts_dialog", shots="train"),
        prompt="Write the section of a clinical note that sums up this talk.\n\n{source}\n\nNote:",
        metrics=("rougeL", "rouge1", "rouge2", "rougeLsum", "chrf++"),
        max_tokens=200,
    ),
    classification(
        _card("mts_dialog_section"),
        DataSet(set="mts_dialog", shots="train", adapt=_section),
        labels=tuple(SECTIONS.values()),
    ),
)
