"""TICO-19 (Anastasopoulos et al. 2020): texts about COVID-19 in English, Chinese and French.

Source: github.com/tico-19/tico-19.github.io; our own split by document, not the official one.
Licence: CC0 1.0. The Chinese is simplified.
Example: ``{"id": "tico-en-zh-CMU_1:1", "en": "about how long have these symptoms been going on?",
"zh": "这些症状已持续多长时间？", "domain": "CMU", "url": "http://www.speech.cs.cmu.edu/..."}``

Sentences come from few documents, so those of one document (``CMU_1``) form a cluster.
"""

from collections.abc import Mapping

from harness.data import DataSet, Row
from harness.kinds.generation import generation
from harness.records import JSON
from harness.task import Card

NAMES = {"en": "English", "zh": "Chinese", "fr": "French"}
PAIRS = [pair for other in ("zh", "fr") for pair in (("en", other), (other, "en"))]


def _prompt(source: str, target: str) -> str:
    asked = f"Translate from {NAMES[source]} to {NAMES[target]}."
    return f"{asked}\n{NAMES[source]}: {{source}}\n{NAMES[target]}:"


def _clustered(row: Row) -> Mapping[str, JSON]:
    return {**row.fields, "cluster": row.text("id").rpartition(":")[0] or None}


TASKS = tuple(
    generation(
        Card(
            name=f"tico19_{source}_{target}",
            capability="domain",
            language=f"{source}-{target}",
            licence="CC0-1.0",
            source="https://github.com/tico-19/tico-19.github.io",
        ),
        DataSet(
            set=f"tico19_en_{target if source == 'en' else source}",
            shots="dev",
            fields={"source": source, "target": target},
            adapt=_clustered,
        ),
        prompt=_prompt(source, target),
        metrics=("bleu", "chrf++"),
        max_tokens=256,
        stop=("\n",),
    )
    for source, target in PAIRS
)
