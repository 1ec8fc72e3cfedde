"""Errors of the gate on real evidence: two checkpoints' records exchanged at random per document.

    aligntax demo --store demo
    python tests/benches/gate_null.py demo [gates] > reports/benchmarks/gate_null.md

Exchanged at random, neither side is better: a REGRESSED is false. Then a loss of exactly the margin
is planted on top, and a PASS is false: of right answers as many turn wrong (each with one chance,
so that the expected loss is the margin), means and ratios are shifted. Metrics of all documents
together (BLEU, macro-F1) can't be shifted exactly and have no second part. Verdicts are the
product's own (harness.gate.decide).
"""

import sys
from collections import Counter
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np

from harness.analysis.comparability import compare
from harness.analysis.subjects import find_subject
from harness.evidence import Evidence, Scores
from harness.gate.decide import decide
from harness.gate.policy import Policy, load_policy
from harness.metrics.metric import FloatArray
from harness.stats.intervals import is_binary
from harness.store import Store

SIDES = ("sft", "aligned")
SEED = 20260101
MARGIN = 5.0  # points
DRIFT = 0.02  # bits per byte
BOUND = 0.05


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


def planted(cell: Evidence, margin: float, rng: np.random.Generator) -> Evidence | None:
    """Take the margin from a cell's expected value; None for a metric of all documents together."""
    info, rows = cell.primary.info, cell.primary.rows.copy()
    if is_binary(info, rows):
        chance = margin / rows[:, 0].mean()
        rows[(rows[:, 0] == 1) & (rng.random(len(rows)) < chance), 0] = 0.0
    elif info.aggregate in ("mean", "ratio"):
        rows[:, 0] -= (margin if info.higher_is_better else -margin) * rows[:, 1]
    else:
        return None
    return with_rows(cell, rows)


def with_rows(cell: Evidence, rows: FloatArray) -> Evidence:
    """Return a cell with other rows of its metric."""
    return replace(cell, metrics=(replace(cell.primary, rows=rows),))


def within(count: int, gates: int) -> str:
    """Mark a rate above 5 % plus two Monte-Carlo standard errors."""
    limit = BOUND + 2 * sqrt(BOUND * (1 - BOUND) / gates)
    return f"{count / gates:.3f}{'' if count / gates <= limit else ' **above**'}"


def main(store: Path, gates: int) -> None:
    """Print the tables."""
    rows, rules = paired(Store(store)), policy()
    whole: Counter[str] = Counter()
    each: dict[str, Counter[str]] = {row: Counter() for row in rows}
    lost: dict[str, Counter[str]] = {row: Counter() for row in rows}
    pooled: Counter[str] = Counter()
    for number in range(gates):
        rng = np.random.default_rng([SEED, number])
        null = {row: exchanged(sides, rng) for row, sides in rows.items()}
        before = {row: sides[0] for row, sides in null.items()}
        verdict = decide(rules, {"A": before}, {r: s[1] for r, s in null.items()}, "B")
        whole[verdict.decision] += 1
        for rule in verdict.rules:
            each[rule.row][rule.decision] += 1
        after = {
            row: worse
            for row, sides in null.items()
            if (worse := planted(sides[1], rules.rules[0].own_margin(unit(sides)), rng)) is not None
        }
        one = [*after][number % len(after)]
        for row, cell in after.items():
            (rule,) = decide(rules, {"A": {row: before[row]}}, {row: cell}, "B").rules
            lost[row][rule.decision] += 1
            pooled[rule.decision] += row == one
    report(gates, (whole, pooled), each, lost)


def unit(sides: tuple[Evidence, Evidence]) -> str:
    """Return the unit of a row's metric."""
    return sides[0].primary.info.unit


def report(
    gates: int,
    joint: tuple[Counter[str], Counter[str]],
    each: dict[str, Counter[str]],
    lost: dict[str, Counter[str]],
) -> None:
    """Print what became of all gates."""
    whole, pooled = joint
    print("# The gate on the bundled family's records\n")
    print(
        f"{gates:,} gates over {len(each)} rows of {SIDES[0]} and {SIDES[1]}, whose rows are "
        f"exchanged at random per document; margins {MARGIN:g} pt and {DRIFT:g} bits/byte, "
        "alpha 5 %.\n"
    )
    print("| 1,000 gates on | what is false | rate |\n|---|---|---|".replace("1,000", f"{gates:,}"))
    print(f"| all rows, no difference | REGRESSED | {within(whole['REGRESSED'], gates)} |")
    print(f"| one row in turn, worse by the margin | PASS | {within(pooled['PASS'], gates)} |")
    print("\nBy row; REGRESSED is after Holm over all rows:\n")
    print("| row | no difference: REGRESSED | PASS | worse by the margin: PASS | REGRESSED |")
    print("|---|---|---|---|---|")
    for row, found in each.items():
        shares = [within(found["REGRESSED"], gates), f"{found['PASS'] / gates:.3f}"]
        if lost[row]:
            shares += [within(lost[row][d], gates) for d in ("PASS", "REGRESSED")]
        else:
            shares += ["—", "—"]
        print(f"| {row} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
