"""A YAML file that remembers on which line each key stands."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import SpecError, at
from harness.lineage import nearest
from harness.records import JSON

M = TypeVar("M", bound=BaseModel)


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
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise SpecError(f"{path}: can't be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise SpecError(f"{path}: byte {error.start} isn't UTF-8; save it as UTF-8") from None
        try:
            loader = yaml.SafeLoader(text)
            root = loader.get_single_node()
            if not isinstance(root, yaml.MappingNode):
                raise SpecError(f"{path}: a spec is a mapping with keys such as `checkpoints:`")
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
