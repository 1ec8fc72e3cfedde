"""What a run cost."""

from dataclasses import dataclass

__all__ = ["RunCost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """One run, added up over its cells."""

    cells: int
    """That are done."""
    wanted: int
    """That were planned."""
    documents: int
    """That were asked; the store had the others."""
    seconds: float
    """Of all checkpoints, loading included."""
    asking: float
    """From first requests to last answers."""
    tokens: int
    """Scored and generated."""
    tokens_per_second: float | None
    """While asking; None: nothing was asked."""
    peak_process_bytes: int | None
    peak_device_bytes: int | None
