"""What several checkpoints of one base cost beyond the scoring alone."""

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from harness.evaluate import prepare
from harness.results.bench import Chain
from harness.spec import RunSpec

__all__ = ["time_chain"]


def time_chain(spec: RunSpec) -> Chain:
    """Run a whole spec into a store that is thrown away; errors as those of a run.

    The scoring is each cell's time from its first request to its last recorded answer.
    """
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        summary = prepare(replace(spec, store=Path(folder))).run(Console(quiet=True))
        seconds = time.perf_counter() - start
        costs = [cell["cost"] for cell in summary.run["cells"] if cell["cost"]]
    return Chain(
        checkpoints=len(spec.checkpoints),
        seconds=seconds,
        scoring=sum(cost["seconds"] for cost in costs),
    )
