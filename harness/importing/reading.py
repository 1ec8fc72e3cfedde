"""One file of lm-eval's results: which tasks, asked how, and the numbers that it states."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.errors import StoreError
from harness.importing.found import ResultFile
from harness.importing.log import Log
from harness.importing.model import Model, read_model
from harness.importing.strict import as_number, by_name, finite, name_of, parsed, whole
from harness.records import JSON, PromptFormat, digest
from harness.store.bounds import ACCOUNT, read_whole

__all__ = ["Run", "Stated", "TaskResult", "read_run"]

_NO_METRICS = ("alias", "name", "sample_len", "sample_count", "samples", " ")
_NOT_STATED = "not stated"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One number of a task."""

    metric: str
    filter: str
    value: float
    error: float | None
    """Its standard error; None for lm-eval's ``N/A``."""
    better: bool | None
    """Whether higher is better; None: not stated."""
    aggregation: str | None
    """As the task's configuration names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """What a file says of one task."""

    name: str
    version: str
    shots: int
    n: int | None
    """Documents that were scored; None: not stated."""
    all: int | None
    """Documents of the task, without a limit."""
    output: str | None
    """lm-eval's output type."""
    edition: str
    """Hash of what the configuration says of asking and scoring."""
    filters: int
    """How many the configuration has; 1 where it doesn't say."""
    stated: tuple[Stated, ...]
    """The configuration's first metric first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One file of results."""

    file: ResultFile
    date: str
    """ISO 8601, to order by."""
    model: Model
    version: str
    """lm-eval's."""
    format: PromptFormat
    template: str | None
    seed: int
    multiturn: bool | None
    tasks: tuple[TaskResult, ...]


def read_run(file: ResultFile, log: Log) -> Run | None:
    """Return what a file says, None if it says nothing that can be used; ``log`` says why."""
    try:
        results = parsed(read_whole(file.path, ACCOUNT))
    except (ValueError, OSError, StoreError) as error:
        log.leave(file.name, "", f"can't be read: {str(error).removeprefix(f'{file.path}: ')}")
        return None
    if not by_name(results, "results"):
        log.leave(file.name, "results", "no results in it: lm-eval didn't write it")
        return None
    model = read_model(results)
    if model is None:
        log.leave(file.name, "config.model_args", "it doesn't say which model was asked")
        return None
    tasks = tuple(_tasks(file, results, log))
    template = results.get("chat_template_sha")
    chat = bool(results.get("chat_template") or template)
    config = by_name(results, "config")
    seed = whole(config.get("fewshot_seed", config.get("random_seed")))
    multiturn = results.get("fewshot_as_multiturn")
    return Run(
        file=file,
        date=_date(file, results),
        model=model,
        version=name_of(results.get("lm_eval_version")) or _NOT_STATED,
        format="chat" if chat else "plain",
        template=name_of(template) or (digest(results["chat_template"]) if chat else None),
        seed=seed or 0,
        multiturn=multiturn if chat and isinstance(multiturn, bool) else None,
        tasks=tasks,
    )


def _tasks(file: ResultFile, results: Mapping[str, JSON], log: Log) -> Iterator[TaskResult]:
    groups = {name for name, inner in by_name(results, "group_subtasks").items() if inner}
    groups |= set(by_name(results, "groups"))
    configs = by_name(results, "configs")
    for key, values in by_name(results, "results").items():
        name = name_of(key)
        if name is None:
            log.leave(file.name, "results", "a task's name is no plain text of up to 200 letters")
        elif name in groups or (configs and name not in configs):
            log.leave(file.name, name, "a mean over tasks, not a task: its tasks count")
        elif not isinstance(values, Mapping):
            log.leave(file.name, name, "no mapping of metrics")
        else:
            stated = tuple(_stated(file, results, name, log))
            if stated:
                yield _task(results, name, stated)
            else:
                log.leave(file.name, name, "no number in it")


def _task(results: Mapping[str, JSON], name: str, stated: tuple[Stated, ...]) -> TaskResult:
    config = by_name(by_name(results, "configs"), name)
    samples = by_name(by_name(results, "n-samples"), name)
    shots = by_name(results, "n-shot").get(name, config.get("num_fewshot"))
    if shots is None:
        shots = by_name(results, "config").get("num_fewshot")
    version = by_name(results, "versions").get(name)
    output = config.get("output_type")
    filters = config.get("filter_list")
    return TaskResult(
        name=name,
        version=_NOT_STATED if version is None else str(version)[:40],
        shots=0 if output == "loglikelihood_rolling" else whole(shots) or 0,
        n=whole(samples.get("effective")),
        all=whole(samples.get("original")),
        output=output if isinstance(output, str) else None,
        edition=_edition(config),
        filters=max(1, len(filters)) if isinstance(filters, list) else 1,
        stated=stated,
    )


def _stated(file: ResultFile, results: Mapping[str, JSON], name: str, log: Log) -> Iterator[Stated]:
    """Yield the numbers of a task, in the order of its configuration's metrics."""
    values = by_name(by_name(results, "results"), name)
    listed = by_name(by_name(results, "configs"), name).get("metric_list")
    metrics = [m for m in listed if isinstance(m, Mapping)] if isinstance(listed, list) else []
    order = [str(m.get("metric")) for m in metrics]
    better = by_name(by_name(results, "higher_is_better"), name)
    found = []
    for key, value in values.items():
        metric, _, filter_ = key.partition(",")
        if key in _NO_METRICS or metric.endswith("_stderr"):
            continue
        if name_of(key) is None or finite(value) is None:
            log.leave(file.name, f"{name}: {key}", "no finite number under a plain name")
            continue
        if metric == "bypass":
            log.leave(file.name, f"{name}: {key}", "no metric was computed (--predict_only)")
            continue
        ends = f",{filter_}" if filter_ else ""
        config = next((m for m in metrics if m.get("metric") == metric), {})
        direction = better.get(metric, config.get("higher_is_better"))
        aggregation = config.get("aggregation")
        found.append(
            Stated(
                metric=metric,
                filter=filter_ or "none",
                value=as_number(value),
                error=finite(values.get(f"{metric}_stderr{ends}")),
                better=direction if isinstance(direction, bool) else None,
                aggregation=_spelled(aggregation) if isinstance(aggregation, str) else None,
            )
        )
    last = len(order)
    yield from sorted(found, key=lambda s: order.index(s.metric) if s.metric in order else last)


_ASKING = (
    "class",
    "dataset_name",
    "dataset_path",
    "description",
    "doc_to_choice",
    "doc_to_target",
    "doc_to_text",
    "fewshot_delimiter",
    "filter_list",
    "gen_prefix",
    "metric_list",
    "output_type",
    "process_docs",
    "process_results",
    "repeats",
    "target_delimiter",
    "test_split",
    "use_prompt",
    "validation_split",
)
"""What decides which documents are asked, in which words, and how answers are scored."""


def _edition(config: Mapping[str, JSON]) -> str:
    """Return a hash of a task's configuration; the places of local data don't enter."""
    kept = {key: config[key] for key in _ASKING if config.get(key) is not None}
    path = kept.get("dataset_path")
    if isinstance(path, str) and path.startswith(("/", ".", "~")):
        kept["dataset_path"] = path.rstrip("/").rpartition("/")[2]
    return digest(_spelled(kept))


def _spelled(value: JSON) -> JSON:
    """Return a value without the addresses of functions, which every process has others of."""
    if isinstance(value, Mapping):
        return {key: _spelled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_spelled(inner) for inner in value]
    return _ADDRESS.sub("", value) if isinstance(value, str) else value


def _date(file: ResultFile, results: Mapping[str, JSON]) -> str:
    if file.stamp:
        day, _, time = file.stamp.partition("T")
        return f"{day}T{time.replace('-', ':')}"
    seconds = finite(results.get("date"))
    try:
        return datetime.fromtimestamp(seconds or 0, UTC).replace(tzinfo=None).isoformat()
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0, UTC).replace(tzinfo=None).isoformat()
