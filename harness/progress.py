"""Progress on stderr: a bar on a terminal, nothing elsewhere."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.plan import Cell


class RunProgress:
    """A :class:`harness.run.Watcher` that draws one bar over all documents of a run."""

    def __init__(self, console: Console, documents: int) -> None:
        """Draw on ``console`` if it is a terminal; ``documents`` is the run's total."""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("planning", total=documents)

    def __enter__(self) -> "RunProgress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def load(self, checkpoint: str) -> None:
        """Say whose weights are being loaded."""
        self._describe(f"{checkpoint}: loading")

    def begin(self, cell: Cell, documents: int) -> None:
        """Say which cell is being asked."""
        self._describe(f"{cell.checkpoint.name} × {cell.row}")

    def advance(self) -> None:
        """Count one document."""
        self._bar.advance(self._task)

    def _describe(self, text: str) -> None:
        self._bar.update(self._task, description=f"{text.replace('[', '(')[:48]:<48}")
