"""What a check finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.check.identifiers import Identifiers
from harness.records import JSON

EXAMPLES = 5
"""How many places a finding names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something suspicious, or, where it isn't a warning, something measured."""

    check: str
    """``duplicates``, ``answer key``, ``prompt length``, ``exact overlap``, ``13-gram overlap``."""
    warning: bool
    what: str
    """One line."""
    count: int = 0
    """Documents concerned."""
    examples: tuple[str, ...] = ()
    """At most :data:`EXAMPLES` places, one line each."""
    numbers: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was found in one file."""

    file: str
    kind: str
    guessed: bool
    """Whether the kind was told from the fields."""
    rows: int
    documents: int
    bad: tuple[str, ...]
    """One line for each row that can't be used."""
    bad_left_out: bool
    """Whether there may be more."""
    findings: tuple[Finding, ...]
    identifiers: Identifiers = field(default_factory=Identifiers)
