"""What a gate finds: Gaussian noise of growing size on the weights of the bundled family.

    python tests/benches/gate_power.py [models per size] > reports/benchmarks/gate_power.md

Noise of a relative size sigma (of each tensor's own standard deviation) is added to the aligned
checkpoint. Every fact of the family's tables is asked in a wording that training never saw, once in
English and once in Chinese: two rules of some 600 documents. The fixed gate judges all of them, the
sequential one stops by itself; both are the product's own, over one store. A second table has
sequential gates of one language each, with a margin of 2 points.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from safetensors.torch import load_file, save_file

from harness.analysis.subjects import find_subject
from harness.backends.base import Backend
from harness.demo import documents
from harness.demo.tables import load_tables
from harness.evaluate import Job, prepare
from harness.gate.decide import decide
from harness.gate.policy import Policy, load_policy
from harness.gate.sequential import Candidate, sequential_gate
from harness.plan import Cell
from harness.results import RuleVerdict, Verdict
from harness.run import run
from harness.spec import load_spec

SIZES = (0.0, 0.05, 0.1, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3)
SEED = 20260101
MARGIN = 5
CLOSE = 2
LANGUAGES = ("en", "zh")
WEIGHTS = Path(documents.__file__).with_name("weights") / "aligned"
DECISIONS = ("REGRESSED", "INCONCLUSIVE", "PASS")
BANDS = ((-40, -24), (-24, -16), (-16, -12), (-12, -8), (-8, -4), (-4, -1), (-1, 2))


class Quiet:
    """A watcher that shows nothing."""

    def load(self, checkpoint: str) -> None:
        pass

    def begin(self, cell: Cell, documents: int) -> None:
        pass

    def advance(self) -> None:
        pass


@dataclass
class Line:
    """What became of the models of one size."""

    sigma: float
    differences: list[float] = field(default_factory=list)
    fixed: Counter[str] = field(default_factory=Counter)
    sequential: Counter[str] = field(default_factory=Counter)
    asked: list[int] = field(default_factory=list)
    total: int = 0
    close: list[RuleVerdict] = field(default_factory=list)
    """Of the gates of one language."""


def write_questions(folder: Path) -> None:
    """Write a set per language."""
    tables = load_tables()
    for language in LANGUAGES:
        rows = documents.choice_rows(tables, list(tables.facts), language, documents.fact_question)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        (folder / f"facts_{language}.jsonl").write_text("".join(lines), encoding="utf-8")


def perturbed(folder: Path, sigma: float, seed: int) -> None:
    """Write the aligned checkpoint with noise on every weight matrix."""
    folder.mkdir()
    for path in WEIGHTS.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    drawn = torch.Generator().manual_seed(seed)
    tensors = load_file(WEIGHTS / "model.safetensors")
    for name, tensor in tensors.items():
        if tensor.ndim > 1 and sigma:
            noise = torch.randn(tensor.shape, generator=drawn)
            moved = tensor.float() + sigma * tensor.float().std() * noise
            tensors[name] = moved.to(tensor.dtype).contiguous()
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def job_of(folder: Path, name: str) -> Job:
    """Return the job that asks the reference and one candidate."""
    task: dict[str, Any] = {"kind": "multiple_choice", "capability": "domain"}
    spec = {
        "family": "power",
        "checkpoints": [
            {"name": "aligned", "stage": "aligned", "model": str(WEIGHTS)},
            {"name": name, "stage": "aligned", "parent": "aligned", "model": str(folder / name)},
        ],
        "tasks": [
            {"name": f"facts_{code}", "language": code, "data": f"facts_{code}.jsonl"} | task
            for code in LANGUAGES
        ],
        "formats": ["chat"],
        "backend": {"name": "hf", "device": "cpu", "max_length": 256, "batch_size": 32},
        "store": "evals",
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(spec))
    return prepare(load_spec(path))


def never(*_: object) -> Backend:
    """Refuse to open a model: everything is in the store."""
    raise AssertionError("the sequential gate asked what the store covers")


def stopped(job: Job, name: str, policy: Policy) -> Verdict:
    """Return the verdict of the sequential gate on stored evidence."""
    before = find_subject(job.store, "aligned")
    asked = Candidate(name=name, plan=job.plan, inspections=job.inspections, store=job.store)
    return sequential_gate(asked, [before], policy, Quiet(), open_=never)


def policies(folder: Path) -> list[Policy]:
    """Return that of both languages, then one for each language, with the closer margin."""
    path, found = folder / "gate.yaml", []
    for task, margin in [("facts_*", MARGIN), *((f"facts_{code}", CLOSE) for code in LANGUAGES)]:
        lenient = f"allow_underpowered: {str(margin == CLOSE).lower()}"
        path.write_text(f"{lenient}\nrules: [{{task: '{task}', margin: {margin}}}]\n")
        found.append(load_policy(path))
    return found


def judge(folder: Path, line: Line, seed: int, rules: Sequence[Policy]) -> None:
    """Make one model, ask it everything and judge it both ways."""
    name = f"noise-{line.sigma:g}-{seed}"
    perturbed(folder / name, line.sigma, seed)
    job = job_of(folder, name)
    run(job.plan, job.inspections, job.store, Quiet())
    before, after = (find_subject(job.store, who).rows for who in ("aligned", name))
    fixed = decide(rules[0], {"aligned": before}, after, name)
    sequential = stopped(job, name, rules[0])
    line.fixed[fixed.decision] += 1
    line.sequential[sequential.decision] += 1
    values = [rule.estimate.value for rule in fixed.rules if rule.estimate]
    line.differences.append(100 * float(np.mean(values)))
    line.asked.append(sum(rule.stopped.n for rule in sequential.rules if rule.stopped))
    line.total = sum(rule.stopped.of for rule in sequential.rules if rule.stopped)
    alone = [stopped(job, name, policy).rules[0] for policy in rules[1:]]
    whole = {rule.row: rule.estimate for rule in fixed.rules}
    line.close += [replace(rule, estimate=whole[rule.row]) for rule in alone]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print one Markdown table."""
    print(f"\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def close(lines: Sequence[Line], total: int) -> None:
    """Print what became of the gates of one language, by the difference over all documents."""
    found = [rule for line in lines for rule in line.close if rule.estimate and rule.stopped]
    print(
        f"\nSequential gates of one language, {total} documents each, margin {CLOSE} points, by "
        "their difference over all documents. n: documents that were looked at."
    )
    rows = []
    for low, high in BANDS:
        inside = [r for r in found if r.estimate and low <= 100 * r.estimate.value < high]
        if not inside:
            continue
        n = [rule.stopped.n for rule in inside if rule.stopped]
        shares = [
            f"{sum(r.decision == decision for r in inside) / len(inside):.2f}"
            for decision in DECISIONS
        ]
        where = f"{low} to {high}"
        spread = f"{min(n)} to {max(n)}"
        rows.append([where, str(len(inside)), *shares, f"{np.mean(n):,.0f}", spread])
    table(["difference, pt", "gates", *DECISIONS, "mean n", "n from, to"], rows)


def main(models: int) -> None:
    """Print the power curve."""
    torch.set_num_threads(1)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_questions(folder)
        rules, lines = policies(folder), []
        for size, sigma in enumerate(SIZES):
            line = Line(sigma)
            for number in range(models if sigma else 1):
                judge(folder, line, SEED + 1000 * size + number, rules)
            lines.append(line)
    total = lines[0].total
    print("# What the gate finds: noise on the weights of the bundled family\n")
    print(
        f"{models} models per size (one without noise), two rules of {total // 2} documents "
        f"each, margin {MARGIN} points, alpha 5 %. The difference is the mean of both rules' over "
        "all documents; n is what the sequential gate looked at."
    )
    rows = []
    for line in lines:
        spread = f"{np.mean(line.differences):+.1f} ({min(line.differences):+.1f} to "
        shares = [
            f"{gate[d] / gate.total():.2f}"
            for gate in (line.fixed, line.sequential)
            for d in DECISIONS
        ]
        n = float(np.mean(line.asked))
        used = [f"{n:,.0f}", f"{n / total:.2f}"]
        rows.append([f"{line.sigma:g}", spread + f"{max(line.differences):+.1f})", *shares, *used])
    heads = ["sigma", "difference, pt (range)", *(f"fixed {d}" for d in DECISIONS)]
    heads += [*(f"sequential {d}" for d in DECISIONS), "n", f"of {total:,}"]
    table(heads, rows)
    close(lines, total // 2)
    print(f"\n{time.monotonic() - start:,.0f} s on one core.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
