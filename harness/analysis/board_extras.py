"""What the board's rows say beyond the evidence: dates, verdicts, and what wasn't evaluated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from harness.analysis.standing import Family
from harness.errors import StoreError
from harness.records import JSON
from harness.store import Store
from harness.store.verdicts import StoredVerdict, read_verdict, verdict_files

__all__ = ["Newest", "checkpoint_extras", "dates", "newest_verdicts", "unasked"]

Newest: TypeAlias = Mapping[tuple[str, str, str | None], StoredVerdict]
"""By family, checkpoint and fingerprint, the newest verdict on it."""

_OF_THE_ROW = ("row", "task", "variant", "kind", "capability", "language", "metric", "unit")
_OF_THE_METRIC = ("higher_is_better", "chance", "ceiling")


def newest_verdicts(store: Store) -> tuple[Newest, list[str]]:
    """Return the newest verdict on each candidate, and one line for each that can't be read."""
    found: dict[tuple[str, str, str | None], StoredVerdict] = {}
    damage = []
    for path in verdict_files(store):
        try:
            one = read_verdict(path)
        except StoreError as error:
            damage.append(str(error))
            continue
        side = one.judged
        if side is not None:
            found[side.family, side.checkpoint, side.fingerprint] = one
    return found, damage


def checkpoint_extras(
    family: Family, checkpoint: str, newest: Newest, dated: Iterable[str]
) -> dict[str, JSON]:
    """Return :data:`harness.results.board.CHECKPOINT_EXTRAS`; ``dated`` are its entries' dates."""
    cells = family.cells.get(checkpoint, {}).values()
    fingerprint = next((cell["fingerprint"] for cell in cells), None)
    one = newest.get((family.name, checkpoint, fingerprint))
    return {
        "rows_of": len(family.rows),
        "date": max(dated, default=""),
        "verdict": one.verdict.decision if one else "",
        "verdict_baseline": one.verdict.baseline if one else "",
        "verdict_at": one.time if one else "",
    }


def dates(family: Family, checkpoint: str, rows: Sequence[str]) -> list[str]:
    """Return when the newest run that asked for each row of a checkpoint began."""
    cells = family.cells.get(checkpoint, {})
    return [family.dates.get((cells[row]["key"], row), "") if row in cells else "" for row in rows]


def unasked(
    family: Family, checkpoint: str, rows: Mapping[str, Mapping[str, JSON]], have: Iterable[str]
) -> Iterator[dict[str, JSON]]:
    """Yield the entries of a checkpoint on rows that no run asked it.

    ``rows`` maps table rows to some entry of theirs, ``have`` are the rows that it was asked.
    """
    entry, known = family.checkpoints[checkpoint], set(have)
    parent, missing = entry["parent"], "not evaluated"
    for row, like in rows.items():
        if row not in known:
            yield {
                **{name: like[name] for name in (*_OF_THE_ROW, *_OF_THE_METRIC)},
                "family": family.name,
                "checkpoint": checkpoint,
                "stage": entry["stage"],
                "format": "",
                "cell": "",
                "n": 0,
                "method": "",
                "missing": missing,
                "answered": 0,
                "planned": 0,
                "errors": 0,
                "reference": parent,
                "test": "",
                "comparability": "",
                "reasons": missing if parent else "",
                "wording": "not comparable" if parent else "",
                "date": "",
                "stamp": "",
                "basis": "",
            }
