"""What a run ran on and in: machine, device, the state of the code; for its account.

All of it may be unknown: what can't be told is None, and nothing here fails or prints.
"""

import os
import platform
import re
import subprocess
from pathlib import Path

import harness
from harness.backends import BackendSpec
from harness.backends.device import resolve_device
from harness.hardware import hardware
from harness.records import JSON

__all__ = ["code_state", "device", "git_state", "machine"]

_SECONDS = 5.0  # for git to answer
_DRIVER = Path("/proc/driver/nvidia/version")


def machine() -> dict[str, JSON]:
    """Return system, processor, cores and main memory (bytes)."""
    here = hardware(BackendSpec(name="fake"))  # a backend that asks no device
    return {
        "system": platform.platform(),
        "cores": here["cores"],
        "processor": here["processor"],
        "memory_bytes": _memory(),
    }


def device(spec: BackendSpec) -> dict[str, JSON] | None:
    """Return what a backend computes on: name, threads; on CUDA also its memory and versions.

    None for a backend that doesn't compute here. To be asked when the backend is open, because it
    imports torch where that is used.
    """
    here = hardware(spec)
    if "torch" not in here:
        return None
    import torch

    found: dict[str, JSON] = {"name": here["device"], "threads": here["threads"]}
    chosen = resolve_device(spec.device)
    if chosen.type != "cuda":
        return found
    properties = torch.cuda.get_device_properties(chosen)
    return found | {
        "memory_bytes": properties.total_memory,
        "cuda": torch.version.cuda or torch.version.hip,
        "driver": _driver(),
    }


def code_state(folder: Path | None) -> dict[str, JSON]:
    """Return the git states of a spec's folder and of aligntax; None for what isn't in git."""
    own = Path(harness.__file__).parent
    return {
        "spec": None if folder is None else git_state(folder),
        # an installed copy may lie in an environment inside somebody's checkout
        "aligntax": None if "site-packages" in own.parts else git_state(own),
    }


def git_state(folder: Path) -> dict[str, JSON] | None:
    """Return a checkout's revision, and whether files that git knows were changed since.

    None outside git, without git, or where it doesn't answer in time.
    """
    revision = _git(folder, "rev-parse", "--verify", "HEAD")
    if revision is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"revision": revision.strip(), "dirty": None if changed is None else bool(changed)}


def _git(folder: Path, *arguments: str) -> str | None:
    quiet = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")  # a folder's own
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *quiet, "-C", str(folder), *arguments],
            env=environment | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on Windows
        return None


def _driver() -> str | None:
    try:
        found = re.search(r"\d{3,}\.\d+(\.\d+)?", _DRIVER.read_text(encoding="utf-8"))
    except OSError:
        return None
    return found[0] if found else None
