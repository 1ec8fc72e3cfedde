"""Text for standard output: coloured on a terminal that wants it, plain everywhere else."""

import io
import os
import sys

from rich.console import Console, RenderableType

from harness.render.escape import visible
from harness.secrets import masked

WIDTH = 120  # where there is no terminal to ask


def print_out(text: str) -> None:
    """Write text to standard output, ending with one line break."""
    try:
        sys.stdout.write(text.rstrip("\n") + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Write a message to standard error; secrets are masked, control characters seen."""
    lines = masked(text).split("\n")
    sys.stderr.write("\n".join(map(visible, lines)) + "\n")


def terminal_width() -> int:
    """Return how many columns standard output has."""
    return Console().width if sys.stdout.isatty() else WIDTH


def as_text(view: RenderableType, width: int, colour: bool | None = None) -> str:
    """Return a rich renderable as text; None asks the terminal, and honours ``NO_COLOR``."""
    if colour is None:
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        colour = sys.stdout.isatty() and wanted
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
    )
    with console.capture() as captured:
        console.print(view)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"
