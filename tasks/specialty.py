"""Which specialty does a clinic note belong to? One of five, equally many notes of each.

Source: written for this project, 100 notes in each of two languages; no patient is real.
Licence: Apache-2.0.
Example: ``{"id": "specialty_en-001", "text": "Short visit. Complaint: chest pain spreading to the
left arm for six weeks. ... Diagnosis: aortic valve stenosis. ...", "label": "cardiology"}``
"""

from harness.data import Bundled
from harness.kinds.classification import classification
from harness.task import Card

LABELS = {
    "en": ("cardiology", "respiratory", "gastroenterology", "neurology", "dermatology"),
    "zh": ("心内科", "呼吸科", "消化科", "神经科", "皮肤科"),
}
QUESTION = {
    "en": "Which specialty does this note belong to?",
    "zh": "这份病历属于哪个科室？",
}

TASKS = tuple(
    classification(
        Card(
            name=f"specialty_{language}",
            capability="domain",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"specialty_{language}"),
        labels=LABELS[language],
        instruction=QUESTION[language],
    )
    for language in ("en", "zh")
)
