"""Does the model still answer open prompts in different ways, or always alike?

Source: written for this project, 30 prompts in each of two languages, half of them medical.
Licence: Apache-2.0.
Example: ``{"id": "diversity_en-001", "prompt": "Describe how a sore throat can feel."}``

Four answers of at most 48 tokens are sampled for each prompt at temperature 1.
"""

from harness.data import Bundled
from harness.kinds.diversity import diversity
from harness.task import Card

TASKS = tuple(
    diversity(
        Card(
            name=f"diversity_{language}",
            capability="behaviour",
            language=language,
            licence="Apache-2.0",
            source="written for this project",
        ),
        Bundled(f"diversity_{language}"),
    )
    for language in ("en", "zh")
)
