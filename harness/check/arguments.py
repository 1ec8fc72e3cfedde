"""What a check is asked for, and the option values it is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import SpecError
from harness.records import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a file is to be checked; the defaults are those of an inline task."""

    kind: str | None = None
    """None: told from the fields."""
    language: str = "en"
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, JSON] = field(default_factory=dict)
    """The kind's own; those it needs are told from the rows where they aren't given."""
    train: Path | None = None
    max_length: int = 2048
    """Tokens that a prompt may have."""
    count: Callable[[str], int] | None = None
    """Counts the tokens of a text; None: they are estimated."""


def pairs_of(name: str, given: Sequence[str]) -> dict[str, JSON]:
    """Return ``KEY=VALUE`` options as a mapping, values read as YAML; SpecError for others."""
    import yaml

    found: dict[str, JSON] = {}
    for text in given:
        key, mark, value = text.partition("=")
        if not mark or not key.strip():
            raise SpecError(f"{name} {text}: it must be like KEY=VALUE")
        try:
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise SpecError(f"{name} {text}: {value!r} is no YAML value") from None
    return found


def token_counter(model: str) -> Callable[[str], int]:
    """Return what counts tokens as a checkpoint does; CheckpointError if it can't be read."""
    from harness.backends.weights import load_tokenizer
    from harness.checkpoint import inspect
    from harness.foreign_code import Allowed
    from harness.records import ModelRef

    # the weights stay closed, so they may be pickles
    tokenizer = load_tokenizer(inspect(ModelRef(path=model), Allowed(pickle=True)))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))
