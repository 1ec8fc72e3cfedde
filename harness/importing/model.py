"""Who was asked, as far as a file of results says: declared, never measured.

lm-eval hashes no weights. It states a hub commit (``model_sha``) or, for a local folder, nothing
but its path, so two runs are of one checkpoint if they declare the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.importing.strict import LONGEST_NAME, by_name, name_of, whole
from harness.records import JSON, digest, is_secret
from harness.secrets import masked
from harness.store.imports import IMPORTED

__all__ = ["Model", "names_of", "read_model"]

_PATHS = ("pretrained", "model", "path", "engine")
_WEIGHTS = (
    *_PATHS,
    "peft",
    "delta",
    "lora_local_path",
    "revision",
    "subfolder",
    "gguf_file",
    "tokenizer",
    "autogptq",
    "gptqmodel",
    "quantization",
    "load_in_4bit",
    "load_in_8bit",
)
"""The arguments of lm-eval's models that decide which weights are asked."""
_NUMERICS = ("dtype", "softmax_dtype", "add_bos_token", "prefix_token_id", "max_length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A checkpoint that somebody else ran."""

    path: str
    """Its folder or hub id."""
    adapter: str | None
    revision: str | None
    args: str
    """What lm-eval was called with, as text."""
    fingerprint: str
    """``declared:`` and a hash of what is stated of its weights."""
    declared: Mapping[str, JSON]
    """What the fingerprint hashes."""
    backend: Mapping[str, JSON]
    """What changes its numbers, as far as it is stated."""


def read_model(results: Mapping[str, JSON]) -> Model | None:
    """Return the model of a file of results; None if it names none."""
    config = by_name(results, "config")
    stated = config.get("model_args", results.get("model_args"))
    args = _arguments(stated)
    path = next((name for key in _PATHS if (name := _path(args.get(key)))), None)
    path = path or _path(results.get("model_name")) or _path(config.get("model"))
    if path is None:
        return None
    adapters = (_path(args.get(key)) for key in ("peft", "delta", "lora_local_path"))
    adapter = next((name for name in adapters if name), None)
    revision = _path(args.get("revision")) or _path(config.get("model_revision"))
    declared: dict[str, JSON] = {
        "path": path,
        **{key: str(args[key]) for key in _WEIGHTS if key in args and key not in _PATHS},
        **{
            key: sha
            for key in ("model_sha", "peft_sha", "delta_sha")
            if (sha := name_of(config.get(key)))
        },
    }
    if revision not in (None, "main"):
        declared["revision"] = revision
    return Model(
        path=path,
        adapter=adapter,
        revision=None if revision == "main" else revision,
        args=stated if isinstance(stated, str) else "",
        fingerprint=f"declared:{digest(declared)}",
        declared=declared,
        backend=_backend(results, config, args),
    )


def names_of(models: Sequence[Model]) -> dict[str, str]:
    """Return a name for each fingerprint: the last part of its path, longer where two share it."""
    by_fingerprint = {model.fingerprint: model for model in models}
    names: dict[str, str] = {}
    for fingerprint, model in by_fingerprint.items():
        parts = [p for p in (model.adapter or model.path).replace("\\", "/").split("/") if p]
        others = [m for m in by_fingerprint.values() if m is not model]
        name = fingerprint[9:17]
        for length in range(1, len(parts) + 1):
            name = "/".join(parts[-length:])
            if not any(_ends(other, parts[-length:]) for other in others):
                break
        else:
            name = f"{name}@{model.revision or fingerprint[9:17]}"
        names[fingerprint] = name[-LONGEST_NAME:]
    taken = list(names.values())
    return {
        fingerprint: name if taken.count(name) == 1 else f"{name}@{fingerprint[9:17]}"
        for fingerprint, name in names.items()
    }


def _ends(model: Model, parts: Sequence[str]) -> bool:
    theirs = [p for p in (model.adapter or model.path).replace("\\", "/").split("/") if p]
    return theirs[-len(parts) :] == list(parts)


def _backend(
    results: Mapping[str, JSON], config: Mapping[str, JSON], args: Mapping[str, JSON]
) -> dict[str, JSON]:
    """Return what is stated of how the model was run; what isn't stated doesn't stand here."""
    numerics = {key: masked(str(args[key])) for key in _NUMERICS if key in args}
    dtype = numerics.get("dtype", "auto")
    if dtype == "auto" and (stated := name_of(config.get("model_dtype"))):
        numerics["dtype"] = stated
    if "dtype" in numerics:
        numerics["dtype"] = numerics["dtype"].removeprefix("torch.")
    length = args.get("max_length", args.get("max_model_len", results.get("max_length")))
    if (most := whole(_count(length))) is not None:
        numerics["max_length"] = str(most)
    source = name_of(results.get("model_source")) or name_of(config.get("model"))
    if source is not None and "/" not in source:
        numerics["model"] = source
    system = name_of(results.get("system_instruction_sha"))
    return {"name": IMPORTED, **numerics, **({"system_instruction": system} if system else {})}


def _count(value: JSON) -> JSON:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _arguments(stated: JSON) -> dict[str, JSON]:
    """Return ``a=b,c=d`` or a mapping as a mapping; nothing that may be a secret."""
    if isinstance(stated, str):
        pairs = (part.partition("=") for part in stated[:10_000].split(","))
        stated = {key.strip(): value.strip() for key, is_one, value in pairs if is_one}
    if not isinstance(stated, Mapping):
        return {}
    return {
        key: value
        for key, value in stated.items()
        if not is_secret(key) and isinstance(value, str | int | float | bool) and value != ""
    }


def _path(value: JSON) -> str | None:
    name = name_of(value)
    return None if name is None else masked(name)
