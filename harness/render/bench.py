"""A bench on a terminal and in Markdown, and as JSON."""

import json
from collections.abc import Callable
from dataclasses import asdict

from harness.render.escape import markdown, visible
from harness.render.lists import columns_text
from harness.render.numbers import MISSING
from harness.results.bench import Bench, Workload

_MIB = 2**20
_COLUMNS: dict[str, Callable[[Workload], str]] = {
    "task": lambda w: visible(w.row),
    "docs": lambda w: f"{w.documents:,}",
    "requests": lambda w: f"{w.requests:,}",
    "ours s": lambda w: f"{w.ours.median:.2f}",
    "HFLM s": lambda w: f"{w.theirs.median:.2f}",
    "ratio": lambda w: f"{w.ratio:.2f}×",
    "to its best batch": lambda w: f"{w.ratio_to_best:.2f}×",
    "tokens": lambda w: f"{w.theirs.tokens / w.ours.tokens:.1f}×" if w.ours.tokens else MISSING,
    "ours MiB": lambda w: _mib(w.ours.working_bytes),
    "HFLM MiB": lambda w: _mib(w.theirs.working_bytes),
    "max |Δ log p|": lambda w: _number(w.largest_difference),
    "other choice": lambda w: _count(w.differing_choices),
    "other greedy": lambda w: _count(w.differing_greedy),
    "other text": lambda w: _count(w.differing_texts),
    "of the limit": lambda w: f"{100 * w.share_of_limit:.0f} %",
}


def bench_text(bench: Bench) -> str:
    """Return a bench for a terminal."""
    rows = [[cell(work) for cell in _COLUMNS.values()] for work in bench.workloads]
    return columns_text([*_COLUMNS], rows).rstrip("\n") + "\n\n" + "\n".join(_notes(bench)) + "\n"


def bench_markdown(bench: Bench) -> str:
    """Return a bench as Markdown."""
    lines = [f"| {' | '.join(map(markdown, _COLUMNS))} |", "|---" * len(_COLUMNS) + "|"]
    lines += [
        f"| {' | '.join(markdown(cell(work)) for cell in _COLUMNS.values())} |"
        for work in bench.workloads
    ]
    return "\n".join([*lines, "", *(f"- {markdown(line)}" for line in _notes(bench))]) + "\n"


def bench_json(bench: Bench) -> str:
    """Return all that a bench measured."""
    return json.dumps({"format_version": 1, **asdict(bench)}, indent=1, ensure_ascii=False) + "\n"


def _notes(bench: Bench) -> list[str]:
    said = bench.settings
    sizes = sorted({size for w in bench.workloads for size in (w.batch_size, *w.other_batches)})
    used = sorted({w.batch_size for w in bench.workloads})
    lines = [
        f"{bench.parameters / 1e6:.0f}M parameters, vocabulary {bench.vocabulary:,}; "
        f"{said['dtype']} on {said['device']}, max_length {said['max_length']}; medians of "
        f"{said['repeats']} turn{'' if said['repeats'] == 1 else 's'} each, in turn.",
        f"HFLM at batch {', '.join(map(str, used))}, its best of {', '.join(map(str, sizes))}"
        " beside it; ours chooses its own. Memory is the peak beyond the weights.",
        "tokens: read by HFLM over read by ours. of the limit: unique tokens × FLOPs per token "
        f"÷ our time, against {bench.limit / 1e9:.0f} GFLOP/s, the best of five 2048³ products.",
    ]
    for work in bench.workloads:
        lines += [f"{visible(work.row)}: {note}" for note in work.notes]
    if bench.chain is not None:
        chain = bench.chain
        lines.append(
            f"{chain.checkpoints} checkpoints in one run: {chain.seconds:.1f} s, the scoring alone "
            f"{chain.scoring:.1f} s, {chain.seconds / chain.scoring:.2f}× of it."
        )
    return lines


def _mib(value: int | None) -> str:
    return MISSING if value is None else f"{value / _MIB:,.0f}"


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.1e}"


def _count(value: int | None) -> str:
    return MISSING if value is None else str(value)
