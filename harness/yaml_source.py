"""A YAML file that remembers on which line each key stands."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import SpecError, at
from harness.lineage import nearest
from harness.records import JSON

M = TypeVar("M", bound=BaseModel)

MOST_BYTES = 1 << 24
MOST_VALUES = 200_000
ONLY_FLAGS = {
    name: f"--{name.replace('_', '-')}"
    for name in ("allow_code", "allow_pickle", "trust_remote_code")
}
"""Settings that let others' code run; no file can say so, because files come from others."""


class YamlSource:
    """A parsed YAML mapping with places for messages."""

    def __init__(self, path: Path, root: yaml.MappingNode, value: Mapping[str, JSON]) -> None:
        """Hold the node tree (for lines) beside the plain value."""
        self.path = path
        self.value = value
        self._root = root

    @classmethod
    def read(cls, path: Path) -> "YamlSource":
        """Parse a file; SpecError if it is missing, no YAML, no mapping, or doubles a key."""
        try:
            text = _read(path)
        except OSError as error:
            raise SpecError(f"{path}: can't be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise SpecError(f"{path}: byte {error.start} isn't UTF-8; save it as UTF-8") from None
        try:
            loader = yaml.SafeLoader(text)
            root = loader.get_single_node()
            if not isinstance(root, yaml.MappingNode):
                raise SpecError(f"{path}: a spec is a mapping with keys such as `checkpoints:`")
            _size(root, {}, path)
            _reject_doubles(root, path)
            value = loader.construct_document(root)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or getattr(error, "reason", str(error))
            line = mark.line + 1 if mark else None
            raise SpecError(f"{at(path, line)}: not valid YAML: {problem}") from None
        except (ValueError, RecursionError) as error:
            raise SpecError(f"{path}: not valid YAML: {error}") from None
        return cls(path, root, value)

    def place(self, *keys: str | int) -> str:
        """Return ``file:line`` of the deepest of the keys that the file has."""
        node: yaml.Node = self._root
        line = node.start_mark.line
        for key in keys:
            found = _child(node, key)
            if found is None:
                continue  # pydantic names union members and types in its locations
            node, line = found
        return at(self.path, line + 1)

    def error(self, what: str, *keys: str | int) -> SpecError:
        """Return the error that names file, line and key."""
        key = ".".join(str(k) for k in keys if isinstance(k, str))
        return SpecError(
            f"{self.place(*keys)}: {key}: {what}" if key else f"{self.place()}: {what}"
        )

    def validate(self, model: type[M]) -> M:
        """Return the value as ``model``; SpecError names the first key that is wrong."""
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise self.error(_message(first, model), *first["loc"]) from None


def _read(path: Path) -> str:
    found = path.stat()
    if found.st_size > MOST_BYTES or not stat.S_ISREG(found.st_mode):
        size = f"{found.st_size:,} bytes, {MOST_BYTES:,} at most"
        raise SpecError(f"{path}: no file of settings ({size}); name another one")
    return path.read_text(encoding="utf-8")


def _size(node: yaml.Node, known: dict[int, int], path: Path) -> int:
    """Return of how many values a node consists, aliases written out; SpecError for too many.

    A few aliases of aliases stand for more values than any memory holds.
    """
    if id(node) in known:
        if known[id(node)] == 0:
            raise SpecError(f"{at(path, node.start_mark.line + 1)}: an alias stands for itself")
        return known[id(node)]
    known[id(node)] = 0
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        children = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    known[id(node)] = 1 + sum(_size(child, known, path) for child in children)
    if known[id(node)] > MOST_VALUES:
        place = at(path, node.start_mark.line + 1)
        raise SpecError(f"{place}: more than {MOST_VALUES:,} values; write fewer aliases")
    return known[id(node)]


def _reject_doubles(node: yaml.Node, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                place = at(path, key.start_mark.line + 1)
                raise SpecError(f"{place}: a key must be a plain word, not a list or mapping")
            if key.value in seen:
                place = at(path, key.start_mark.line + 1)
                raise SpecError(f"{place}: {key.value}: the key stands twice; keep one")
            seen.add(key.value)
            _reject_doubles(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _reject_doubles(item, path)


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        item = node.value[key]
        return item, item.start_mark.line
    if isinstance(node, yaml.MappingNode):
        for k, value in node.value:
            if k.value == str(key):
                return value, k.start_mark.line
    return None


def _message(error: Mapping[str, JSON], model: type[BaseModel]) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        if str(error["loc"][-1]) in ONLY_FLAGS:
            return f"only the command line can allow this: {ONLY_FLAGS[str(error['loc'][-1])]}"
        known = _keys_at(model, [k for k in error["loc"][:-1] if isinstance(k, str)])
        return f"unknown key{nearest(str(error['loc'][-1]), known) or _list(known)}"
    if kind == "missing":
        return "this key is needed and isn't there"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    return f"{error['msg'][0].lower()}{error['msg'][1:]}, not {_short(error['input'])}"


def _list(known: list[str]) -> str:
    return f"; known here: {', '.join(known)}"


def _short(value: JSON) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    """Return the keys that the model takes at a place in the file."""
    for key in path:
        for name, info in model.model_fields.items():
            if key in {name, info.alias}:
                model = _inner_model(info.annotation) or model
    return [info.alias or name for name, info in model.model_fields.items()]


def _inner_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if (found := _inner_model(inner)) is not None:
            return found
    return None
