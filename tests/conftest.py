"""Toy checkpoints, documents and specs; a store in a temporary folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings
from toys import quiz_rows, write_jsonl

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # started in a shell's background: the processes that tests interrupt would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does, before torch loads
settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _own_caches(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests out of the user's caches, settings and network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
    monkeypatch.delenv("ALIGNTAX_KEY_FILE", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("ALIGNTAX_STORE", raising=False)


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """The folder of real data and models beside the checkout; skips where it is absent."""
    folder = pytestconfig.rootpath.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the real data in ../shared")
    return folder


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a whole ``aligntax demo``, a minute's work; a test that changes it copies it."""
    folder = tmp_path_factory.mktemp("demo") / "evals"
    command = [sys.executable, "-m", "harness", "demo", "--store", str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert "documents asked" in said
    return folder


@pytest.fixture
def write_spec(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a run.yaml with a toy quiz, changed by keyword arguments."""
    write_jsonl(tmp_path / "quiz.jsonl", quiz_rows())

    def write(**changes: Any) -> Path:
        spec: dict[str, Any] = {
            "family": "toy",
            "checkpoints": [
                {"name": "base", "stage": "base", "model": "toy/base"},
                {"name": "sft", "stage": "sft", "parent": "base", "model": "toy/sft"},
                {"name": "dpo", "stage": "aligned", "parent": "sft", "model": "toy/dpo"},
            ],
            "tasks": [
                {
                    "name": "quiz",
                    "kind": "multiple_choice",
                    "capability": "general",
                    "data": "quiz.jsonl",
                }
            ],
            "formats": ["plain"],
            "backend": "fake",
            "store": "evals",
        }
        spec |= changes
        path = tmp_path / "run.yaml"
        kept = {key: value for key, value in spec.items() if value is not None}
        path.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True))
        return path

    return write
