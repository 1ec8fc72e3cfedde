"""What a GGUF file says of its tokenizer and chat template; the weights aren't read.

Reading the vocabulary of a large model takes seconds, so it is done once per machine.
"""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import CheckpointError
from harness.hashing import remembered
from harness.records import JSON, digest

__all__ = ["tokenizer_of"]

_PREFIX = "tokenizer."
_TEMPLATE = "tokenizer.chat_template"
_ROLES = {
    "bos_token": "bos",
    "eos_token": "eos",
    "pad_token": "padding",
    "unk_token": "unknown",
}


_KEYS = {"identity", "special", "template"}


def tokenizer_of(file: Path) -> tuple[str, dict[str, str], str | None]:
    """Return (hash of the tokenizer, special tokens by role, chat template if there is one).

    Raises CheckpointError if the file is no GGUF or has no tokenizer.
    """
    found = remembered(file, "gguf", _read, _is_fit)
    return found["identity"], dict(found["special"]), found["template"]


def _is_fit(value: JSON) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == _KEYS
        and isinstance(value["identity"], str)
        and isinstance(value["template"], str | None)
        and isinstance(value["special"], Mapping)
        and set(value["special"]) == set(_ROLES)
        and all(isinstance(token, str) for token in value["special"].values())
    )


def _read(file: Path) -> JSON:
    from gguf import GGUFReader

    try:
        fields = GGUFReader(file).fields
        metadata: dict[str, JSON] = {
            name: field.contents() for name, field in fields.items() if name.startswith(_PREFIX)
        }
    except (OSError, ValueError, LookupError, TypeError, OverflowError, MemoryError) as error:
        raise CheckpointError(f"{file}: not readable as GGUF: {error}") from error
    tokens = metadata.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, list) or not tokens:
        raise CheckpointError(f"{file}: the GGUF file holds no tokenizer")
    source = metadata.pop(_TEMPLATE, None)
    special = dict.fromkeys(_ROLES, "")
    for role, key in _ROLES.items():
        number = metadata.get(f"tokenizer.ggml.{key}_token_id")
        if isinstance(number, int) and 0 <= number < len(tokens):
            special[role] = str(tokens[number])
    identity = digest({name: repr(value) for name, value in metadata.items()})
    template = source if isinstance(source, str) else None
    return {"identity": identity, "special": special, "template": template}
