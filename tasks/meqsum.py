r"""MeQSum (Ben Abacha & Demner-Fushman 2019): what does a consumer's health question ask?

Source: github.com/abachaa/MeQSum; ``test`` is its second half, as upstream has no split.
Licence: CC BY 4.0.
Example: ``{"id": "meqsum-0", "source": "SUBJECT: who and where to get cetirizine - D\nMESSAGE: I
need/want to know who manufscturs Cetirizine. ...", "target": "Who manufactures cetirizine?"}``
"""

from harness.data import DataSet
from harness.kinds.generation import generation
from harness.task import Card

TASK = generation(
    Card(
        name="meqsum",
        capability="domain",
        language="en",
        licence="CC-BY-4.0",
        source="https://github.com/abachaa/MeQSum",
    ),
    DataSet(set="meqsum", shots="train"),
    prompt="Summarize the following health question in one short question.\n\n{source}\n\nSummary:",
    metrics=("rougeL", "rouge1", "rouge2", "rougeLsum"),
    max_tokens=64,
    stop=("\n",),
)
