"""Can the model list the drugs, diseases and symptoms of a clinical sentence?

Source: written for this project, 60 sentences in each of two languages, translations of each
other; no patient is real. Licence: Apache-2.0.
Example: ``{"id": "entities_en-001", "text": "Metformin was started for newly found type 2
diabetes.", "entities": [{"start": 0, "end": 9, "type": "drug", "text": "Metformin"}, {"start": 38,
"end": 53, "type": "disease", "text": "type 2 diabetes"}]}``

Symptoms that a sentence denies ("no fever") count as mentions.
"""

from harness.data import Bundled
from harness.kinds.extraction import extraction
from harness.task import Card

TYPES = {"en": ("drug", "disease", "symptom"), "zh": ("药物", "疾病", "症状")}

TASKS = tuple(
    extraction(
        Card(
            name=f"entities_{language}",
            capability="domain",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"entities_{language}"),
        types=types,
        max_tokens=128,
        shots=3,
    )
    for language, types in TYPES.items()
)
