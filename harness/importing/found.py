"""The result files of lm-eval below a folder, and the samples that belong to each.

``<out>/<org__model>/results_<time>.json`` beside ``samples_<task>_<time>.jsonl``; with an
``--output_path`` that ends with ``name.json``, ``<name>_<time>.json``; up to 0.4.2
``<out>/results.json`` beside ``<model args>_<task>.jsonl``.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

__all__ = ["ResultFile", "find_results"]

_STAMP = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d{1,6})?)$")
_MOST_ENTRIES = 1_000_000
_SANITIZED = (re.compile(r"[/=]"), re.compile(r"[\"<>:/\|\\?\*\[\]]+"))  # 0.4.0; later ones


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file of results, not read yet."""

    path: Path
    name: str
    """Relative to the folder that was asked for."""
    stamp: str
    """The time in its name; empty where there is none."""

    def samples(self, task: str, model_args: str) -> Path | None:
        """Return the file of a task's samples; None if there is none."""
        if self.stamp:
            names = [f"samples_{task}_{self.stamp}.jsonl"]
        else:
            spelled = [pattern.sub("__", model_args) for pattern in _SANITIZED]
            names = [f"{start}_{task}.jsonl" for start in dict.fromkeys(spelled)]
        if any("/" in name or "\0" in name or len(name) > 255 for name in names):
            return None
        paths = (self.path.parent / name for name in names)
        return next((path for path in paths if path.is_file()), None)


def find_results(place: Path) -> list[ResultFile]:
    """Return the result files at or below a place, by name; UsageError if there are none."""
    if place.is_file():
        return [ResultFile(place, place.name, _stamp(place))]
    if not place.is_dir():
        raise UsageError(f"{place}: no such folder; name the one that lm-eval's --output_path made")
    found, seen = [], 0
    for folder, _, names in os.walk(place):
        seen += len(names)
        if seen > _MOST_ENTRIES:
            raise UsageError(f"{place}: more than {_MOST_ENTRIES:,} files; name a folder below it")
        paths = (Path(folder, name) for name in names if _may_be_results(name))
        found += [ResultFile(p, p.relative_to(place).as_posix(), _stamp(p)) for p in paths]
    if not found:
        raise UsageError(
            f"{place}: no results_*.json in it; name the folder that lm-eval's --output_path made"
        )
    return sorted(found, key=lambda file: file.name)


def _may_be_results(name: str) -> bool:
    if not name.endswith(".json"):
        return False
    return name.startswith("results") or _STAMP.search(name.removesuffix(".json")) is not None


def _stamp(path: Path) -> str:
    found = _STAMP.search(path.name.removesuffix(".json"))
    return found[1] if found else ""
