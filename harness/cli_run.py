"""What ``aligntax run`` and ``aligntax demo`` do: a run, its table, its messages, its exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.interrupt import Interrupted, Stop, listening

if TYPE_CHECKING:
    from harness.evaluate import Job
    from harness.run import Summary

__all__ = ["evaluate", "resumable"]


@contextmanager
def resumable() -> Iterator[Stop]:
    """Yield what SIGTERM and Ctrl-C ask to stop; after one of them say how to go on."""
    with listening() as stop:
        try:
            yield stop
        except (Interrupted, KeyboardInterrupt) as signal:
            from harness.render import say

            say("aligntax: interrupted; what was finished is stored, the same command goes on")
            raise typer.Exit(getattr(signal, "exit_code", 130)) from None


def evaluate(job: "Job", stop: Stop, *, dry_run: bool, repeat: bool) -> None:
    """Run a job and print its table; raises Exit(4) if the run is incomplete."""
    from rich.console import Console

    from harness.analysis.families import table_of
    from harness.listings import print_errands, print_plan
    from harness.render import print_out, say, stage_table_text

    if dry_run:
        print_plan(job.work())
        print_errands(job.errands, job.store)
        return
    summary = job.run(Console(file=sys.stderr), stop)
    print_out(stage_table_text(table_of(job.store, summary.run)))
    for line in _messages(summary, job.store.root):
        say(line)
    incomplete = [*summary.incomplete, *(_diverge(job, stop) if job.errands else ())]
    incomplete += _repeat(job, summary.run["id"]) if repeat else []
    for line in incomplete:
        say(f"incomplete: {line}")
    if incomplete:
        raise typer.Exit(4)


def _messages(summary: "Summary", store: Path) -> Iterator[str]:
    yield (
        f"{summary.asked:,} documents asked, {summary.covered:,} were already in {store}"
        if summary.asked
        else f"everything was already in {store}; no model was run"
    )
    for path in summary.damaged:
        yield f"damaged: {path}: set aside; what it held was asked again"
    for line in summary.cut:
        yield f"cut: {line}"
    for line in summary.notes:
        yield f"note: {line}"
    for line in summary.left_out:
        yield f"left out, for want of the texts: {line}"
    if summary.halved is not None:
        yield f"out of memory: batch halved to {summary.halved}"
    if summary.unwritten is not None:
        yield f"note: this run isn't listed in the store: {summary.unwritten}"


def _diverge(job: "Job", stop: Stop) -> list[str]:
    """Measure and print the KL drift; return a line for each pair that failed too often."""
    from rich.console import Console

    from harness.listings import print_divergence
    from harness.render import say

    found = job.diverge(Console(file=sys.stderr), stop)
    print_divergence(found, job.inspections)
    for refused in [each for each in found if each.refused]:
        say(f"note: no KL of {refused.errand.title}: {refused.refused}")
    asked = sum(each.asked for each in found)
    if asked:
        say(f"KL of {asked:,} documents measured, it is in {job.store.root / 'pairs'}")
    return [line for each in found if (line := each.incomplete)]


def _repeat(job: "Job", run: str) -> list[str]:
    """Measure and print the noise floor; return a line for each cell that failed too often."""
    from rich.console import Console

    from harness.listings import print_noise
    from harness.render import say
    from harness.repeat import incomplete

    found = job.repeat(Console(file=sys.stderr), run)
    print_noise(found)
    asked = sum(each.asked for each in found)
    say(
        f"{asked:,} documents asked again, the noise floor is in {job.store.root / 'pairs'}"
        if asked
        else f"the noise floor was already in {job.store.root / 'pairs'}; no model was run"
    )
    return incomplete(found)
