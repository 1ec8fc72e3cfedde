"""Can the model say in one sentence what a clinic note says?

Source: written for this project, 60 notes in each of two languages; no patient is real.
Licence: Apache-2.0.
Example: ``{"id": "note_summary_en-001", "source": "Short visit. Complaint: flaking of the scalp
for five days. ...", "target": "A 23-year-old man with flaking of the scalp probably has ringworm;
the plan is to wear gloves and avoid harsh soap."}``
"""

from harness.data import Bundled
from harness.kinds.generation import generation
from harness.task import Card

PROMPT = {
    "en": "Summarize the following clinic note in one sentence.\n\n{source}\n\nSummary:",
    "zh": "用一句话概括下面的病历。\n\n{source}\n\n摘要：",
}

TASKS = tuple(
    generation(
        Card(
            name=f"note_summary_{language}",
            capability="domain",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"note_summary_{language}"),
        prompt=PROMPT[language],
        metrics=("rougeL", "rouge1", "rouge2", "rougeLsum"),
        max_tokens=64,
        stop=("\n",),
    )
    for language in ("en", "zh")
)
