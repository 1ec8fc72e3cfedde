"""What a checkpoint on disk is, without loading it: fingerprint, tokenizer, chat template."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.chat import ChatTemplate
from harness.errors import CheckpointError
from harness.foreign_code import NOTHING, Allowed, code_parts, pickled_weights, refuse_pickles
from harness.gguf_metadata import tokenizer_of
from harness.hashing import file_hash
from harness.records import JSON, ModelRef, digest
from harness.settings_files import read_settings

__all__ = ["Inspection", "inspect"]

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)
VOCABULARIES = {
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
}
_SEAM_KEYS = ("add_bos_token", "add_prefix_space", "bos_token")
_HUB_FILES = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model")
_MODEL, _ADAPTER = "pytorch_model", "adapter_model"  # of pickled weights, without ``.bin``
# What a file says about where and with what it was written, not about the model.
_HEARSAY = {
    "_name_or_path",
    "name_or_path",
    "base_model_name_or_path",
    "peft_version",
    "revision",
    "transformers_version",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A checkpoint's identity and where its parts are."""

    fingerprint: str
    """Sha256 (hex) of weights, configurations, tokenizer, template and adapter. Names of folders,
    modification times and what files say of their origin don't enter."""
    tokenizer_hash: str
    """Sha256 (hex) of what decides the tokens of a text; the template doesn't enter."""
    template: ChatTemplate | None
    """None: the checkpoint has none (base models)."""
    folder: Path
    """Holds configuration and weights, or the GGUF file."""
    gguf: str | None = None
    """The GGUF file's name in ``folder``."""
    adapter: Path | None = None
    """The LoRA adapter's folder."""
    tokenizer: Path | None = None
    """The folder whose tokenizer counts: the adapter's own if it has one; None: the GGUF file's."""
    pickled: bool = False
    """The model's weights are pickles; the command line allowed them."""
    runs_code: bool = False
    """It brings Python of its own; the command line trusts it."""


def inspect(ref: ModelRef, allowed: Allowed = NOTHING) -> Inspection:
    """Find a checkpoint, a hub id by download, and hash it.

    Raises CheckpointError if a part is missing, or if it would run code (pickled weights, Python of
    its own) that isn't allowed.
    """
    folder, gguf = _locate(ref, allowed)
    adapter = None if ref.adapter is None else _adapter(ref, allowed)
    tokenizer = _tokenizer_folder(folder if gguf is None else None, adapter)
    places = [folder] if gguf is None else []
    code = code_parts([*places, *([tokenizer] if tokenizer else [])], allowed)
    if gguf is None:
        _check_model(folder, allowed)
        parts = code + _model_parts(folder)
    else:
        parts = [*code, ("weights", file_hash(folder / gguf))]
    if adapter is not None:
        parts += _adapter_parts(adapter)
    if tokenizer is not None:
        parts += _settings(tokenizer, ("tokenizer_config.json", "special_tokens_map.json"))
        tokens, special, source = _tokenizer_hash(tokenizer), _special(tokenizer), None
    else:
        tokens, special, source = tokenizer_of(folder / str(gguf))
    sources = [_source(place) for place in (adapter, folder) if place is not None] + [source]
    chosen = next((source for source in sources if source is not None), None)
    template = None if chosen is None else ChatTemplate(source=chosen, **special)
    parts += [("tokenizer", tokens), ("template", "none" if template is None else template.hash)]
    return Inspection(
        fingerprint=digest(sorted(map(list, parts))),
        tokenizer_hash=tokens,
        template=template,
        folder=folder,
        gguf=gguf,
        adapter=adapter,
        tokenizer=tokenizer,
        pickled=gguf is None and not _safe_weights(folder),
        runs_code=bool(code),
    )


def _tokenizer_folder(model: Path | None, adapter: Path | None) -> Path | None:
    return adapter if adapter is not None and _has_tokenizer(adapter) else model


def _locate(ref: ModelRef, allowed: Allowed) -> tuple[Path, str | None]:
    path = Path(ref.path).expanduser()
    if path.is_file():
        if path.suffix.lower() != ".gguf":
            raise CheckpointError(f"{path}: not a GGUF file; give the folder that holds the model")
        return path.parent, path.name
    folder = path if path.is_dir() else _download(ref.path, ref.revision, allowed)
    files = sorted(folder.glob("*.gguf"))
    if (folder / "config.json").is_file() or not files:
        return folder, None
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        raise CheckpointError(f"{folder}: several GGUF files ({names}); name the one that counts")
    return folder, files[0].name


def _download(name: str, revision: str | None, allowed: Allowed) -> Path:
    """Return the folder of a hub id; pickles are fetched only where there is nothing else."""
    code = ["*.py"] if allowed.remote_code else []
    folder = _fetched(name, revision, [*_HUB_FILES, *code])
    if allowed.pickle and not any(folder.glob("*.safetensors")):
        folder = _fetched(name, revision, [*_HUB_FILES, *code, "*.bin"])
    return folder


def _fetched(name: str, revision: str | None, patterns: list[str]) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name):
        raise CheckpointError(f"{name}: no such folder or file, and not a hub id (org/name)")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    try:
        found = snapshot_download(name, revision=revision, allow_patterns=patterns)
    # OSError: what the hub client raises for no network, no such repository and no access alike.
    except (OSError, HFValidationError, ValueError) as error:
        raise CheckpointError(
            f"{name}: no such folder, and not to be had from the hub ({type(error).__name__}):"
            " check the name, HF_TOKEN and the network, or download it and give the folder"
        ) from error
    return Path(found)


def _adapter(ref: ModelRef, allowed: Allowed) -> Path:
    path = Path(str(ref.adapter)).expanduser()
    folder = path if path.is_dir() else _download(str(ref.adapter), None, allowed)
    if not (folder / "adapter_config.json").is_file():
        raise CheckpointError(f"{folder}: no adapter_config.json, so it is no LoRA adapter")
    if not (folder / "adapter_model.safetensors").is_file():
        if allowed.pickle and pickled_weights(folder, _ADAPTER):
            return folder
        refuse_pickles(folder)
        raise CheckpointError(f"{folder}: an adapter without adapter_model.safetensors")
    return folder


def _check_model(folder: Path, allowed: Allowed) -> None:
    if not (folder / "config.json").is_file():
        remedy = ""
        if (folder / "adapter_config.json").is_file():
            remedy = "; it is an adapter: give its base as path and this folder as adapter"
        raise CheckpointError(f"{folder}: no config.json{remedy}")
    if not _safe_weights(folder) and not (allowed.pickle and pickled_weights(folder, _MODEL)):
        if not allowed.pickle:
            refuse_pickles(folder)
        raise CheckpointError(f"{folder}: no weights ({_wanted_weights(folder, allowed)}")
    if not _has_tokenizer(folder):
        raise CheckpointError(
            f"{folder}: no tokenizer (tokenizer.json or a vocabulary); save it beside the weights"
        )


def _wanted_weights(folder: Path, allowed: Allowed) -> str:
    """Return the end of a message: what would be weights, and that a download asked for no more."""
    if allowed.pickle:
        return f"*.safetensors or {_MODEL}.bin)"
    hint = "; if the repository has only pickles (.bin), --allow-pickle fetches them"
    return f"*.safetensors){hint if folder.parent.name == 'snapshots' else ''}"


def _has_tokenizer(folder: Path) -> bool:
    return any((folder / name).is_file() for name in VOCABULARIES)


def _model_parts(folder: Path) -> list[tuple[str, str]]:
    weights = _weights(_safe_weights(folder) or pickled_weights(folder, _MODEL))
    return weights + _settings(folder, ("config.json", "generation_config.json"))


def _adapter_parts(folder: Path) -> list[tuple[str, str]]:
    safe = folder / "adapter_model.safetensors"
    files = [safe] if safe.is_file() else pickled_weights(folder, _ADAPTER)
    weights = [("adapter", file_hash(file)) for file in files]
    return [*weights, *_settings(folder, ("adapter_config.json",))]


def _safe_weights(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.safetensors"))
    return [file for file in files if file.name != "adapter_model.safetensors"]


def _weights(files: Iterable[Path]) -> list[tuple[str, str]]:
    return [("weights", file_hash(file)) for file in files]


def _settings(folder: Path, names: Iterable[str]) -> list[tuple[str, str]]:
    found = {name: folder / name for name in names if (folder / name).is_file()}
    return [
        (name, digest({k: v for k, v in read_settings(file).items() if k not in _HEARSAY}))
        for name, file in found.items()
    ]


def _tokenizer_hash(folder: Path) -> str:
    parts: dict[str, JSON] = {}
    for name in TOKENIZER_FILES:
        file = folder / name
        if not file.is_file():
            continue
        if name == "tokenizer.json":  # truncation and padding are the last caller's, not its own
            parts[name] = {**read_settings(file), "truncation": None, "padding": None}
        elif name == "tokenizer_config.json":
            config = read_settings(file)
            parts[name] = {key: _token(config.get(key)) for key in _SEAM_KEYS}
            if parts[name]["bos_token"] is None:  # then texts begin after EOS
                parts[name]["eos_token"] = _token(config.get("eos_token"))
        elif name != "special_tokens_map.json":
            parts[name] = file_hash(file)
    return digest(parts)


def _token(value: JSON) -> JSON:
    return value.get("content") if isinstance(value, Mapping) else value


def _config(folder: Path) -> dict[str, JSON]:
    file = folder / "tokenizer_config.json"
    return read_settings(file) if file.is_file() else {}


def _special(folder: Path) -> dict[str, str]:
    names = folder / "special_tokens_map.json"
    tokens = {**(read_settings(names) if names.is_file() else {}), **_config(folder)}
    kinds = ("bos_token", "eos_token", "pad_token", "unk_token")
    return {kind: str(_token(tokens.get(kind)) or "") for kind in kinds}


def _source(folder: Path) -> str | None:
    """Return the template's text: the file of its own before the tokenizer's configuration."""
    jinja = folder / "chat_template.jinja"
    if jinja.is_file():
        return jinja.read_text(encoding="utf-8")
    source = _config(folder).get("chat_template")
    if isinstance(source, list):  # several named templates
        source = {str(t.get("name")): t.get("template") for t in source}.get("default")
    return source if isinstance(source, str) else None
