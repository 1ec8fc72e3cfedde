"""Can a checkpoint's weights be loaded at all? Asked of all checkpoints before a model runs.

Only headers and configurations are read: a file that was cut off, a shard that is missing, more
tokens per text than the model has positions. What needs the weights themselves comes to light when
they are loaded.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.checkpoint import Inspection
from harness.errors import CheckpointError
from harness.records import JSON

__all__ = ["check_length", "check_weights"]

_INDEX = "model.safetensors.index.json"
_ADAPTER = "adapter_model.safetensors"
_PICKLED_ADAPTER = "adapter_model.bin"
_MAX_HEADER = 100_000_000  # bytes; the format's own limit


def check_weights(inspection: Inspection) -> None:
    """Raise CheckpointError for safetensors files that are damaged, cut off or missing."""
    if inspection.gguf is None:
        _check_model(inspection.folder)
    if inspection.adapter is not None and not (inspection.adapter / _PICKLED_ADAPTER).is_file():
        _tensors(inspection.adapter / _ADAPTER)


def check_length(inspection: Inspection, max_length: int) -> None:
    """Raise CheckpointError if a configuration has fewer positions than ``max_length`` tokens."""
    file = inspection.folder / "config.json"
    if inspection.gguf is not None or not file.is_file():
        return
    config = _json(file)
    inner = config.get("text_config")
    text = inner if isinstance(inner, Mapping) else config
    positions = text.get("max_position_embeddings")
    if isinstance(positions, int) and 0 < positions < max_length:
        raise CheckpointError(
            f"{inspection.folder}: the model has {positions} positions, the run's max_length is "
            f"{max_length}; set backend.max_length to {positions} or less for all checkpoints"
        )


def _check_model(folder: Path) -> None:
    index = folder / _INDEX
    whole = folder / "model.safetensors"
    if index.is_file() and not whole.is_file():
        for file, wanted in _shards(index):
            missing = sorted(wanted - _tensors(file))
            if missing:
                raise CheckpointError(f"{file}: has no tensor {missing[0]}, which {_INDEX} names")
        return
    for file in sorted(folder.glob("*.safetensors")):
        _tensors(file)


def _shards(index: Path) -> Iterator[tuple[Path, set[str]]]:
    places = _json(index).get("weight_map")
    if not isinstance(places, Mapping):
        raise CheckpointError(f"{index}: has no weight_map; download the checkpoint again")
    wanted: dict[str, set[str]] = {}
    for tensor, name in places.items():
        wanted.setdefault(str(name), set()).add(str(tensor))
    for name, tensors in sorted(wanted.items()):
        if Path(name).name != name:
            raise CheckpointError(f"{index}: names a file outside the checkpoint: {name!r}")
        yield index.parent / name, tensors


def _tensors(file: Path) -> set[str]:
    """Return the names of a file's tensors; CheckpointError if its header doesn't fit its size."""
    try:
        with file.open("rb") as opened:
            size = int.from_bytes(opened.read(8), "little")
            total = file.stat().st_size
            if not 2 <= size <= min(_MAX_HEADER, total - 8):
                raise ValueError("its header is longer than the file")
            header = json.loads(opened.read(size).decode())
        header.pop("__metadata__", None)
        end = max((int(tensor["data_offsets"][1]) for tensor in header.values()), default=0)
    except FileNotFoundError:
        raise CheckpointError(f"{file}: is missing; download the checkpoint again") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{file}: not a safetensors file ({error}); download or save the checkpoint again"
        ) from None
    if total != 8 + size + end:
        raise CheckpointError(
            f"{file}: has {total:,} bytes where its header says {8 + size + end:,}; "
            "download or save the checkpoint again"
        )
    return set(header)


def _json(file: Path) -> dict[str, JSON]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: not readable as JSON: {error}") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{file}: not a JSON object")
    return value
