"""What a checkpoint would run: Python of its own, and weights that are pickles.

Both are refused in one line, unless the command line allows them; no file can. What is allowed is
named: its code is part of a checkpoint's identity, and only pickles that transformers and peft read
with torch's ``weights_only`` reader, which builds tensors and calls nothing, are taken.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import CheckpointError
from harness.hashing import file_hash
from harness.records import JSON
from harness.settings_files import read_settings

__all__ = ["NOTHING", "Allowed", "code_parts", "pickled_weights", "refuse_pickles"]

_SETTINGS = ("config.json", "tokenizer_config.json")
_GENERATE = "custom_generate/generate.py"
_KERNELS = ("attn_implementation", "_attn_implementation", "experts_implementation")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_MOST_FILES = 1000  # of Python; more is a working folder, not a checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the command line lets checkpoints do."""

    pickle: bool = False
    """``--allow-pickle``"""
    remote_code: bool = False
    """``--trust-remote-code``"""


NOTHING = Allowed()


def code_parts(folders: Iterable[Path], allowed: Allowed) -> list[tuple[str, str]]:
    """Return ("code", sha256) of each Python file of a checkpoint that wants code of its own.

    Empty for one that wants none. Raises CheckpointError if it isn't allowed, if the code lies in
    another repository, where nothing pins it, or if a setting is no such thing.
    """
    parts: list[tuple[str, str]] = []
    for folder in dict.fromkeys(folders):
        wanted = next(_wanted(folder), None)
        if wanted is None:
            continue
        if not allowed.remote_code:
            raise CheckpointError(
                f"{wanted}, a program of the checkpoint's; read it, then add --trust-remote-code,"
                " or take a checkpoint that transformers knows without it"
            )
        files = sorted(folder.rglob("*.py"))
        if len(files) > _MOST_FILES:
            raise CheckpointError(
                f"{folder}: {len(files)} Python files below it; give the checkpoint its own folder"
            )
        names = (f"code {file.relative_to(folder).as_posix()}" for file in files)
        parts += zip(names, map(file_hash, files), strict=True)
    return parts


def _wanted(folder: Path) -> Iterator[str]:
    """Yield what in a folder asks for code, as the beginning of a message."""
    for file in (folder / name for name in _SETTINGS):
        if not file.is_file():
            continue
        settings = read_settings(file)
        for reference in _references(settings.get("auto_map"), file):
            if "--" in reference:
                raise CheckpointError(
                    f"{file}: auto_map: {reference} is code of another repository, which may change"
                    " any day; copy it beside the weights and name it without the repository"
                )
            yield f"{file}: auto_map: it wants to run {reference}"
        for key, kernel in _kernels(settings):
            yield f"{file}: {key}: it wants to run {kernel} from the hub"
    if (folder / _GENERATE).is_file():
        yield f"{folder / _GENERATE}: it wants to run this"


def _references(auto_map: JSON, file: Path) -> list[str]:
    """Return all ``module.Class`` of an ``auto_map``; a tokenizer's may be a list."""
    if auto_map is None:
        return []
    values = list(auto_map.values()) if isinstance(auto_map, Mapping) else [auto_map]
    flat = [v for value in values for v in (value if isinstance(value, list) else [value])]
    if not all(isinstance(v, str | None) for v in flat):
        raise CheckpointError(f"{file}: auto_map: not names of classes")
    return [v for v in flat if v]


def _kernels(settings: JSON) -> Iterator[tuple[str, str]]:
    """Yield (key, repository) of kernels that transformers would fetch from the hub and load."""
    if isinstance(settings, Mapping):
        for key, value in settings.items():
            if key in _KERNELS and isinstance(value, str) and "/" in value:
                yield key, value
            yield from _kernels(value)


def pickled_weights(folder: Path, name: str) -> list[Path]:
    """Return the pickles that are a model's or adapter's weights: ``name.bin``, or its shards.

    Raises CheckpointError for an index that names files elsewhere.
    """
    index = folder / f"{name}.bin.index.json"
    if not index.is_file():
        return [file for file in (folder / f"{name}.bin",) if file.is_file()]
    shards = read_settings(index).get("weight_map")
    names = sorted({str(shard) for shard in shards.values()}) if isinstance(shards, dict) else []
    for shard in names:
        if Path(shard).name != shard or not (folder / shard).is_file():
            raise CheckpointError(f"{index}: weight_map: no file {shard!r} beside it")
    return [folder / shard for shard in names]


def refuse_pickles(folder: Path) -> None:
    """Raise CheckpointError if a folder holds pickles, which are no weights to us."""
    for pattern in _PICKLES:
        for file in sorted(folder.glob(pattern)):
            raise CheckpointError(
                f"{file}: pickled weights can run code and aren't loaded; convert them to"
                " safetensors (save_pretrained does), or add --allow-pickle"
            )
