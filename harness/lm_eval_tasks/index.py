"""Where lm-eval's installed tasks are: name -> YAML file, from a text scan of its folder.

lm-eval itself parses all its 14,000 files with their includes before it can find one (14 s). Names
stand on lines of their own, so half a second of text search finds the same. Precedence is
lm-eval's (``tasks/_index.py``): of two files with the same name the first by path counts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

from harness.errors import TaskError
from harness.lineage import nearest
from harness.lm_eval_tasks.config import Config, read_config

PREFIX = "lm-eval/"
"""What a run puts before the name of an installed task."""

_KEY = re.compile(rb"""^["']?(task|group|class)["']?[ \t]*:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)
_SHARED = re.compile(rb"^(?:include|tag)\b|^[\"'](?:include|tag)[\"']", re.MULTILINE)
_GROUP_KEYS = {
    "group",
    "group_alias",
    "task",
    "task_alias",
    "aggregate_metric_list",
    "version",
    "tag",
}
"""Keys of a group, or of a task within one, that change no task."""
_IGNORED = {"__pycache__", ".ipynb_checkpoints"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A name that lm-eval knows."""

    name: str
    path: Path
    is_group: bool


class Index:
    """The names in one folder of YAML files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Tasks and groups by name."""
        found: dict[str, Entry] = {}
        for path in _yaml_files(self.root):
            keys = {key: value.decode() for key, value in _KEY.findall(_read(path))}
            is_group = b"group" in keys and b"class" not in keys
            name = keys.get(b"group" if is_group else b"task")
            if name is not None:
                found.setdefault(name, Entry(name, path, is_group))
        return found

    @cached_property
    def tags(self) -> Mapping[str, Sequence[str]]:
        """The tasks of each tag, which may stand in an included file."""
        inherited: dict[str, tuple[str, ...]] = {}
        found: dict[str, list[str]] = {}
        for entry in self.entries.values():
            if not entry.is_group and _SHARED.search(_read(entry.path)):
                for tag in _tags(entry.path, inherited):
                    found.setdefault(tag, []).append(entry.name)
        return {tag: sorted(names) for tag, names in found.items() if tag not in self.entries}

    def find(self, name: str) -> Path:
        """Return a task's file; TaskError for an unknown name, and for a group or a tag."""
        entry = self.entries.get(name)
        if entry is not None and not entry.is_group:
            return entry.path
        if entry is None and name not in self.tags:
            hint = nearest(name, [*self.entries]) or "; `lm-eval ls tasks` lists them"
            raise TaskError(f"{PREFIX}{name}: lm-eval has no task of this name{hint}")
        members = ", ".join(f"{PREFIX}{member}" for member in self.members(name) or ())
        kind = "group" if entry is not None else "tag"
        raise TaskError(f"{PREFIX}{name} is a {kind}, not a task; its tasks are: {members}")

    def members(self, name: str) -> tuple[str, ...] | None:
        """Return the tasks that a group or a tag stands for; None if the name is neither.

        Raises TaskError for a group that changes the settings of its tasks.
        """
        entry = self.entries.get(name)
        if entry is not None and entry.is_group:
            found = self._of_group(read_config(entry.path), name, ())
            return tuple(dict.fromkeys(found))
        return tuple(self.tags[name]) if entry is None and name in self.tags else None

    def _of_group(self, group: Config, name: str, above: tuple[str, ...]) -> Iterator[str]:
        _check_settings(name, {*group.values} - {"metadata"})
        for item in group.listed("task"):
            if isinstance(item, dict):
                _check_settings(name, item)
            member = item if isinstance(item, str) else item.get("task", item.get("group"))
            if isinstance(member, list):  # a group that is written out inside its parent
                yield from self._of_group(Config({"task": member}, ()), name, above)
            elif member in above or (nested := self._nested(str(member), above)) is None:
                yield str(member)
            else:
                yield from nested

    def _nested(self, name: str, above: tuple[str, ...]) -> Iterator[str] | None:
        entry = self.entries.get(name)
        if entry is not None and entry.is_group:
            return self._of_group(read_config(entry.path), name, (*above, name))
        return iter(self.tags[name]) if entry is None and name in self.tags else None


def _check_settings(group: str, keys: Iterable[str]) -> None:
    changed = sorted({*keys} - _GROUP_KEYS)
    if changed:
        raise TaskError(
            f"{PREFIX}{group}: this group changes {', '.join(changed)} of its tasks; "
            "name the tasks that you want one by one"
        )


@cache
def installed() -> Index:
    """Return the index of the lm-eval that is installed; TaskError without one."""
    spec = find_spec("lm_eval")  # finds the folder, imports nothing
    if spec is None or not spec.submodule_search_locations:
        raise TaskError("lm-eval isn't installed; its tasks need `pip install lm-eval`")
    return Index(Path(spec.submodule_search_locations[0]) / "tasks")


def _tags(path: Path, inherited: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return a task's own tags, else those of its include; files are included many times."""
    text = _read(path)
    own = re.search(rb"^[\"']?tag\b", text, re.MULTILINE)
    include = re.findall(rb"^include[ \t]*:[ \t]*([^\s#]+)[ \t]*$", text, re.MULTILINE)
    if own or len(include) != 1:
        return _as_tags(read_config(path))
    shared = str(path.parent / include[0].decode().strip("\"'"))
    if shared not in inherited:
        inherited[shared] = _as_tags(read_config(Path(shared)))
    return inherited[shared]


def _as_tags(config: Config) -> tuple[str, ...]:
    tags = config.values.get("tag") or ()
    return (tags,) if isinstance(tags, str) else tuple(str(tag) for tag in tags)


def _yaml_files(root: Path) -> list[Path]:
    found = (path for path in root.rglob("*.yaml") if not _IGNORED & {*path.parts})
    return sorted(found, key=Path.as_posix)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TaskError(f"{path}: can't be read: {error.strerror}") from None
