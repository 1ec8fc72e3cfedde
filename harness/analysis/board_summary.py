"""What one checkpoint gained and what that cost, in one row."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.analysis.drift import BITS, general_drift
from harness.analysis.rows import info_of
from harness.analysis.shifts import shift
from harness.analysis.standing import Family, Standing
from harness.analysis.tax import tax_statement
from harness.records import JSON, Estimate, canonical
from harness.render.headline import certified_losses, gain_words, reason_text, tax_headline
from harness.results import Entry, TaxStatement, Wording
from harness.results.board import CheckpointRow

__all__ = ["summary_row"]


def summary_row(
    family: Family,
    sides: tuple[Standing, Standing | None],
    entries: Mapping[str, Entry],
    seed: int,
    confidence: float,
) -> CheckpointRow:
    """Return the row of a checkpoint; ``sides`` are it and its parent, None where there is none.

    ``entries`` are its own by table row.
    """
    own, parent = sides
    reference: str | None = own.entry["parent"]
    cells = family.cells.get(own.name, {})
    drift = None if parent is None else _drift(own, parent, seed, confidence)
    row = CheckpointRow(
        family=family.name,
        checkpoint=own.name,
        stage=own.entry["stage"],
        parent=reference,
        fingerprint=next((cell["fingerprint"] for cell in cells.values()), ""),
        attributes=_json(own.entry.get("attributes")),
        reference=reference,
        drift=drift.value if drift else None,
        drift_low=drift.low if drift else None,
        drift_high=drift.high if drift else None,
        drift_unit=BITS,
        rows_done=sum(entry.estimate is not None for entry in entries.values()),
    )
    tax = _statement(sides, entries, seed, confidence)
    if tax is None:
        return replace(row, gain_words=_why(own, parent))
    return _with_tax(row, tax, _moved(entries))


def _statement(
    sides: tuple[Standing, Standing | None],
    entries: Mapping[str, Entry],
    seed: int,
    confidence: float,
) -> TaxStatement | None:
    own, parent = sides
    if parent is None or not parent.rows or not own.rows:
        return None
    changes = {row: entry.change for row, entry in entries.items() if entry.change is not None}
    return tax_statement(parent.rows, own.rows, seed, confidence, changes)


def _why(own: Standing, parent: Standing | None) -> str:
    """Return why nothing is said of a gain."""
    if own.entry["parent"] is None:
        return ""
    lacking = own.name if not own.rows else own.entry["parent"]
    return f"{lacking} wasn't evaluated"


def _moved(entries: Mapping[str, Entry]) -> list[Wording]:
    """Return what the perplexity rows did."""
    return [
        entry.change.wording
        for entry in entries.values()
        if entry.change is not None and entry.info is not None and entry.info.unit == BITS
    ]


def _with_tax(row: CheckpointRow, tax: TaxStatement, moved: Sequence[Wording]) -> CheckpointRow:
    gained, kept = tax.aligned, tax.kept
    gain, net, worst = (
        _bounds(found)
        for found in (
            gained.net if gained else None,
            kept.net if kept else None,
            kept.worst.delta if kept else None,
        )
    )
    reasons = [reason for group in (gained, kept) if group for reason in group.qualified]
    return replace(
        row,
        headline=tax_headline(tax, moved),
        gain=gain[0],
        gain_low=gain[1],
        gain_high=gain[2],
        gain_words=gain_words(gained),
        net=net[0],
        net_low=net[1],
        net_high=net[2],
        tax=kept.tax if kept else None,
        tax_noise=kept.noise if kept else None,
        certified=certified_losses(tax),
        certified_tax=kept.certified_tax if kept else None,
        worst_task=kept.worst.task if kept else "",
        worst=worst[0],
        worst_low=worst[1],
        worst_high=worst[2],
        qualified=reason_text(tuple(dict.fromkeys(reasons))),
    )


def _bounds(found: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (found.value, found.low, found.high) if found else (None, None, None)


def _drift(own: Standing, parent: Standing, seed: int, confidence: float) -> Estimate | None:
    both = (row for row in parent.rows if row in own.rows)
    return general_drift(
        [
            shift(parent.rows[row], own.rows[row], seed, confidence=confidence)
            for row in both
            if info_of(own.rows[row]).unit == BITS
        ]
    )


def _json(attributes: JSON) -> str:
    return canonical(attributes) if isinstance(attributes, Mapping) else "{}"
