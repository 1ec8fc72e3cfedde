"""ARC-Challenge (Clark et al. 2018): school science questions that word statistics don't answer.

Source: allenai.org/data/arc; ``test`` is the official test set of 1172. Licence: CC BY-SA 4.0.
A few questions have 3 or 5 choices.
Example: ``{"id": "arc-c-Mercury_7175875", "question": "An astronomer observes that a planet rotates
faster after a meteorite impact. Which is the most likely effect of this increase in rotation?",
"choices": ["Planetary density will decrease.", "Planetary years will become longer.", "Planetary
days will become shorter.", "Planetary gravity will become stronger."], "answer": "C"}``
"""

from collections.abc import Mapping

from harness.data import DataSet, Hub, Row
from harness.kinds.multiple_choice import multiple_choice
from harness.records import JSON
from harness.task import Card


def _hub_row(row: Row) -> Mapping[str, JSON]:
    choices = row.get("choices")
    return {
        "id": f"arc-c-{row.get('id')}",
        "question": row.get("question"),
        "choices": list(choices["text"]),
        "answer": list(choices["label"]).index(row.text("answerKey")),  # "A" or "1"
    }


TASK = multiple_choice(
    Card(
        name="arc_challenge",
        capability="general",
        language="en",
        licence="CC-BY-SA-4.0",
        source="https://allenai.org/data/arc",
    ),
    DataSet(
        set="arc_challenge",
        hub=Hub(id="allenai/ai2_arc", config="ARC-Challenge", adapt=_hub_row),
    ),
)
