"""Our scorer beside lm-eval's HFLM on the works that its targets name; about half an hour.

    python tests/benches/scorer.py MODEL DATA OUT [WORK ...] [--adapter PATH ...]

``aligntax bench`` with two threads, float32 and max_length 2048, three turns each. OUT gets a JSON
file a work and, from all that lie there, ``README.md``; a WORK's name runs that one only.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.render.bench import bench_markdown
from harness.results.bench import Bench, Chain, SideCost, Workload

CHAIN = "chain"


@dataclass(frozen=True)
class Work:
    """What is scored, and the ratio of times that it should reach."""

    task: str
    documents: int
    target: float
    shots: int | None = None
    other_batches: str = "1,32"


WORKS = {
    "hellaswag-5shot": Work("hellaswag", 32, 25, 5, ""),
    "medqa-5shot": Work("medical_qa_usmle:cf", 8, 12, 5, ""),
    "hellaswag-0shot": Work("hellaswag", 32, 2.5, 0),
    "mmlu-5shot": Work("mmlu_medical:mcf", 32, 4, 5, "1"),
    "pubmed": Work("perplexity_pubmed_en", 32, 1.2),
    "wikitext": Work("perplexity_wikitext", 2, 1.0, None, "1"),
    "meqsum": Work("meqsum", 16, 2),
}


def main() -> None:
    asked = arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.works or [*WORKS, *([CHAIN] if asked.adapter else [])]:
        found = measured(asked, name)
        (asked.out / f"{name}.json").write_text(found, encoding="utf-8")
        (asked.out / "README.md").write_text(report(asked.out), encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("out", type=Path)
    parser.add_argument("works", nargs="*", metavar="WORK")
    parser.add_argument("--adapter", action="append", default=[])
    return parser.parse_args()


def measured(asked: argparse.Namespace, name: str) -> str:
    """Run one work in a process of its own; its model's path is cut to a name."""
    command = [sys.executable, "-m", "harness", "bench", asked.model, "--data", asked.data]
    command += ["--threads", "2", "--dtype", "float32", "--max-length", "2048", "--json"]
    if name == CHAIN:
        command += ["--tasks", "hellaswag", "--num-fewshot", "0", "--limit", "400"]
        command += ["--repeats", "1", "--other-batches", ""]
        for adapter in asked.adapter:
            command += ["--adapter", adapter]
    else:
        work = WORKS[name]
        command += ["--tasks", work.task, "--limit", str(work.documents)]
        command += ["--repeats", "3", "--other-batches", work.other_batches]
        command += [] if work.shots is None else ["--num-fewshot", str(work.shots)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    said = json.loads(printed)
    return json.dumps({**said, "model": Path(said["model"]).stem}, indent=1) + "\n"


def report(folder: Path) -> str:
    """Return the page of all that has been measured."""
    found = {path.stem: read(path) for path in sorted(folder.glob("*.json"))}
    lines = [
        "# The scorer against lm-eval's HFLM",
        "",
        "| work | target | reached |",
        "|---|---|---|",
    ]
    lines += [
        f"| {name} | ≥ {work.target:g}× | {found[name].workloads[0].ratio:.2f}× |"
        for name, work in WORKS.items()
        if name in found
    ]
    if CHAIN in found and found[CHAIN].chain:
        chain = found[CHAIN].chain
        lines += [f"| three checkpoints | ≤ 1.1 | {chain.seconds / chain.scoring:.2f} |"]
    for name, bench in found.items():
        lines += ["", f"## {name}", "", bench_markdown(bench).rstrip()]
    return "\n".join(lines) + "\n"


def read(path: Path) -> Bench:
    """Return a bench from its JSON."""
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    del said["format_version"]
    works = tuple(workload(each) for each in said.pop("workloads"))
    chain = said.pop("chain")
    return Bench(workloads=works, chain=Chain(**chain) if chain else None, **said)


def workload(said: dict[str, Any]) -> Workload:
    sides = {side: SideCost(**said.pop(side)) for side in ("ours", "theirs")}
    others = {int(size): seconds for size, seconds in said.pop("other_batches").items()}
    return Workload(**said, **sides, other_batches=others)


if __name__ == "__main__":
    main()
