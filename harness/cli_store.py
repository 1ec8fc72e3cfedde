"""``aligntax store``: care of the store; and ``aligntax rescore``."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.errors import DamageError
    from harness.store import Store
    from harness.store.index import Index
    from harness.store.waste import Item
    from harness.stored_tasks import TaskFinder

_LONG = 500  # cells that take a second or so to read

store_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

StoreOption = Annotated[
    Path | None,
    typer.Option("--store", envvar="ALIGNTAX_STORE", help="Folder of the results [./evals]."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it; else it is only listed.")]
SpecOption = Annotated[
    Path | None,
    typer.Option("--spec", help="A run.yaml whose tasks count instead of those of the runs."),
]
AllowCodeOption = Annotated[
    bool,
    typer.Option("--allow-code", help="Let files that you name run their own code; read them."),
]


@store_app.callback()
def store() -> None:
    """List, check, pack and clear a store.

    Example: aligntax store verify --store ./evals
    """


@store_app.command("ls")
def ls_command(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List the cells of a store: who was asked, how many documents, how large.

    Example: aligntax store ls --json
    """
    from harness.store_listings import print_cells

    index = opened_index(opened(store))
    print_cells(index, as_json=as_json)
    end_with(index.damage)


@store_app.command()
def verify(
    spec: SpecOption = None,
    allow_code: AllowCodeOption = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Hash and read everything, compute all scores again, name what doesn't follow.

    Exit code 74 if something is damaged; what couldn't be checked is a note.

    Example: aligntax store verify --spec run.yaml
    """
    from rich.console import Console
    from rich.progress import track

    from harness import verify as checking
    from harness.store_listings import print_findings

    def watch(keys: "Sequence[str]") -> "Iterable[str]":
        console = Console(stderr=True)
        return track(keys, "", console=console, transient=True, disable=not console.is_terminal)

    finder = _finder(spec, allow_code=allow_code)
    findings = list(checking.verify(opened(store), finder, watch))
    print_findings(findings, as_json=as_json)
    faulty = {finding.file for finding in findings if finding.fault}
    if faulty:
        _say(f"{len(faulty)} damaged or wrong files")
        raise typer.Exit(74)
    _say("all that could be checked follows from the records")


@store_app.command()
def compact(
    cells: Annotated[list[str] | None, typer.Argument(help="Keys of cells [all].")] = None,
    store: StoreOption = None,
) -> None:
    """Pack each cell's small segments, and what killed processes left, into one segment.

    Superseded records (an error that was answered later) are dropped. Runs may go on meanwhile.

    Example: aligntax store compact
    """
    from harness.errors import DamageError
    from harness.store.compact import compact as pack

    here = opened(store)
    damage = []
    journals = segments = dropped = 0
    for key in [here.find_cell(start) for start in cells] if cells else here.cells():
        try:
            packed = pack(here, key)
        except DamageError as error:
            damage.append(str(error))
            continue
        journals += packed.journals
        segments += packed.segments
        dropped += packed.dropped
    _say(
        f"{segments:,} segments packed, {journals:,} journals of processes that ended sealed, "
        f"{dropped:,} superseded records dropped"
    )
    end_with(damage)


@store_app.command()
def rm(
    names: Annotated[list[str], typer.Argument(help="Runs, families, or (first digits of) cells.")],
    yes: YesOption = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Remove runs or families, with what no other run refers to, or single cells.

    Without --yes it only lists what would go.

    Example: aligntax store rm medical-demo --yes
    """
    from harness.errors import StoreError
    from harness.store.waste import named

    here = opened(store)
    items = named(here, names)
    live = [item.path for item in items if item.live]
    if live:
        raise StoreError(f"{live[0]}: a process writes to it; wait for its end, or stop it")
    _remove(here, items, yes=yes, as_json=as_json)


@store_app.command()
def gc(yes: YesOption = False, as_json: JsonOption = False, store: StoreOption = None) -> None:
    """Remove what no run refers to and nothing has touched for a day.

    That is cells, scores and plans, halves of files that killed processes left, and damaged files
    that were set aside. Without --yes it only lists them.

    Example: aligntax store gc --yes
    """
    import time

    from harness.store.waste import waste

    now = time.time()
    here = opened(store)
    _remove(here, waste(here, now), yes=yes, as_json=as_json, now=now)


def rescore(
    what: Annotated[
        str | None, typer.Argument(help="A family, or a run.yaml with new metrics [all families].")
    ] = None,
    allow_code: AllowCodeOption = False,
    store: StoreOption = None,
) -> None:
    """Compute all scores again from the stored answers; no model runs.

    A metric that is new or has changed gets its scores. With a run.yaml its tasks count, else
    those that the runs asked for.

    Example: aligntax rescore run.yaml
    """
    from harness.rescore import rescore as score_again
    from harness.spec import load_spec

    given = load_spec(Path(what)) if what and what.endswith((".yaml", ".yml")) else None
    here = opened(store or (given.store if given else None))
    families = [given.family] if given else [what] if what else []
    finder = _finder(Path(what) if given and what else None, allow_code=allow_code)
    left: list[str] = []
    damage: list[str] = []
    for done in score_again(here, families, finder):
        _say(f"{done.family}: {done.cells:,} cells scored again, {done.written:,} scores changed")
        if done.imported:
            _say(f"{done.family}: {done.imported:,} imported cells keep the scores that came along")
        (damage if done.damaged else left).extend(done.left)
    end_with(damage)
    end_with(left, code=4)


def opened(store: Path | None) -> "Store":
    """Return a store that is there; EvidenceError if there is none."""
    from harness.errors import EvidenceError
    from harness.store import Store

    root = store or Path("evals")
    if not root.exists():
        raise EvidenceError(f"{root}: no such store; name one by --store, `aligntax run` makes one")
    return Store(root)


@contextmanager
def reading(store: Path | None) -> "Iterator[Store]":
    """Give a store to show: damaged accounts and pairs are said, and left out of what is shown.

    What isn't found without them ends with 74.
    """
    from harness.errors import EvidenceError
    from harness.store import Store

    said: set[str] = set()

    def told(error: "DamageError") -> None:
        if str(error) not in said:
            _say(f"aligntax: {error}; left out here")
        said.add(str(error))

    try:
        yield Store(opened(store).root, told)
    except EvidenceError as error:
        if not said:
            raise
        end_with([str(error)])


def opened_index(store: "Store") -> "Index":
    """Return a store's index; say so if it takes long."""
    from harness.store.index import open_index

    def reading(cells: int) -> None:
        if cells >= _LONG:
            _say(f"{cells:,} cells are new or changed; reading them for the index ...")

    return open_index(store, reading)


def end_with(lines: "Sequence[str]", code: int = 74) -> None:
    """Say what is wrong, one line each, and end with an exit code; go on if there is nothing."""
    for line in lines:
        _say(f"aligntax: {line}")
    if lines:
        raise typer.Exit(code)


def _finder(spec: Path | None, *, allow_code: bool) -> "TaskFinder":
    from harness.spec import load_spec
    from harness.stored_tasks import TaskFinder

    return TaskFinder(load_spec(spec).tasks if spec else None, allow_code=allow_code)


def _remove(
    store: "Store",
    items: "Sequence[Item]",
    *,
    yes: bool,
    as_json: bool,
    now: float | None = None,
) -> None:
    from harness.store.waste import remove
    from harness.store_listings import print_items

    stayed = remove(store, items, now) if yes else []
    gone = [item for item in items if item not in stayed]
    if gone or as_json:
        print_items(gone, as_json=as_json)
    if not items:
        _say("nothing that could go")
    for item in stayed:
        _say(f"{item.path}: is in use after all; it stays")
    if items and not yes:
        _say("nothing was removed; --yes removes what is listed")


def _say(line: str) -> None:
    from harness.render import say

    say(line)
