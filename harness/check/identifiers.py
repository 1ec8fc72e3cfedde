"""Identifiers of persons in a file: how many of which kind, and where the first ones are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.privacy.scan import scan_file
from harness.render import print_out, visible

NAMED = 20
"""So many places are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifiers:
    """What a scan found, without the values."""

    places: tuple[str, ...] = ()
    """At most :data:`NAMED`, like ``notes.jsonl:3: phone in field 'text'``."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """How many there are of each kind."""

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.kinds.values())


def identifiers_in(path: Path) -> Identifiers:
    """Return the identifiers in a file; DataError if it can't be read."""
    places: list[str] = []
    kinds: Counter[str] = Counter()
    for found in scan_file(path):
        kinds[found.kind] += 1
        if len(places) < NAMED:
            places.append(str(found))
    return Identifiers(places=tuple(places), kinds=dict(kinds))


def print_identifiers(found: Identifiers) -> None:
    """Print the places and what a run on them needs; nothing if there are none."""
    if not found.count:
        return
    kinds = ", ".join(f"{kind.replace('_', ' ')} {n:,}" for kind, n in sorted(found.kinds.items()))
    more = f"; the first {NAMED} are named" if found.count > NAMED else ""
    lines = [
        f"warning  identifiers of persons: {found.count:,} ({kinds}){more}",
        *(f"         {place}" for place in found.places),
        "         a run on them needs `privacy: redacted`, `sensitive` or `accept` in its spec",
    ]
    print_out("\n".join(visible(line) for line in lines))
