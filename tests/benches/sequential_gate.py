"""Monte-Carlo acceptance of the gate: errors at the margin, power, and how many items it takes.

    python tests/benches/sequential_gate.py [repetitions] > reports/benchmarks/sequential_gate.md

Every line is a simulated benchmark: N documents of which the share psi flips, with the true mean
difference given. Decisions are the product's own (harness.stats.sequential, harness.stats.binary).
"""

import sys
from collections import Counter
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy.stats import norm

from harness.stats.betting import FLIPS, cluster_bets
from harness.stats.binary import tango_z
from harness.stats.sequential import Design, look

MARGIN = 0.02
SEED = 20260101
TYPE_I = [(200, 0.02), (200, 0.2), (1319, 0.02), (1319, 0.1), (10_000, 0.02), (10_000, 0.05)]
TYPE_I += [(10_000, 0.1), (10_000, 0.2), (10_000, 0.4)]
POWER = [(mean, flips) for mean in (0.0, -0.01, -0.04, -0.10) for flips in (0.10, 0.15, 0.20)]


@dataclass
class Line:
    """What became of many gates on one kind of benchmark."""

    decisions: Counter[str]
    items: list[float]

    def share(self, decision: str) -> float:
        return self.decisions[decision] / self.decisions.total()


def drawn(rng: np.random.Generator, n: int, mean: float, flips: float) -> np.ndarray:
    """Return differences of n independent documents."""
    lost, gained = (flips - mean) / 2, (flips + mean) / 2
    uniform = rng.random(n)
    return np.where(uniform < lost, -1.0, np.where(uniform < lost + gained, 1.0, 0.0))


def clustered(rng: np.random.Generator, share: float, flips: float) -> np.ndarray:
    """Return 1,000 clusters x 10 documents; all ten share one outcome with chance ``share``."""
    alone = drawn(rng, 10_000, -MARGIN, flips).reshape(1000, 10)
    joint = drawn(rng, 1000, -MARGIN, flips)[:, None]
    return np.where(rng.random((1000, 1)) < share, joint, alone)


def sequential(rng: np.random.Generator, n: int, mean: float, flips: float, runs: int) -> Line:
    """Return the sequential gate's decisions and the shares of items that it took."""
    line, design = Line(Counter(), []), Design(margin=MARGIN, units=n)
    for _ in range(runs):
        found = look(drawn(rng, n, mean, flips), design)
        line.decisions[str(found.decision)] += 1
        line.items.append(found.n / n)
    return line


def fixed(rng: np.random.Generator, n: int, mean: float, flips: float, runs: int) -> Line:
    """Return the fixed-N gate's decisions: Tango's z at one-sided 5 %."""
    line, bound = Line(Counter(), []), float(norm.isf(0.05))
    for _ in range(runs):
        seen = drawn(rng, n, mean, flips)
        z = tango_z(int((seen > 0).sum()), int((seen < 0).sum()), n, -MARGIN)
        line.decisions["PASS" if z > bound else "REGRESSED" if z < -bound else "INCONCLUSIVE"] += 1
    return line


def by_cluster(rng: np.random.Generator, share: float, flips: float, runs: int) -> Line:
    """Return the sequential gate's decisions on clustered documents, one bet per cluster."""
    line = Line(Counter(), [])
    variance = flips * (1 + 9 * share) / 10
    design = replace(Design(margin=MARGIN, units=1000), flips=min(FLIPS, variance), binary=False)
    codes = np.repeat(np.arange(1000), 10)
    for _ in range(runs):
        documents = clustered(rng, share, flips).ravel()
        found = look(cluster_bets(documents, codes, MARGIN, 10), design)
        line.decisions[str(found.decision)] += 1
        line.items.append(found.n / 1000)
    return line


def within(rate: float, bound: float, runs: int) -> str:
    """Mark a rate above its bound plus two Monte-Carlo standard errors."""
    limit = bound + 2 * sqrt(bound * (1 - bound) / runs)
    return f"{rate:.3f}{'' if rate <= limit else ' **above**'}"


def table(title: str, heads: list[str], lines: list[list[str]]) -> None:
    """Print one Markdown table."""
    print(f"\n## {title}\n\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for line in lines:
        print(f"| {' | '.join(line)} |")


def main(runs: int) -> None:
    """Print all tables."""
    rng = np.random.default_rng(SEED)
    print(f"# The gate by simulation\n\n{runs:,} gates per line, margin 2 points, alpha 5 %.")
    lines = []
    for n, flips in TYPE_I:
        a, b = (f(rng, n, -MARGIN, flips, runs) for f in (fixed, sequential))
        shares = [
            within(line.share(d), bound, runs)
            for line, bound in ((a, 0.065), (b, 0.05))
            for d in ("PASS", "REGRESSED")
        ]
        lines.append([f"{n:,}", f"{flips:.2f}", *shares])
    heads = ["N", "psi", "fixed PASS", "fixed REGRESSED", "sequential PASS", "sequential REGRESSED"]
    table("Errors where the true difference is exactly the margin", heads, lines)
    lines = []
    for share in (0.0, 0.3, 0.7):
        line = by_cluster(rng, share, 0.10, runs)
        rates = [within(line.share(d), 0.05, runs) for d in ("PASS", "REGRESSED")]
        lines.append([f"{share:.1f}", *rates])
    heads = ["chance that a cluster shares one outcome", "PASS", "REGRESSED"]
    table("The same with 1,000 clusters of 10 documents, psi 0.10", heads, lines)
    lines = []
    for mean, flips in POWER:
        line = sequential(rng, 10_000, mean, flips, runs)
        right = "PASS" if mean > -MARGIN else "REGRESSED"
        tenth = float(np.quantile(line.items, 0.9))
        used = float(np.mean(line.items))
        rates = [f"{line.share(right):.3f}", f"{10_000 * used:,.0f}", f"{used:.3f}", f"{tenth:.3f}"]
        wrong = line.share("REGRESSED" if right == "PASS" else "PASS")
        lines.append([f"{100 * mean:+.0f}", f"{flips:.2f}", right, *rates, f"{wrong:.3f}"])
    heads = ["true difference, pt", "psi", "right", "share right", "mean n", "mean n/N"]
    heads += ["90th percentile of n/N", "share wrong"]
    table("Items that the sequential gate takes, N = 10,000", heads, lines)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
