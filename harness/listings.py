"""What the command line lists: a plan, noise floors, costs."""

from collections.abc import Mapping, Sequence

from harness.analysis.divergence import divergence_drift
from harness.checkpoint import Inspection
from harness.cost import newest_costs
from harness.divergence import Diverged
from harness.errands import Errand, lacking
from harness.records import JSON, canonical
from harness.render import MISSING, columns_text, cost_cells, noise_floors_text, print_out
from harness.render.divergence import divergence_text
from harness.repeat import Repeat
from harness.store import Store
from harness.work import Work


def print_plan(work: Sequence[Work]) -> None:
    """List the cells of a plan: what the store has of each and what it lacks."""
    rows = []
    for w in work:
        total = len(w.cell.documents)
        cell = [w.cell.checkpoint.name, w.cell.row, w.cell.key[:12]]
        rows.append([*cell, total, total - len(w.ask), len(w.ask)])
    print_out(columns_text(["checkpoint", "task", "cell", "documents", "stored", "to ask"], rows))


def print_errands(errands: Sequence[Errand], store: Store) -> None:
    """List what is to be compared by KL: what the store has and what it lacks; nothing for none."""
    rows: list[list[str | int]] = []
    for errand in errands:
        cell, total = errand.cell, len(errand.cell.documents)
        ask = len(lacking(errand, store))
        pair = [cell.checkpoint.name, errand.reference.name, cell.row]
        rows.append([*pair, total, 0 if errand.unfit else total - ask, errand.unfit or ask])
    if rows:
        heads = ["KL of", "against", "task", "documents", "stored", "to ask"]
        print_out(columns_text(heads, rows))


def print_divergence(found: Sequence[Diverged], inspections: Mapping[str, Inspection]) -> None:
    """Print the KL drift of what was measured, now or before."""
    # two checkpoints may share weights, and so what is held
    own = {canonical(each.held.identity): each.held for each in found if each.held is not None}
    held = list(own.values())
    fingerprints = {name: inspection.fingerprint for name, inspection in inspections.items()}
    sides = [(each.errand.reference.name, each.errand.cell.checkpoint.name) for each in found]
    drifts = [divergence_drift(held, *names, fingerprints) for names in dict.fromkeys(sides)]
    text = divergence_text([drift for drift in drifts if drift is not None])
    if text:
        print_out(f"\n{text}")


def print_noise(repeats: Sequence[Repeat]) -> None:
    """List what asking each cell again changed."""
    print_out(noise_floors_text([(r.cell.checkpoint.name, r.cell.row, r.floor) for r in repeats]))


def print_costs(runs: Sequence[Mapping[str, JSON]]) -> None:
    """List what the cells of the newest run cost, in whichever run (oldest first) they did.

    A column that no cell has a number in isn't shown.
    """
    found = [(cell, cost_cells(cost)) for cell, cost in newest_costs(runs, runs[-1])]
    heads = [head for head in cost_cells(None) if any(c[head] != MISSING for _, c in found)]
    rows = [
        [cell["checkpoint"], cell["row"], *(cells[head] for head in heads)] for cell, cells in found
    ]
    print_out(columns_text(["checkpoint", "task", *heads], rows))
