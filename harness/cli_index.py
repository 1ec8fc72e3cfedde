"""``aligntax store index``: analyse what the board shows before anybody waits for it."""

from typing import TYPE_CHECKING

from harness.cli_run import resumable
from harness.cli_store import StoreOption, end_with, opened

if TYPE_CHECKING:
    from harness.store import Store
    from harness.store.index_board import Indexed


def index(store: StoreOption = None) -> None:
    """Bring the index of the board up to date: only what is new or changed is analysed.

    `aligntax board` does it, too, when there is none. Stopped, it goes on where it was.

    Example: aligntax store index --store ./evals
    """
    from harness.render import say

    here = opened(store)
    found = build_index(here)
    families = len(set(found.checkpoints["family"].to_pylist()))
    say(f"ready for the board: checkpoints {len(found.checkpoints):,}, families {families:,}")
    end_with(found.damage)


def build_index(store: "Store") -> "Indexed":
    """Return what the board shows of a store as it is now; a bar on a terminal says how far."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from harness.analysis.board_index import refresh

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("analysing checkpoints"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with resumable(), bar:
        task = bar.add_task("", total=None)
        return refresh(store, lambda done, of: bar.update(task, completed=done, total=of))
