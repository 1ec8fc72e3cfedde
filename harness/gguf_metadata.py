"""What a GGUF file says of its tokenizer and chat template; the weights aren't read."""

from pathlib import Path

from harness.errors import CheckpointError
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


def tokenizer_of(file: Path) -> tuple[str, dict[str, str], str | None]:
    """Return (hash of the tokenizer, special tokens by role, chat template if there is one).

    Raises CheckpointError if the file is no GGUF or has no tokenizer.
    """
    from gguf import GGUFReader

    try:
        fields = GGUFReader(file).fields
    except (OSError, ValueError, LookupError) as error:
        raise CheckpointError(f"{file}: not readable as GGUF: {error}") from error
    metadata: dict[str, JSON] = {
        name: field.contents() for name, field in fields.items() if name.startswith(_PREFIX)
    }
    tokens = metadata.get("tokenizer.ggml.tokens")
    if not tokens:
        raise CheckpointError(f"{file}: the GGUF file holds no tokenizer")
    source = metadata.pop(_TEMPLATE, None)
    special = {}
    for role, key in _ROLES.items():
        number = metadata.get(f"tokenizer.ggml.{key}_token_id")
        known = isinstance(number, int) and number < len(tokens)
        special[role] = str(tokens[number]) if known else ""
    identity = digest({name: repr(value) for name, value in metadata.items()})
    return identity, special, source if isinstance(source, str) else None
