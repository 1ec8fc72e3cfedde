"""The real ``aligntax board`` over a store that is full: the bundled family, with verdicts."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import yaml

GATES = (
    ("base", "aligned", ("medical_qa_*", "medical_facts_*"), 16),
    ("sft", "aligned", ("medical_qa_*", "medical_facts_*"), 8),
    ("sft", "aligned", ("specialty_en", "note_summary_*", "preference_*"), 5),
)
"""Baseline, candidate, tasks and margin in points of gates whose verdicts a leaderboard shows."""
_PATIENCE = 240.0


def aligntax(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "harness", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def judged(demo: Path, folder: Path) -> Path:
    """Copy a store of the bundled family, let gates judge it there, and return the copy."""
    store = folder / "evals"
    shutil.copytree(demo, store, ignore=shutil.ignore_patterns("index", "verdicts"))
    for baseline, candidate, tasks, margin in GATES:
        rules = [{"task": task, "margin": margin, "allow_underpowered": True} for task in tasks]
        policy = folder / "gate.yaml"
        policy.write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
        asked = ("--baseline", baseline, "--candidate", candidate, "--policy", policy.name)
        said = aligntax("gate", *asked, "--store", "evals", cwd=folder)
        assert said.returncode in (0, 1, 3), said.stderr
    return store


@contextmanager
def served(store: Path, *options: str) -> Iterator[str]:
    """Run ``aligntax board`` on a free port until the end of the block; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "harness", "board", "--store", str(store)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    server = subprocess.Popen(
        [*command, "--port", str(port), *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(server, f"{url}/_stcore/health")
        yield url
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _wait(server: subprocess.Popen[str], address: str) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if server.poll() is not None:
            raise AssertionError(f"the board ended: {server.communicate()[0]}")
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    server.terminate()
    raise AssertionError(f"{address} doesn't answer: {server.communicate()[0]}")
