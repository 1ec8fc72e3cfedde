"""The small JSON files beside a checkpoint's weights; they come from strangers."""

import json
from pathlib import Path

from harness.errors import CheckpointError, at
from harness.records import JSON

__all__ = ["read_settings"]

_MOST_BYTES = 1 << 28  # a tokenizer.json of a large vocabulary has some 30 MB


def read_settings(file: Path) -> dict[str, JSON]:
    """Return a JSON object; CheckpointError if the file is missing, too large or something else."""
    try:
        size = file.stat().st_size
        if size > _MOST_BYTES:
            raise CheckpointError(f"{file}: {size:,} bytes is too large for a file of settings")
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{at(file)}: not readable as JSON: {error}") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{at(file)}: not a JSON object")
    return value
