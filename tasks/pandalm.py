"""PandaLM's test set (Wang et al. 2024): which of two models' responses do people prefer?

Source: github.com/WeOpenML/PandaLM, the majority of three annotators. Licence: Apache-2.0.
Example: ``{"id": "pandalm-0", "instruction": "Rewrite the sentence and make your writing clearer
...", "input": "If you have any questions about my rate ...", "response1": "If you have any
questions about my rate, please let me know.", "response2": "If you have any questions, please let
me know.", "label": 2}``

Label 0 (11 %) is a tie. Ties don't count in the accuracy; in ``agreement`` they do, and the model
ties where its scores differ by no more than 0.02 nats per character. The 54 rows with an empty
response are left out: nothing has no likelihood. Rows of one instruction are one cluster.
"""

from collections.abc import Mapping

from harness.data import DataSet, Row
from harness.kinds.preference import preference
from harness.records import JSON, digest
from harness.task import Card

_RESPONSES = ("response1", "response2")


def _comparison(row: Row) -> Mapping[str, JSON] | None:
    asked = [row.get(name) for name in ("instruction", "input")]  # one of the two may be blank
    prompt = "\n".join(line.strip() for line in asked if isinstance(line, str) and line.strip())
    # upstream's JSON has true where a model answered "True"
    said = {name: row.get(name) for name in _RESPONSES}
    texts = {name: str(text) if isinstance(text, bool) else text for name, text in said.items()}
    if any(isinstance(text, str) and not text.strip() for text in texts.values()):
        return None
    return {**row.fields, **texts, "prompt": prompt, "cluster": digest(prompt)[:16]}


TASK = preference(
    Card(
        name="preference_pandalm",
        capability="alignment",
        language="en",
        licence="Apache-2.0",
        source="https://github.com/WeOpenML/PandaLM",
    ),
    DataSet(set="pandalm", adapt=_comparison),
    tie_margin=0.02,
)
