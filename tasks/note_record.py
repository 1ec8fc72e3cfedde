"""Can the model fill the fields of a record from a clinic note?

Source: written for this project, 60 notes in each of two languages, translations of each other; no
patient is real. Licence: Apache-2.0.
Example: ``{"id": "note_record_en-003", "text": "A 72-year-old patient came with burning on
urination. It has lasted two days. ... We gave nitrofurantoin for cystitis. No further visit is
planned.", "record": {"complaint": "burning on urination", "duration": "two days", "diagnosis":
"cystitis", "drug": "nitrofurantoin", "follow_up": null}}``

A value has the words of the note; a field that the note doesn't state is null.
"""

from harness.data import Bundled
from harness.kinds.extraction import extraction
from harness.task import Card

FIELDS = {
    "en": ("complaint", "duration", "diagnosis", "drug", "follow_up"),
    "zh": ("主诉", "病程", "诊断", "药物", "随访"),
}

TASKS = tuple(
    extraction(
        Card(
            name=f"note_record_{language}",
            capability="domain",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"note_record_{language}"),
        fields=fields,
        max_tokens=160,
        shots=1,
    )
    for language, fields in FIELDS.items()
)
