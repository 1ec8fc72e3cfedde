"""Which device, and which number type it computes natively."""

from typing import TYPE_CHECKING

from harness.errors import SpecError

if TYPE_CHECKING:
    import torch

__all__ = ["resolve_device", "resolve_dtype"]

DTYPES = ("float32", "bfloat16", "float16")


def resolve_device(name: str) -> "torch.device":
    """Return the device for a spec's name; ``auto``: CUDA (or ROCm), else MPS, else the CPU.

    Raises SpecError for a device that isn't there.
    """
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise SpecError(f"backend.device: {name!r} is no device (auto, cpu, cuda:0)") from error
    there = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if device.type != "cpu" and (device.index or 0) >= there.get(device.type, 0):
        raise SpecError(f"backend.device: {name!r} isn't on this machine; say auto or cpu")
    return device


def resolve_dtype(device: str, dtype: str) -> str:
    """Return the dtype's name; ``auto``: the fastest that the device computes natively.

    A CPU without bfloat16 units emulates it eight times slower than float32; one with them
    (AVX512-BF16, AMX) is four times faster. Raises SpecError for an unknown dtype.
    """
    if dtype in DTYPES:
        return dtype
    if dtype != "auto":
        raise SpecError(f"backend.dtype: {dtype!r} is none of auto, {', '.join(DTYPES)}")
    import torch

    kind = resolve_device(device).type
    if kind == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bfloat16" if native else "float16"
    if kind == "mps":
        return "float16"
    abilities = torch.cpu.get_capabilities()
    native = abilities.get("avx512_bf16") or abilities.get("amx_bf16")
    return "bfloat16" if native else "float32"
