"""The sections of a comparison along the chain: what was forgotten, and what became of items."""

from collections.abc import Sequence

from harness.records import Estimate
from harness.render.compare_scores import CHANGED, SCALE, left_out, marked, methods_text
from harness.render.footnotes import Footnotes
from harness.render.headline import reason_text
from harness.render.numbers import MISSING, estimate_text, signed_text
from harness.render.sections import Section
from harness.results import Anchored, Fate, Forgetting, RowForgetting, Trajectories

_FATES: tuple[Fate, ...] = (
    "kept",
    "learned",
    "forgotten",
    "recovered",
    "transient",
    "never",
    "flaky",
)
_ANCHORS = 3  # earlier stages whose anchors all fit; of more the first and the last are shown


def forgetting(found: Forgetting) -> Section | None:
    """Return what the last of the chain forgot, against earlier stages and from the best."""
    if not found.rows:
        return None
    notes, last = Footnotes(), found.chain[-1]
    anchors = [*found.chain[:-1]]
    if len(anchors) > _ANCHORS:
        anchors = [anchors[0], anchors[-1]]
    heads = ["row", "n", *(f"since {name}" for name in anchors), "best", "best − last"]
    transfers = [
        f"{t.name} over {t.denominator}: "
        + (f"{signed_text(t.value, '%', False)} ({t.value.method})" if t.value else str(t.missing))
        for t in found.transfers
    ]
    taught = ", ".join(f"{name} teaches {what}" for name, what in found.taught.items())
    if transfers and found.qualified:
        transfers.append(f"these are over rows of which some are {reason_text(found.qualified)}")
    anchored = [anchor for row in found.rows for anchor in row.anchored]
    word = "CHANGE" if all(anchor.qualified for anchor in anchored) else "FORGETTING"
    methods = methods_text(anchor.delta.method for anchor in anchored)
    return Section(
        title=f"{word} of {last} along {' → '.join(found.chain)}",
        intro=f"In {SCALE} ({methods}). Best − last is biased upward by noise; its bootstrap picks "
        f"the best anew each time. Retained is the share of {anchors[0]}'s score above guessing "
        f"(Fieller).{f' {CHANGED}' if found.qualified else ''}",
        heads=[*heads, f"retained of {anchors[0]}"],
        rows=[_forgotten_line(row, anchors, notes) for row in found.rows],
        notes=[
            *notes.lines(),
            *transfers,
            *([taught] if transfers else []),
            *left_out(found.left_out),
        ],
    )


def items(found: Sequence[Trajectories]) -> Section | None:
    """Return what became of documents that are right or wrong, and how many flipped."""
    if not found:
        return None
    notes = Footnotes()
    asked_otherwise = any(each.flips[-1].qualified for each in found)
    fates = [fate for fate in _FATES if any(each.fates.get(fate) for each in found)]
    heads = ["row", "n", *fates, "from, to", "lost (NFR)", "won (PFR)", "beyond A/A", "lost by"]
    return Section(
        title="ITEMS",
        intro="Documents by what became of them along the chain; flips in % of documents from the "
        "first to the last checkpoint that has them (Wilson), less what asking the first again "
        "flips (A/A), where that was measured."
        + (" Rows with a note weren't asked alike: items changed." if asked_otherwise else ""),
        heads=heads,
        rows=[_items_line(each, fates, notes) for each in found],
        notes=notes.lines(),
    )


def _forgotten_line(
    row: RowForgetting, anchors: Sequence[str], notes: Footnotes
) -> list[str | int]:
    by_name = {anchor.reference: anchor for anchor in row.anchored}
    sizes = [anchor.delta.n for anchor in row.anchored]
    why = reason_text(row.qualified)
    lost = MISSING if row.forgetting is None else signed_text(row.forgetting, "%", False)
    return [
        row.row,
        min(sizes) if sizes else MISSING,
        *(_since(by_name.get(name), notes) for name in anchors),
        row.best or MISSING,
        lost if row.forgetting is None else marked(lost, why, notes),
        _retained(by_name.get(anchors[0]), notes),
    ]


def _since(anchor: Anchored | None, notes: Footnotes) -> str:
    if anchor is None:
        return MISSING
    return marked(signed_text(anchor.delta, "%", False), reason_text(anchor.qualified), notes)


def _retained(anchor: Anchored | None, notes: Footnotes) -> str:
    if anchor is None:
        return MISSING
    if anchor.retention is None:
        return str(anchor.retention_missing)
    return marked(estimate_text(anchor.retention, "%"), reason_text(anchor.qualified), notes)


def _items_line(each: Trajectories, fates: Sequence[Fate], notes: Footnotes) -> list[str | int]:
    flips = each.flips[-1]
    why = reason_text(flips.qualified)
    if each.missing:
        why = "; ".join(filter(None, [why, f"without {', '.join(each.missing)}"]))
    lost = sorted(flips.reasons.items(), key=lambda pair: -pair[1])
    return [
        f"{each.row}{notes.mark(why) if why else ''}",
        flips.n,
        *(each.fates.get(fate, 0) for fate in fates),
        f"{flips.reference}, {flips.candidate}",
        estimate_text(flips.lost, "%", with_unit=False),
        estimate_text(flips.gained, "%", with_unit=False),
        _excess(flips.excess, flips.gained_excess),
        ", ".join(f"{code.replace('_', ' ')} {count}" for code, count in lost) or "none",
    ]


def _excess(lost: Estimate | None, gained: Estimate | None) -> str:
    if lost is None or gained is None:
        return MISSING
    return f"{signed_text(lost, '%', False)}, {signed_text(gained, '%', False)}"
