r"""LAMBADA (Paperno et al. 2016): passages whose last word needs the whole passage.

Source: the detokenised variant that OpenAI made for GPT-2, by way of github.com/Victorwz/VaLM;
lm-eval's ``lambada_openai`` has the same. Licence: CC BY 4.0; excerpts from books.
Example: ``{"id": "lambada-1", "context": "Give me a minute to change and I'll meet you at the
docks.\" ... \"I can make it there on my own,", "target": "Shane", "text": "..."}``

Two passages occur twice; those are one cluster each.
"""

from collections.abc import Mapping

from harness.data import DataSet, Hub, Row
from harness.kinds.cloze import cloze
from harness.records import JSON, digest
from harness.task import Card


def _hub_row(row: Row) -> Mapping[str, JSON]:
    context, _, target = row.text("text").rpartition(" ")
    return {"context": context, "target": target}


def _clustered(row: Row) -> Mapping[str, JSON]:
    passage = [row.text("context"), row.text("target")]
    return {**row.fields, "cluster": digest(passage)[:12]}


TASK = cloze(
    Card(
        name="lambada",
        capability="general",
        language="en",
        licence="CC-BY-4.0",
        source="https://doi.org/10.5281/zenodo.2630551",
    ),
    DataSet(
        set="lambada",
        adapt=_clustered,
        hub=Hub(id="EleutherAI/lambada_openai", config="default", adapt=_hub_row),
    ),
)
