"""``aligntax board``: the leaderboard in a browser, on this machine."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli_store import StoreOption

_BLUE = "#0072B2"  # Okabe and Ito's, as in the charts
_SETTINGS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",  # nothing of ours changes, and watching costs seconds
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",  # a page that breaks shows no paths of this machine
    "theme.baseFontSize": "14",
    "theme.light.primaryColor": _BLUE,  # one for both would make every page light
    "theme.dark.primaryColor": _BLUE,
}


def board(
    store: StoreOption = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Local port.")] = 8501,
    share_safe: Annotated[
        bool,
        typer.Option(
            "--share-safe", help="Hide all texts of documents, prompts and answers, on all pages."
        ),
    ] = False,
) -> None:
    """Open the leaderboard on 127.0.0.1; of the store only its index is written.

    Example: aligntax board --store ./evals
    """
    from importlib.resources import files

    from harness.cli_index import build_index
    from harness.store import Store
    from harness.store.index_board import is_indexed

    here = Store(store or Path("evals"))
    if here.root.exists() and not is_indexed(here):
        build_index(here)  # minutes, where there are 100,000 cells; with a bar
    environment = os.environ | {"ALIGNTAX_STORE": str(here.root.resolve())}
    if share_safe:
        environment["ALIGNTAX_SHARE_SAFE"] = "1"
    command = [sys.executable, "-m", "streamlit", "run", str(files("leaderboard") / "app.py")]
    for name, value in [*_SETTINGS.items(), ("server.port", str(port))]:
        command += [f"--{name}", value]
    os.execve(sys.executable, command, environment)  # so that a signal to us stops the server
