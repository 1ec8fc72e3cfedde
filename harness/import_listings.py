"""What ``aligntax import`` prints, and what ``aligntax show`` says of imported evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from harness.evidence import Aggregate
from harness.importing import Place, Summary
from harness.records import JSON
from harness.render import (
    MISSING,
    columns_text,
    json_text,
    number,
    print_out,
    say,
    unit_text,
)

__all__ = ["print_import", "say_conflicts", "stated_text"]

UNPAIRED = "no paired evidence: unpaired standard error only"
_CHOOSE = "`aligntax import` with --prefer newest or oldest says which one counts"


def print_import(summary: Summary, *, as_json: bool) -> None:
    """List what was imported on standard output, what couldn't be mapped on standard error."""
    if as_json:
        print_out(json_text(asdict(summary)))
    else:
        heads = ["checkpoint", "task", "metric", "value", "documents", "evidence", "file"]
        print_out(columns_text(heads, [_row(place) for place in summary.places]))
    named = [
        f"{name} ({stage})" if parent is None else f"{name} ({stage} from {parent})"
        for name, stage, parent in summary.checkpoints
    ]
    say(f"family {summary.family}: {', '.join(named)}; weights as lm-eval declares them")
    for place in summary.places:
        if place.evidence == "conflict":
            where = f"{place.checkpoint} × {place.row}"
            say(f"conflict: {where}: {'; '.join(place.differences)}; none counts: {_CHOOSE}")
    for line in summary.notes:
        say(f"note: {line}")
    if summary.unmapped and not as_json:
        say(f"{len(summary.unmapped):,} not mapped:")
        heads = ["file", "key", "why"]
        rows = [[one.file, one.key or "all of it", one.why] for one in summary.unmapped]
        say(columns_text(heads, rows).rstrip("\n"))
    if any(place.evidence == "number" for place in summary.places):
        say(f"numbers without samples: {UNPAIRED}")
    if summary.run is None:
        say("the store had all of it already")


def stated_text(numbers: Sequence[Aggregate]) -> str:
    """Return the numbers of a family that have no records behind them."""
    heads = ["checkpoint", "task", "metric", "value", "documents", "file"]
    rows = [
        [
            each.identity.checkpoint,
            each.identity.row,
            each.info.name,
            _value(each.value, each.error, each.info.unit),
            MISSING if each.n is None else each.n,
            each.source,
        ]
        for each in numbers
    ]
    return f"Stated by others, {UNPAIRED}:\n{columns_text(heads, rows)}"


def say_conflicts(family: Mapping[str, JSON]) -> None:
    """Say which cells of a family's account have results that differ, so that none counts."""
    for cell in family["cells"]:
        if cell.get("conflict") is True and not cell["layers"]:
            files = [str(entry["file"]) for entry in cell.get("imported", [])]
            where = f"{cell['checkpoint']} × {cell['row']}"
            say(f"conflict: {where}: {' and '.join(files)} differ; none counts: {_CHOOSE}")


def _row(place: Place) -> list[object]:
    return [
        place.checkpoint,
        place.row,
        place.metric,
        MISSING if place.value is None else _value(place.value, place.error, place.unit),
        MISSING if place.n is None else place.n,
        place.evidence,
        ", ".join(place.files),
    ]


def _value(value: float, error: float | None, unit: str) -> str:
    """Return a value with its standard error, if one is stated."""
    scale = 100.0 if unit == "%" else 1.0
    spread = "" if error is None else f" ± {error * scale:.2g}"
    return f"{number(value, unit)}{spread} {unit_text(unit)}".rstrip()
