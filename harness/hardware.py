"""What numbers are computed on: processor, device and kernels, never the machine's name.

Two machines of one kind have one noise floor. A new version of torch may bring new kernels, and
another number of threads another order of sums, so both count.
"""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from harness.backends import BackendSpec, numerics
from harness.records import JSON, digest

__all__ = ["hardware", "machine_hash"]


def hardware(spec: BackendSpec) -> dict[str, JSON]:
    """Return what a backend's numbers are computed on here.

    ``device``, ``threads`` and ``torch`` are there only for backends that compute in torch, which
    is imported then. Raises SpecError for a device that isn't there.
    """
    here: dict[str, JSON] = {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }
    return here | (_torch(spec.device) if "dtype" in numerics(spec) else {})


def machine_hash(found: Mapping[str, JSON]) -> str:
    """Return 16 hexadecimal characters that stand for :func:`hardware`."""
    return digest(found)[:16]


def _torch(device: str) -> dict[str, JSON]:
    import torch

    from harness.backends.device import resolve_device

    chosen = resolve_device(device)
    name = chosen.type
    if chosen.type == "cuda":
        name = torch.cuda.get_device_name(chosen)
    return {"device": name, "threads": torch.get_num_threads(), "torch": torch.__version__}


def _processor() -> str:
    """Return the processor's model where the system tells it, else its family."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # no Linux
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
