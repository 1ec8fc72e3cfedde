"""A package that pip installs adds a task, a metric and a backend; a broken one is named."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import yaml
from toys import write_jsonl

from harness import plugins
from harness.backends import BackendSpec, numerics
from harness.data import LocalFile
from harness.errors import SpecError, TaskError
from harness.kinds.classification import classification
from harness.kinds.generation import generation
from harness.metrics.metric import Metric, MetricInfo
from harness.registry import find_task, known_tasks
from harness.spec import TaskRequest
from harness.task import Card


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> dict[str, str]:
    """The environment of a process that has the plugin."""
    pytest.importorskip("hatchling", reason="the plugin is built by hatchling")
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(pytestconfig.rootpath / "tests" / "plugin", folder / "source")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([*command, "--target", str(folder / "site"), str(source)], check=True)
    return {**os.environ, "PYTHONPATH": str(folder / "site")}


def aligntax(environment: dict[str, str], *args: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "harness", *map(str, args)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_plugins_task_is_listed_and_shown(installed: dict[str, str]) -> None:
    listed = json.loads(aligntax(installed, "tasks", "--json").stdout)
    assert ("toy_numbers", 3) in {(task["name"], task["items"]) for task in listed}
    assert "Say one." in aligntax(installed, "tasks", "toy_numbers").stdout


def test_a_run_uses_a_plugins_task_metric_and_backend(
    installed: dict[str, str], tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "say.jsonl", [{"input": "Say four.", "output": "four"}])
    own = {"name": "say", "kind": "generation", "capability": "general", "data": "say.jsonl"}
    spec = {
        "family": "toy",
        "checkpoints": [{"name": "base", "stage": "base", "model": "toy/base"}],
        "tasks": ["toy_numbers", {**own, "options": {"metrics": ["reply_length"]}}],
        "backend": "toy_parrot",
    }
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(spec))
    out = aligntax(installed, "run", tmp_path / "run.yaml")
    assert out.returncode == 0, out.stderr
    assert "toy_numbers" in out.stdout
    assert "7.0" in next(line for line in out.stdout.splitlines() if "say" in line.split())


CARD = Card(name="t", capability="general", language="en", licence="CC0", source="this test")


class _Distribution:
    def __init__(self, name: str) -> None:
        self.name = name


Provide = Callable[..., None]


@pytest.fixture
def provide(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provide]:
    """Return a function that lets distributions have entry points: (distribution, name, value)."""
    caches = (plugins.plugin_tasks, plugins.plugin_backend, plugins._entries, known_tasks)

    def give(group: str, *entries: Sequence[str]) -> None:
        made = []
        for distribution, name, value in entries:
            entry = EntryPoint(name=name, value=value, group=group)
            vars(entry).update(dist=_Distribution(distribution))
            made.append(entry)
        monkeypatch.setattr(
            plugins, "entry_points", lambda group: [e for e in made if e.group == group]
        )
        for cache in caches:
            cache.cache_clear()

    yield give
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def quiet_metric(**changes: object) -> Metric:
    info = {
        "name": "mine",
        "signature": "mine|v1",
        "columns": ("x", "n"),
        "aggregate": "mean",
        **changes,
    }
    return Metric(info=MetricInfo(**info), statistics=lambda _: (1.0, 1.0))  # type: ignore[arg-type]


GOOD = quiet_metric()
MISNAMED = quiet_metric(name="yours")
WITHOUT_AGGREGATE = quiet_metric(aggregate="median")
TOO_WIDE = quiet_metric(columns=("x", "n", "z"))
NOT_A_METRIC = 3


def reads_labels(language: str) -> Metric:
    return Metric(info=GOOD.info, statistics=lambda label: (float(label.gold), 1.0))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name under which this file can be imported."""
    monkeypatch.setitem(sys.modules, "plugin_of_this_test", sys.modules[__name__])
    return "plugin_of_this_test"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("no_such_module_at_all:TASK", "can't be loaded: ModuleNotFoundError"),
        ("json:dumps", "fails: TypeError"),
        ("json:__name__", "gives a str, not a Task"),
    ],
)
def test_a_broken_task_plugin_is_one_line_with_its_distribution(
    provide: Provide, value: str, expected: str
) -> None:
    provide("aligntax.tasks", ("acme-tasks", "x", value))
    with pytest.raises(TaskError, match=expected) as caught:
        known_tasks()
    assert "acme-tasks" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plugin_may_not_take_a_name_that_is_taken(provide: Provide, here: str) -> None:
    provide("aligntax.tasks", ("acme-tasks", "x", "tasks.medical_qa:TASKS"))
    with pytest.raises(TaskError, match="plugin acme-tasks: a task is named 'medical_qa_en'"):
        find_task(TaskRequest(name="specialty_en"))
    provide("aligntax.metrics", ("one", "mine", f"{here}:GOOD"), ("two", "mine", f"{here}:GOOD"))
    with pytest.raises(TaskError, match="one and two both add 'mine'"):
        plugins.plugin_metrics()
    provide("aligntax.metrics", ("acme", "bleu", f"{here}:GOOD"))
    with pytest.raises(TaskError, match="plugin acme: a metric is named 'bleu' already"):
        generation(CARD, LocalFile(Path("x.jsonl")))
    provide("aligntax.backends", ("acme", "hf", "json"))
    with pytest.raises(SpecError, match="plugin acme adds 'hf'"):
        numerics(BackendSpec(name="fake"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MISNAMED", "another name, 'yours'"),
        ("WITHOUT_AGGREGATE", "no aggregate of ours: 'median'"),
        ("TOO_WIDE", "rows that aren't 3 numbers"),
        ("NOT_A_METRIC", "fails: TypeError"),
        ("reads_labels", "fails: AttributeError"),
    ],
)
def test_a_metric_that_cant_score_texts_is_refused_before_a_run(
    provide: Provide, here: str, value: str, expected: str
) -> None:
    provide("aligntax.metrics", ("acme", "mine", f"{here}:{value}"))
    with pytest.raises(TaskError, match=expected):
        generation(CARD, LocalFile(Path("x.jsonl")), metrics=("mine",))


def test_tasks_name_plugin_metrics_beside_ours(provide: Provide, here: str) -> None:
    provide("aligntax.metrics", ("acme", "mine", f"{here}:GOOD"))
    texts = generation(CARD, LocalFile(Path("x.jsonl")), metrics=("mine", "bleu"))
    assert [metric.info.name for metric in texts.metrics] == ["mine", "bleu"]
    provide("aligntax.metrics", ("acme", "mine", f"{here}:reads_labels"))
    data = LocalFile(Path("x.jsonl"))
    labels = classification(CARD, data, labels=("a", "b"), metrics=("mine",))
    assert labels.metrics[0].info.name == "macro_f1"
    assert labels.metrics[-1].info.name == "mine"
    with pytest.raises(TaskError, match="no plugin adds 'yours'; known: mine"):
        classification(CARD, data, labels=("a", "b"), metrics=("yours",))


def test_a_backend_without_its_functions_is_named(provide: Provide) -> None:
    provide("aligntax.backends", ("acme", "mine", "json"))
    with pytest.raises(SpecError, match=r"plugin acme.*'mine' has no function 'open_backend'"):
        numerics(BackendSpec(name="mine"))
    with pytest.raises(SpecError, match=r"no backend 'mime'; did you mean mine"):
        numerics(BackendSpec(name="mime"))
