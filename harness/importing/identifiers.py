"""Identifiers of persons in samples: file, line, field and kind, never the value."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import AligntaxError, DataError
from harness.importing.samples import rows_of
from harness.privacy.identifiers import find_in_field, mask, text_of
from harness.records import JSON

__all__ = ["refuse_unmarked"]

_NAMED = 8  # places in the message
_HASHES = ("doc_hash", "prompt_hash", "target_hash")


def refuse_unmarked(files: Iterable[Path]) -> None:
    """Raise DataError if samples hold identifiers: somebody has to say what may be kept of them."""
    places = [place for path in files for place in _in_file(path)]
    if places:
        rest = len(places) - _NAMED
        more = f"; and {rest:,} more" if rest > 0 else ""
        raise DataError(
            f"identifiers of persons in samples: {'; '.join(places[:_NAMED])}{more}; say "
            "`--privacy redacted`, `sensitive` or `accept`"
        )


def _in_file(path: Path) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()  # a prompt stands in every choice's request
    try:
        for number, row in rows_of(path):
            found: dict[str, None] = {}
            for key, value in row.items() if isinstance(row, dict) else ():
                if key not in _HASHES:
                    kinds = {kind.replace("_", " ") for kind in _kinds(value, key, seen)}
                    where = f"in field {mask(key)!r}"
                    found |= {f"{kind} {where}": None for kind in sorted(kinds)}
            yield from (f"{mask(path.name)}:{number}: {what}" for what in found)
    except (AligntaxError, OSError):  # reading it for good says why
        return


def _kinds(value: JSON, name: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Yield the kind of each identifier in a nested value, in keys as in values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _kinds(key, "", seen)
            yield from _kinds(inner, key, seen)
    elif isinstance(value, list):
        for item in value:
            yield from _kinds(item, name, seen)
    elif (text := text_of(value)) and (name, text) not in seen:
        seen.add((name, text))
        yield from (found.kind for found in find_in_field(name, text, sure=True))
