"""What the command line lists: a plan, noise floors, costs."""

from collections.abc import Mapping, Sequence

from harness.cost import newest_costs
from harness.records import JSON
from harness.render import MISSING, columns_text, cost_cells, noise_floors_text, print_out
from harness.repeat import Repeat
from harness.work import Work


def print_plan(work: Sequence[Work]) -> None:
    """List the cells of a plan: what the store has of each and what it lacks."""
    rows = []
    for w in work:
        total = len(w.cell.documents)
        cell = [w.cell.checkpoint.name, w.cell.row, w.cell.key[:12]]
        rows.append([*cell, total, total - len(w.ask), len(w.ask)])
    print_out(columns_text(["checkpoint", "task", "cell", "documents", "stored", "to ask"], rows))


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
