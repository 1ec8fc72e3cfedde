"""Can the model answer questions about textbook facts? The twin of ``medical_facts``.

Source: written for this project, 150 questions in each of two languages. Licence: Apache-2.0.
Example: ``{"id": "drug_class-015", "question": "In pharmacology, which drug class includes
midazolam?", "choices": ["statins", "benzodiazepines", "sulfonylureas", "fluoroquinolones"],
"answer": "B", "subject": "drug_class"}``
"""

from harness.data import Bundled
from harness.kinds.multiple_choice import multiple_choice
from harness.task import Card

TASKS = tuple(
    multiple_choice(
        Card(
            name=f"medical_qa_{language}",
            capability="domain",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"medical_qa_{language}"),
    )
    for language in ("en", "zh")
)
