"""PHEE (Sun et al. 2022): drugs, effects and patients in sentences on the safety of drugs.

Source: github.com/ZhaoyueSun/PHEE, official test set, 968 sentences of PubMed case reports.
Licence: MIT.
Example: ``{"id": "phee-dev-6405633_1", "text": "Treatment of lithium tremor with metoprolol.",
"events": [{"event_type": "Potential_therapeutic_event", "trigger": [...], "arguments": [{"role":
"Treatment.Drug", "text": "metoprolol", "start": 33, "end": 43}, ...]}]}``

Scored are the arguments that version 1 annotates reliably: ``Treatment.Drug``, ``Effect`` and
``Subject``, of all events together. Sentences of one report are one cluster. A perfect list reaches
a strict F1 of 99.9 %: a few mentions are spelt like words before them that aren't annotated.
"""

from collections.abc import Mapping

from harness.data import DataSet, Row
from harness.kinds.extraction import extraction
from harness.records import JSON
from harness.task import Card

TYPES = {"Treatment.Drug": "drug", "Effect": "effect", "Subject": "subject"}


def _entities(row: Row) -> Mapping[str, JSON]:
    found: dict[tuple[JSON, ...], dict[str, JSON]] = {}
    for event in _objects(row, row.get("events"), "events"):
        for argument in _objects(row, event.get("arguments"), "arguments"):
            role = argument.get("role")
            if isinstance(role, str) and role in TYPES:
                entity = {**argument, "type": TYPES[role]}
                found[str(entity.get("start")), str(entity.get("end")), role] = entity
    report = str(row.fields.get("id", "")).rsplit("_", 1)[0]
    return {**row.fields, "entities": list(found.values()), "cluster": report or None}


def _objects(row: Row, value: JSON, name: str) -> list[dict[str, JSON]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise row.error(f"field {name!r} must be a list of objects")
    return value


TASK = extraction(
    Card(
        name="phee",
        capability="domain",
        language="en",
        licence="MIT",
        source="https://github.com/ZhaoyueSun/PHEE",
    ),
    DataSet(set="phee", shots="dev", adapt=_entities),
    types=tuple(TYPES.values()),
    max_tokens=192,
    shots=3,
)
