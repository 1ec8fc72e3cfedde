"""What a detector reports: a kind and a place, never the text there."""

from dataclasses import dataclass

KINDS = (
    "name",
    "id_number",
    "ssn",
    "passport",
    "phone",
    "email",
    "record_number",
    "insurance_number",
    "address",
    "birth_date",
)
"""``id_number`` is a resident identity number; ``ssn`` that of the United States."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One identifier: its place in the text and its kind (one of :data:`KINDS`)."""

    kind: str
    start: int
    end: int
