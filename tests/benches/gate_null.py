"""Errors of the gate on real evidence: two checkpoints' records exchanged at random per document.

    aligntax demo --store demo
    python tests/benches/gate_null.py demo [gates] > reports/benchmarks/gate_null.md

Exchanged at random, neither side is better: a REGRESSED is false. Then a loss of exactly the margin
is planted on top, and a PASS is false: each right answer turns wrong with one chance, means and
ratios are shifted. Metrics of all documents together (BLEU, macro-F1) can't be shifted exactly and
have no second part. Verdicts are the product's own (harness.gate.decide).

The chance is fixed before anything is exchanged: margin / mean of both sides, so that the expected
loss is the margin and documents stay independent. A chance made from the exchanged answers ties all
documents to each other (many right ones, a small chance for each), which no test of independent
documents is made for; it had up to 7.3 % where this has 5.2 %.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from math import sqrt
from pathlib import Path

import numpy as np
from scipy.stats import norm

from harness.analysis.comparability import compare
from harness.analysis.subjects import find_subject
from harness.evidence import Evidence, Scores
from harness.gate.decide import decide
from harness.gate.policy import Policy, load_policy
from harness.metrics.metric import FloatArray
from harness.stats.binary import tango_z
from harness.stats.intervals import is_binary
from harness.store import Store

SIDES = ("sft", "aligned")
SEED = 20260101
MARGIN = 5.0  # points
DRIFT = 0.02  # bits per byte
BOUND = 0.05
DRAWS = 40_000


def policy() -> Policy:
    """Return a rule for all rows that small data sets are allowed to have."""
    plain = load_policy(None)
    margins = {"%": MARGIN, "points": MARGIN, "bits/byte": DRIFT}
    rule = replace(plain.rules[0], margins=margins, allow_underpowered=True)
    return replace(plain, rules=(rule,))


def paired(store: Store) -> dict[str, tuple[Evidence, Evidence]]:
    """Return both sides of each row that compares, with the documents that they share."""
    first, second = (find_subject(store, name).rows for name in SIDES)
    found = {}
    for row in first:
        pairing = compare(first[row], second[row])
        if pairing.comparability.verdict == "COMPARABLE":
            found[row] = (
                shared(first[row], pairing.reference),
                shared(second[row], pairing.candidate),
            )
    return found


def shared(cell: Evidence, places: tuple[int, ...]) -> Evidence:
    """Return a cell with some of its documents and its primary metric only."""
    scores = cell.primary
    columns = ("documents", "document_hashes", "request_hashes", "clusters", "statuses")
    picked = {name: tuple(getattr(cell, name)[i] for i in places) for name in columns}
    rows = Scores(info=scores.info, rows=scores.rows[list(places)])
    return replace(cell, metrics=(rows,), reasons=(), planned=len(places), errors=0, **picked)


def exchanged(
    sides: tuple[Evidence, Evidence], rng: np.random.Generator
) -> tuple[Evidence, Evidence]:
    """Exchange the two rows of each document with chance 1/2."""
    a, b = (side.primary.rows for side in sides)
    turned = rng.random((len(a), 1)) < 0.5
    return with_rows(sides[0], np.where(turned, b, a)), with_rows(sides[1], np.where(turned, a, b))


def planted(
    cell: Evidence, margin: float, chance: float | None, rng: np.random.Generator
) -> Evidence | None:
    """Take the margin from a cell's expected value; None for a metric of all documents together."""
    info, rows = cell.primary.info, cell.primary.rows.copy()
    if chance is not None:
        rows[(rows[:, 0] == 1) & (rng.random(len(rows)) < chance), 0] = 0.0
    elif info.aggregate in ("mean", "ratio"):
        rows[:, 0] -= (margin if info.higher_is_better else -margin) * rows[:, 1]
    else:
        return None
    return with_rows(cell, rows)


def chance_of(sides: tuple[Evidence, Evidence], margin: float) -> float | None:
    """Return the chance with which a right answer has to turn wrong; None for other outcomes."""
    if not all(is_binary(side.primary.info, side.primary.rows) for side in sides):
        return None
    return margin / float(np.mean([side.primary.rows[:, 0].mean() for side in sides]))


def drawn(
    sides: tuple[Evidence, Evidence], margin: float, chance: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return how often Tango's test says PASS and REGRESSED in many draws of the same loss."""
    before, after = (side.primary.rows[:, 0] == 1 for side in sides)
    n, both, flips = len(before), int((before & after).sum()), int((before != after).sum())
    up = rng.binomial(flips, 0.5, DRAWS)
    gained = up - rng.binomial(up, chance)
    lost = flips - up + rng.binomial(both, chance, DRAWS)
    counts, times = np.unique(np.stack([gained, lost]), axis=1, return_counts=True)
    z = np.array([tango_z(int(g), int(w), n, -margin) for g, w in counts.T])
    bound = float(norm.isf(BOUND))
    return float(times[z > bound].sum() / DRAWS), float(times[z < -bound].sum() / DRAWS)


def with_rows(cell: Evidence, rows: FloatArray) -> Evidence:
    """Return a cell with other rows of its metric."""
    return replace(cell, metrics=(replace(cell.primary, rows=rows),))


def above(count: int, gates: int) -> bool:
    """Say whether a rate is above 5 % and two Monte-Carlo standard errors."""
    return count / gates > BOUND + 2 * sqrt(BOUND * (1 - BOUND) / gates)


def within(count: int, gates: int) -> str:
    """Return a rate, marked if it is above."""
    return f"{count / gates:.3f}{' **above**' if above(count, gates) else ''}"


def main(store: Path, gates: int) -> None:
    """Print the tables."""
    rows, rules = paired(Store(store)), policy()
    margins = {row: rules.rules[0].own_margin(unit(sides)) for row, sides in rows.items()}
    chances = {row: chance_of(sides, margins[row]) for row, sides in rows.items()}
    found = Found({row: Counter() for row in rows}, {row: Counter() for row in rows})
    for number in range(gates):
        rng = np.random.default_rng([SEED, number])
        null = {row: exchanged(sides, rng) for row, sides in rows.items()}
        before = {row: sides[0] for row, sides in null.items()}
        verdict = decide(rules, {"A": before}, {r: s[1] for r, s in null.items()}, "B")
        found.null[verdict.decision] += 1
        for rule in verdict.rules:
            found.null_rows[rule.row][rule.decision] += 1
        after = {
            row: worse
            for row, sides in null.items()
            if (worse := planted(sides[1], margins[row], chances[row], rng)) is not None
        }
        verdict = decide(rules, {"A": {row: before[row] for row in after}}, after, "B")
        found.lost[verdict.decision] += 1
        found.in_turn += verdict.rules[number % len(after)].decision == "PASS"
        for rule in verdict.rules:
            alone = rule.p_regressed is not None and rule.p_regressed <= rule.alpha
            found.lost_rows[rule.row]["REGRESSED" if alone else rule.decision] += 1
    rng = np.random.default_rng([SEED, gates])
    found.drawn = {
        row: drawn(sides, margins[row], chance, rng)
        for row, sides in rows.items()
        if (chance := chances[row]) is not None
    }
    report(gates, found)


@dataclass
class Found:
    """What became of all gates, whole and by row."""

    null_rows: dict[str, Counter[str]]
    lost_rows: dict[str, Counter[str]]
    null: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    drawn: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By row the shares of PASS and REGRESSED in many draws."""
    in_turn: int = 0
    """How often a gate on one row, each in its turn, passed a loss of exactly the margin."""


def unit(sides: tuple[Evidence, Evidence]) -> str:
    """Return the unit of a row's metric."""
    return sides[0].primary.info.unit


def report(gates: int, found: Found) -> None:
    """Print what became of all gates."""
    print("# The gate on the bundled family's records\n")
    print(
        f"{gates:,} gates over {len(found.null_rows)} rows of {SIDES[0]} and {SIDES[1]}, which "
        f"are exchanged at random per document; margins {MARGIN:g} pt and {DRIFT:g} bits/byte, "
        "alpha 5 %. **above**: more than 5 % and two Monte-Carlo standard errors.\n"
    )
    lines = [
        ("no difference, all rows", "REGRESSED", found.null["REGRESSED"]),
        ("worse by the margin, all rows", "REGRESSED", found.lost["REGRESSED"]),
        ("worse by the margin, all rows", "PASS", found.lost["PASS"]),
        ("worse by the margin, one row in turn", "PASS", found.in_turn),
    ]
    print(f"| {gates:,} gates | what would be false | rate |\n|---|---|---|")
    for what, false, count in lines:
        print(f"| {what} | {false} | {within(count, gates)} |")
    counts = [found.lost_rows[r][d] for r in found.lost_rows for d in ("PASS", "REGRESSED")]
    rates = [rate for pair in found.drawn.values() for rate in pair]
    tested = 2 * sum(bool(lost) for lost in found.lost_rows.values())
    print(
        "\nBy row, worse by the margin, each as if it were the only one. Of "
        f"{tested} rates {sum(above(c, gates) for c in counts)} are above; at 5 % each, "
        f"{0.023 * tested:.1f} would be by chance. {DRAWS:,} draws tell the rates of Tango's test "
        f"on the right-or-wrong rows: {100 * min(rates):.1f} to {100 * max(rates):.1f} %.\n"
    )
    heads = ("row", "PASS", "REGRESSED", "PASS, draws", "REGRESSED, draws", "PASS at no difference")
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for row, null in found.null_rows.items():
        lost = found.lost_rows[row]
        shown = [within(lost[d], gates) if lost else "—" for d in ("PASS", "REGRESSED")]
        shown += [f"{rate:.4f}" for rate in found.drawn.get(row, ())] or ["—", "—"]
        print(f"| {row} | {' | '.join(shown)} | {null['PASS'] / gates:.3f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
