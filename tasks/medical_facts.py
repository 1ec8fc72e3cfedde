"""Does the model know textbook facts? Statements to complete, so that a base model can be asked.

Source: written for this project, 120 statements in each of two languages. Licence: Apache-2.0.
Example: ``{"id": "artery_organ-014", "question": "A block of the middle cerebral artery mainly
harms", "choices": ["the brain", "the gallbladder", "the liver", "the rectum"], "answer": "A",
"subject": "artery_organ"}``
"""

from harness.data import Bundled
from harness.kinds.multiple_choice import multiple_choice
from harness.task import Card

TASKS = tuple(
    multiple_choice(
        Card(
            name=f"medical_facts_{language}",
            capability="domain",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"medical_facts_{language}"),
        stem=True,
    )
    for language in ("en", "zh")
)
