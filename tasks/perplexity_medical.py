"""How likely is clinical text? Short notes of made-up visits.

Source: written for this project, 80 texts in each of two languages; no patient is real.
Licence: Apache-2.0.
Example: ``{"id": "text-001", "text": "This 38-year-old woman has had shortness of breath in cold
air for six weeks. We noted fine crackles at both bases today. ..."}``
"""

from harness.data import Bundled
from harness.kinds.perplexity import perplexity
from harness.task import Card

TASKS = tuple(
    perplexity(
        Card(
            name=f"perplexity_medical_{language}",
            capability="domain",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"medical_text_{language}"),
    )
    for language in ("en", "zh")
)
