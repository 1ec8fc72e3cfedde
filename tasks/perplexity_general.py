"""How likely is everyday text? Short texts about a town, its people and the country around it.

Source: written for this project, 80 texts in each of two languages. Licence: Apache-2.0.
Example: ``{"id": "text-001", "text": "The water of the Long River is cold and clear near the
hills. Small streams join it on the way to the plain. ..."}``
"""

from harness.data import Bundled
from harness.kinds.perplexity import perplexity
from harness.task import Card

TASKS = tuple(
    perplexity(
        Card(
            name=f"perplexity_general_{language}",
            capability="general",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"general_text_{language}"),
    )
    for language in ("en", "zh")
)
