"""Metrics of Hugging Face ``evaluate``, named in a task.

``evaluate/bleurt``             from the hub
``evaluate:./my_metric``        a script, or a folder that holds one of its own name
``evaluate/rouge[rougeL]``      the value of that name, where a metric returns several
``evaluate:./edits[-edits]``    the minus says that lower is better

Such a metric is code. HF's own (``evaluate/NAME``) are loaded by name; a script of the user's and
a hub id with an owner (``evaluate/OWNER/NAME``) need ``allow_code``.

Only the metric itself knows its value over many samples, and what reads a store runs no code. So
the samples' rows are computed with the scores (:mod:`harness.metrics.influence`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.errors import TaskError
from harness.metrics.influence import influence_rows
from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Label, Text
from harness.records import JSON, digest

Reads: TypeAlias = Literal["text", "label"]

_NAME = re.compile(
    r"evaluate(?:/(?P<id>[\w.-]+(?:/[\w.-]+)?)|:(?P<path>[^\[\]]+))"
    r"(?:\[(?P<lower>-)?(?P<key>[^\[\]]*)\])?"
)
_OTHER_SHAPE = "don't match the expected format"  # what evaluate says of references it can't read
_PROBE: Mapping[Reads, Sequence[Any]] = {
    "text": [Text(prediction=text, references=[text]) for text in ("one cat", "two dogs sat")],
    "label": [Label(gold=i, predicted=i, size=2) for i in (0, 1)],
}


def is_foreign_name(name: object) -> bool:
    """Say whether a metric's name is one of ``evaluate``'s."""
    return isinstance(name, str) and name.startswith(("evaluate/", "evaluate:"))


def absolute_scripts(options: Mapping[str, JSON], folder: Path) -> Mapping[str, JSON]:
    """Return a task's options with the scripts among its ``metrics`` relative to ``folder``."""
    names = options.get("metrics")
    if not isinstance(names, list) or not any(map(is_foreign_name, names)):
        return options
    return {**options, "metrics": [_absolute(name, folder) for name in names]}


def _absolute(name: JSON, folder: Path) -> JSON:
    is_script = is_foreign_name(name) and name.startswith("evaluate:")
    if not is_script:
        return name
    return f"evaluate:{folder / Path(name.removeprefix('evaluate:')).expanduser()}"


def foreign_metric(name: str, reads: Reads, *, allow_code: bool = False) -> Metric:
    """Load a metric of ``evaluate`` and ask it once, on two samples that are right.

    ``reads`` says what it gets: texts with their references, or labels as numbers from 0 (the
    number of labels where none was given). TaskError if the name is misspelt, if code isn't
    allowed, if it can't be loaded or asked, or if its value must be named.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise TaskError(f"{name!r} must be like 'evaluate/rouge[rougeL]' or 'evaluate:./my_metric'")
    module = _Module(name, _loaded(name, found, allow_code))
    result = module.ask(_PROBE[reads])
    key = _key(name, found["key"] or "", result)
    stem = Path(found["path"]).stem if found["path"] else found["id"]
    code = _code_hash(Path(found["path"])) if found["path"] else "hub"
    shown = f"evaluate/{stem}" + (f"[{key}]" if len(result) > 1 else "")

    def rows(outcomes: Sequence[Any]) -> Sequence[Sequence[float]]:
        return module.rows(outcomes, key)

    return Metric(
        info=MetricInfo(
            name=shown,
            signature=f"{shown}|key:{key}|rows:jackknife|code:{code}|evaluate:{version('evaluate')}",
            columns=("value", "n"),
            aggregate="mean",
            higher_is_better=found["lower"] is None,
            unit="",
            ceiling=None,
        ),
        statistics=lambda outcome: rows([outcome])[0],
        rows=rows,
    )


@dataclass(frozen=True, slots=True)
class _Module:
    name: str
    module: Any
    """An ``evaluate.Metric``."""

    def rows(self, outcomes: Sequence[Any], key: str) -> Sequence[Sequence[float]]:
        if not outcomes:
            return []
        value = self.ask(outcomes)[key]
        if isinstance(value, list):
            return [(float(x), 1.0) if isfinite(x) else (0.0, 0.0) for x in value]

        def metric(samples: Sequence[Any]) -> float | None:
            number = self.ask(samples)[key]
            return float(number) if isfinite(number) else None

        return influence_rows(metric, outcomes)

    def ask(self, outcomes: Sequence[Any]) -> Mapping[str, Any]:
        """Return what it computes: by key a number, or a list with one for each outcome."""
        if isinstance(outcomes[0], Label):
            given = [o.size if o.predicted is None else o.predicted for o in outcomes]
            return self._compute(given, [[o.gold for o in outcomes]])
        given = [o.prediction for o in outcomes]
        several = [list(o.references) for o in outcomes]
        single = [references[0] for references in several]
        shapes = [single, several] if all(len(r) == 1 for r in several) else [several]
        return self._compute(given, shapes)

    def _compute(self, given: Sequence[Any], shapes: Sequence[Any]) -> Mapping[str, Any]:
        problems = []
        for shape in shapes:
            try:
                result = self.module.compute(predictions=list(given), references=shape)
            except Exception as error:  # noqa: BLE001 - it is somebody's code
                problems.append(_line(error))
                continue
            return _values(self.name, result, len(given))
        problem = min(problems, key=lambda said: _OTHER_SHAPE in said)
        raise TaskError(f"{self.name}: it can't be computed: {problem}")


def _loaded(name: str, found: re.Match[str], allow_code: bool) -> Any:
    path, hub_id = found["path"], found["id"] or ""
    if path and not Path(path).exists():
        raise TaskError(f"{name}: there is no script or folder {path}")
    # evaluate looks for a folder of the name before it asks the hub
    if (path or "/" in hub_id or Path(hub_id).exists()) and not allow_code:
        raise TaskError(f"{name}: this metric is somebody's code; --allow-code lets it run")
    import evaluate  # seconds

    try:
        return evaluate.load(path or hub_id, keep_in_memory=True, seed=0)
    except Exception as error:  # noqa: BLE001 - the hub client's, the network's and the script's own
        raise TaskError(f"{name}: it can't be loaded: {_line(error)}") from None


def _line(error: Exception) -> str:
    said = str(error).strip()
    return said.splitlines()[0] if said else type(error).__name__


def _values(name: str, result: Any, n: int) -> Mapping[str, Any]:
    """Keep the numbers and the lists of n numbers; TaskError if there are none."""
    if not isinstance(result, Mapping):
        raise TaskError(f"{name}: it must return a dict of numbers, not {type(result).__name__}")
    kept: dict[str, Any] = {}
    for key, value in result.items():
        values = value.tolist() if hasattr(value, "tolist") else value
        is_list = isinstance(values, list) and len(values) == n and all(map(_is_number, values))
        if _is_number(values) or is_list:
            kept[str(key)] = values
    if not kept:
        raise TaskError(f"{name}: it returned no number, only {', '.join(map(str, result))}")
    return kept


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _key(name: str, asked: str, result: Mapping[str, Any]) -> str:
    if asked in result:
        return asked
    if not asked and len(result) == 1:
        return next(iter(result))
    raise TaskError(f"{name}: name the value you want in brackets: {', '.join(result)}")


def _code_hash(path: Path) -> str:
    """Return the hash of a script and of the Python files beside it."""
    folder = path if path.is_dir() else path.parent
    files = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))}
    return digest(files)[:16]
