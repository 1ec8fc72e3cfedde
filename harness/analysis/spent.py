"""What runs cost, by run and by cell."""

from collections.abc import Iterable, Mapping

from harness.records import JSON
from harness.results.runs import RunCost

__all__ = ["pace", "run_cost"]

Run = Mapping[str, JSON]


def run_cost(run: Run) -> RunCost:
    """Return what a run cost altogether."""
    costs = [cell["cost"] for cell in run["cells"] if cell.get("cost")]

    def total(name: str) -> float:
        return sum(cost.get(name) or 0 for cost in costs)

    scored, made = total("tokens_scored"), total("tokens_generated")
    asking = total("seconds")
    return RunCost(
        cells=len(run["cells"]),
        wanted=len(run.get("wanted") or ()),
        documents=int(total("documents")),
        seconds=sum((run.get("seconds") or {}).values()),
        asking=asking,
        tokens=int(scored + made),
        tokens_per_second=(scored + made) / asking if asking else None,
        peak_process_bytes=run.get("peak_process_bytes"),
        peak_device_bytes=_largest(cost.get("peak_device_bytes") for cost in costs),
    )


def pace(runs: Iterable[Run]) -> dict[str, float]:
    """Return by a cell's key the seconds a document took in the newest run that asked some."""
    found = {}
    for run in runs:
        for cell in run["cells"]:
            cost = cell.get("cost") or {}
            if cost.get("documents") and cost.get("seconds") is not None:
                found[cell["key"]] = cost["seconds"] / cost["documents"]
    return found


def _largest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)
