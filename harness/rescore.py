"""Score layers rebuilt from records, without a model; and compared with what they follow from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.account import rescored
from harness.errors import DamageError, EvidenceError, StoreError, UsageError
from harness.records import JSON
from harness.scores import LayerError, write_scores
from harness.store import Store, merge_runs
from harness.store.files import listing
from harness.store.imports import is_imported
from harness.stored_tasks import TaskFinder

__all__ = ["Rescored", "newest_namers", "rescore"]


@dataclass(slots=True, kw_only=True)
class Rescored:
    """What a rescore did to one family."""

    family: str
    cells: int = 0
    """Those that were scored again."""
    written: int = 0
    """Layers that are new or other than they were."""
    run: str | None = None
    """The account that says which layers count now; None if the last one says so already."""
    left: list[str] = field(default_factory=list)
    """One line for each cell that couldn't be scored again, in whole or in part."""
    damaged: bool = False
    """Whether damaged files were why."""
    imported: int = 0
    """Cells whose scores others computed: they stay."""


def rescore(store: Store, families: Sequence[str], finder: TaskFinder) -> Iterator[Rescored]:
    """Rebuild the score layers of families (none: all of them).

    Where a metric is new or changed, an account is added that names the layers that count now.
    Raises EvidenceError for a family that isn't there, StoreError when the disk says no.
    """
    runs = store.runs()
    merged, namers = merge_runs(runs), newest_namers(runs)
    for name in families:
        if name not in merged:
            raise EvidenceError(f"{store.root}: no family {name!r}; it has {', '.join(merged)}")
    for name in families or merged:
        yield _family(store, merged[name], namers, finder)


def _family(
    store: Store,
    family: Mapping[str, JSON],
    namers: Mapping[str, Mapping[str, JSON]],
    finder: TaskFinder,
) -> Rescored:
    done = Rescored(family=family["family"])
    cells = []
    for cell in family["cells"]:
        if _is_imported(store, cell["key"]):
            done.imported += 1
            cells.append(cell)
            continue
        layers = _layers(store, namers[cell["key"]], cell, finder, done)
        cells.append({**cell, "layers": layers, "cost": None})
    if [c["layers"] for c in cells] != [c["layers"] for c in family["cells"]]:
        account = rescored(store, family, cells)
        store.write_run(account)
        done.run = account["id"]
    return done


def _is_imported(store: Store, key: str) -> bool:
    try:
        return is_imported(store.identity(key).get("backend", {}))
    except StoreError:  # said where the cell is scored
        return False


def newest_namers(runs: Sequence[Mapping[str, JSON]]) -> dict[str, Mapping[str, JSON]]:
    """Return the newest run (oldest come first) that asked for a cell, by the cell's key.

    The account of a rescore counts only where the runs that it stands on are gone.
    """
    asking_last = sorted(runs, key=lambda run: "rescored" not in run)
    return {cell["key"]: run for run in asking_last for cell in run["cells"]}


def _layers(
    store: Store,
    run: Mapping[str, JSON],
    cell: Mapping[str, JSON],
    finder: TaskFinder,
    done: Rescored,
) -> list[str]:
    """Rebuild a cell's layers; return the names of those that count."""
    title = f"{cell['checkpoint']} × {cell['row']}"
    before = _contents(store.scores_folder(cell["key"]))
    layers: list[str] = cell["layers"]
    try:
        layers = write_scores(store, finder.cell(store, run, cell), anew=True)
    except LayerError as error:
        layers = error.layers
        done.left.append(str(error))
    except UsageError as error:
        done.left.append(f"{title}: {error}")
        return layers
    except DamageError as error:
        done.left.append(str(error))
        done.damaged = True
        return layers
    after = _contents(store.scores_folder(cell["key"]))
    done.cells += 1
    done.written += sum(before.get(path) != content for path, content in after.items())
    return layers


def _contents(folder: Path) -> dict[str, bytes]:
    return {entry.name: Path(entry.path).read_bytes() for entry in listing(folder)}
