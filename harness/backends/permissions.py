"""What a spec's options for a backend may ask for, and what only the command line can allow.

The arguments of lm-eval's models reach transformers, vLLM and others, which run a checkpoint's own
Python and unpickle weights when told to. A spec comes from others, so it can't tell them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.backends.base import BackendSpec
from harness.errors import CheckpointError, SpecError
from harness.foreign_code import Allowed, code_parts, refuse_pickles
from harness.records import JSON

__all__ = ["allowed_by", "refuse_unallowed"]

_PLACE = "backend.options"
_PICKLED_ENDS = (".bin", ".ckpt", ".nemo", ".pickle", ".pkl", ".pt", ".pth")
_PICKLED_FORMATS = {"use_safetensors": (False,), "load_format": ("pt", "npcache")}
_UNPICKLED_BLINDLY = ("steer_path",)  # lm-eval reads it without torch's weights_only


def allowed_by(spec: BackendSpec) -> Allowed:
    """Return what the command line lets checkpoints do."""
    return Allowed(pickle=spec.allow_pickle, remote_code=spec.trust_remote_code)


def refuse_unallowed(spec: BackendSpec) -> None:
    """Raise SpecError for an option that only a flag can allow, CheckpointError for such a file."""
    for place, key, value in _settings(spec.options, _PLACE):
        if key == "trust_remote_code" and value and not spec.trust_remote_code:
            raise SpecError(f"{place}: only the command line can allow this: --trust-remote-code")
        if key == "allow_pickle" and value:
            raise SpecError(f"{place}: only the command line can allow this: --allow-pickle")
        if key in _UNPICKLED_BLINDLY and not spec.trust_remote_code:
            raise SpecError(f"{place}: lm-eval may run code of it; --trust-remote-code lets it")
        if _is_pickle(key, value) and not spec.allow_pickle:
            raise SpecError(f"{place}: {value!r} asks for pickled weights; --allow-pickle lets it")
        if isinstance(value, str) and _is_folder(value):
            _refuse_folder(Path(value), place, allowed_by(spec))


def _settings(value: JSON, place: str) -> Iterator[tuple[str, str, JSON]]:
    """Yield (where, key, value) of everything in a mapping, at any depth."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        yield f"{place}.{key}", str(key), inner
        yield from _settings(inner, f"{place}.{key}")


def _is_pickle(key: str, value: JSON) -> bool:
    named = isinstance(value, str) and value.lower().endswith(_PICKLED_ENDS)
    return named or any(value == known for known in _PICKLED_FORMATS.get(key, ()))


def _is_folder(value: str) -> bool:
    try:
        return Path(value).is_dir()
    except (OSError, ValueError):  # too long, or with a NUL
        return False


def _refuse_folder(folder: Path, place: str, allowed: Allowed) -> None:
    try:
        code_parts([folder], allowed)
        if not allowed.pickle and not any(folder.glob("*.safetensors")):
            refuse_pickles(folder)
    except CheckpointError as error:
        raise CheckpointError(f"{place}: {error}") from error
