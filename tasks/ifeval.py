"""IFEval (Zhou et al. 2023, arXiv 2311.07911): instructions whose keeping a program can check.

Source: github.com/josejg/instruction_following_eval, a repackaging of google-research's; the hub's
copy is google/IFEval. Licence: Apache-2.0. Checked by lm-eval's checkers.
Example: ``{"id": "ifeval-1001", "prompt": "I am planning a trip to Japan, and I would like thee to
write an itinerary ... You are not allowed to use any commas in your response.",
"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}``

``ifeval`` has all 541 prompts; 64 of them can only be checked where nltk's ``punkt_tab`` is
installed. ``ifeval_offline`` is the 477 others.
"""

from collections.abc import Mapping

from harness.data import DataSet, Hub, Row
from harness.kinds.instructions import instructions
from harness.records import JSON
from harness.task import Card, Task


def _as_our_copy(row: Row) -> Mapping[str, JSON]:
    return {**row.fields, "id": f"ifeval-{row.get('key')}"}


def _task(name: str, *, without_nltk_data: bool) -> Task:
    return instructions(
        Card(
            name=name,
            capability="alignment",
            language="en",
            licence="Apache-2.0",
            source="https://github.com/josejg/instruction_following_eval",
        ),
        DataSet(
            set="ifeval",
            hub=Hub(id="google/IFEval", splits={"test": "train"}, adapt=_as_our_copy),
        ),
        without_nltk_data=without_nltk_data,
    )


TASKS = (
    _task("ifeval", without_nltk_data=False),
    _task("ifeval_offline", without_nltk_data=True),
)
