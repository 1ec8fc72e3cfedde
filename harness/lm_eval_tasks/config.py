"""An lm-eval YAML file as it is written: read with its includes, no code of it run.

A YAML of lm-eval's can name Python: ``!function``, ``class:``, a metric script of `evaluate`, a
pickle as data. Which of these it does is decided here, before anything is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import TaskError
from harness.records import digest

_SCORING = (
    "class",
    "doc_to_choice",
    "doc_to_target",
    "doc_to_text",
    "filter_list",
    "metric_list",
    "output_type",
    "process_results",
    "use_prompt",
)
_RUNS_CODE = ("pandas", "webdataset")  # formats of `datasets` that unpickle
_FILE_ENDS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Code:
    """``!function module.name``: Python beside the YAML file, or any importable module."""

    name: str
    folder: Path

    @property
    def file(self) -> Path:
        """The module, if it is a file beside the YAML file."""
        module = self.name.rpartition(".")[0]
        return self.folder / f"{module.replace('.', '/')}.py"

    def described(self) -> Mapping[str, str]:
        """Return name and content; the folder doesn't enter."""
        try:
            content = self.file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            content = ""
        return {"function": self.name, "source": digest(content)}


@dataclass(frozen=True, slots=True)
class Config:
    """The keys of a YAML file and of those that it includes, its own first."""

    values: Mapping[str, Any]
    files: tuple[Path, ...]
    functions: tuple[Code, ...] = ()
    """Each ``!function`` of each file; lm-eval imports it even if another key overrides it."""

    def listed(self, key: str) -> list[Any]:
        """Return a value as a list of texts and mappings."""
        value = self.values.get(key)
        items = value if isinstance(value, list) else [value]
        return [item for item in items if isinstance(item, str | dict)]

    def local_data(self) -> list[Path]:
        """Return the files on this disk that the documents are in; none if they are on the hub."""
        arguments = self.values.get("dataset_kwargs")
        found: list[Path] = []
        waiting = [arguments.get("data_files") if isinstance(arguments, Mapping) else None]
        while waiting:
            each = waiting.pop()
            if isinstance(each, Mapping):
                waiting += each.values()
            elif isinstance(each, list | tuple):
                waiting += each
            elif isinstance(each, str) and Path(each).is_file():
                found.append(Path(each))
        return found

    def code(self) -> str | None:
        """Return what in the file runs code, or None if nothing does."""
        if "class" in self.values:
            return "a class"
        if self.functions:
            return f"!function {self.functions[0].name}"
        if self.values.get("use_prompt"):
            return "use_prompt"
        if str(self.values.get("dataset_path")) in _RUNS_CODE:
            return f"dataset_path: {self.values['dataset_path']} (pickles)"
        return None

    def scoring_hash(self) -> str:
        """Return the sha256 of all that scoring depends on, the code of ``!function`` included."""
        return digest({key: _plain(self.values[key]) for key in _SCORING if key in self.values})


def is_yaml(name: str) -> bool:
    """Say whether a task's name is the path of a YAML file."""
    return name.endswith(_FILE_ENDS)


def read_config(path: Path, _above: tuple[Path, ...] = ()) -> Config:
    """Read a file and its includes as lm-eval does: what stands in the file itself wins.

    Raises TaskError for a file that is missing, no YAML, no mapping, or includes itself.
    """
    path = path.expanduser().resolve()
    if path in _above:
        raise TaskError(f"{path}: it includes itself")
    found: list[Code] = []
    values = dict(_parse(path, found))
    includes = values.pop("include", [])
    merged: dict[str, Any] = {}
    files = [path]
    for name in [includes] if isinstance(includes, str) else includes:
        included = read_config(path.parent / str(name), (*_above, path))
        merged |= {k: v for k, v in included.values.items() if k != "task_list"}
        files += included.files
        found += included.functions
    return Config({**merged, **values}, tuple(files), tuple(found))


def _parse(path: Path, found: list[Code]) -> Mapping[str, Any]:
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """Knows the tag ``!function``."""

    def function(loader: Any, node: yaml.ScalarNode) -> Code:
        found.append(Code(str(loader.construct_scalar(node)), path.parent))
        return found[-1]

    Loader.add_constructor("!function", function)
    try:
        values = yaml.load(path.read_bytes(), Loader=Loader)
    except OSError as error:
        raise TaskError(f"{path}: can't be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise TaskError(f"{path}{line}: not valid YAML: {problem}") from None
    if not isinstance(values, dict):
        raise TaskError(f"{path}: an lm-eval task is a mapping with keys such as `task:`")
    return {str(key): value for key, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Code):
        return value.described()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | bool | None) else repr(value)
