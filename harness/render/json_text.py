"""Results as JSON: the fields of the frozen values as they are, nothing rounded."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass

from harness.records import JSON
from harness.render.escape import inert_json


def json_text(value: JSON) -> str:
    """Return a result, or plain JSON, as text; a number that isn't finite becomes null."""
    return inert_json(json.dumps(_plain(value), ensure_ascii=False, indent=1, allow_nan=False))


def _plain(value: JSON) -> JSON:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
