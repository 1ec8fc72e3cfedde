"""Time, memory and tokens of one piece of work, and what the machine could do at most."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Usage", "machine_limit", "measured"]

_PEAK = Path("/proc/self/clear_refs")  # writing 5 resets the peak of this process (Linux)
_STATUS = Path("/proc/self/status")
_SIDE = 2048


@dataclass(slots=True)
class Usage:
    """What a piece of work took."""

    seconds: float = 0.0
    tokens: int = 0
    """Read by the model, padding included."""
    working_bytes: int | None = None
    """Peak memory above what was held before (weights included there); None where the system
    doesn't tell."""
    _before: int = field(default=0, repr=False)


@contextmanager
def measured(model: Any) -> Iterator[Usage]:
    """Measure what is done with a transformers model inside the block."""
    usage = Usage()

    def count(_: Any, args: tuple[Any, ...], __: Any) -> None:
        usage.tokens += args[0].numel()

    hook = model.get_input_embeddings().register_forward_hook(count)
    gc.collect()
    peak = _peak_meter(model)
    start = time.perf_counter()
    try:
        yield usage
    finally:
        _synchronise(model)
        usage.seconds = time.perf_counter() - start
        usage.working_bytes = peak()
        hook.remove()


def machine_limit(dtype: Any, device: Any) -> float:
    """Return the FLOPs per second of the best of five 2048 x 2048 matrix products."""
    import torch

    a, b = (torch.randn(_SIDE, _SIDE, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(6):  # the first one warms up
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        start = time.perf_counter()
        a @ b
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - start)
    return 2 * _SIDE**3 / best


def _synchronise(model: Any) -> None:
    import torch

    if model.device.type == "cuda":
        torch.cuda.synchronize(model.device)


def _peak_meter(model: Any) -> Callable[[], int | None]:
    import torch

    if model.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(model.device)
        before = torch.cuda.memory_allocated(model.device)
        return lambda: torch.cuda.max_memory_allocated(model.device) - before
    try:
        _PEAK.write_text("5")
    except OSError:
        return lambda: None
    held = _kilobytes("VmRSS")
    return lambda: 1024 * (_kilobytes("VmHWM") - held)


def _kilobytes(name: str) -> int:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
